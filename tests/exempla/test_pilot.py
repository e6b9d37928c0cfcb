"""Pilots: what is written, what a run makes of it, how a forecast reads."""

from dataclasses import replace
from pathlib import Path

import pytest

from exempla.errors import BadInput
from exempla.execute import execute
from exempla.outlook import DEEPEST, tokens_in_view
from exempla.pilot import fly, look
from exempla.project import Project, load_project
from exempla.prospect import print_forecast
from generator.engines.scripted import ScriptedEngine
from generator.plan import Part
from generator.run import Tally

FAULTS = "engine.args={cut_off: 0.1, broken: 0.1, refused: 0.05, repeated: 0.2}"


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Project:
    settings = ["engine.name=scripted", "plan.items=60", FAULTS]
    return load_project(tmp_path_factory.mktemp("empty"), settings)


@pytest.fixture
def project(built_in: Project, tmp_path: Path) -> Project:
    return replace(built_in, home=tmp_path)


def unseen(tally: Tally) -> None:
    """Nobody looks at the progress."""


def made_files(project: Project) -> dict[str, bytes]:
    folder = project.run_folder.path
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "journal" not in path.parts
    }


def test_a_run_goes_on_from_its_pilot_and_ends_as_one_without(
    project: Project, tmp_path: Path
) -> None:
    alone = replace(project, home=tmp_path / "alone")
    execute(alone, Part(), None, unseen)
    told = fly(project, 12, unseen)
    assert (told["pilot"], told["items"]) == (12, 60)
    written = project.run_folder.journal(Part()).read_bytes()
    execute(project, Part(), None, unseen)
    assert project.run_folder.journal(Part()).read_bytes().startswith(written)
    assert made_files(project) == made_files(alone)


def test_the_same_pilot_again_asks_nothing_and_foretells_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fly(project, 12, unseen)
    execute(project, Part(), None, unseen)
    files = made_files(project)
    monkeypatch.delattr(ScriptedEngine, "answer")
    second = fly(project, 12, unseen)
    assert made_files(project) == files
    measured = {"tokens_per_second", "hours"}
    assert {k: v for k, v in first.items() if k not in measured} == {
        k: v for k, v in second.items() if k not in measured
    }
    assert second["hours"]["low"] <= second["hours"]["expected"] <= second["hours"]["high"]


def test_earlier_ideas_make_prompts_longer_up_to_a_limit(project: Project) -> None:
    fly(project, 12, unseen)
    seen = look(project, 12)
    for tokens in tokens_in_view(project, seen).values():
        assert tokens[0] == 0
        assert list(tokens) == sorted(tokens)
        assert 10 < tokens[1] < tokens[2] < tokens[DEEPEST]
        assert tokens[DEEPEST] == tokens[DEEPEST - 1]


def test_a_forecast_reads_as_tables_with_what_it_cannot_tell(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    print_forecast(fly(project, 16, unseen))
    shown = capsys.readouterr().out
    for words in ("16 of 60 items", "90% of pilots", "tokens/s", "not seen", "any other reason"):
        assert words in shown
    assert "say little of duplicates" in shown


def test_a_run_in_parts_has_no_pilot(project: Project) -> None:
    execute(project, Part(1, 2), None, unseen)
    with pytest.raises(BadInput, match="workers: was 2, is 1"):
        fly(project, 12, unseen)

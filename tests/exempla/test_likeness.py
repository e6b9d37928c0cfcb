from pathlib import Path

import pytest

from exempla.errors import BadInput
from exempla.init import init
from exempla.jsonl import write_records
from exempla.likeness import (
    as_record,
    diversity_of,
    print_diversity,
    print_variety,
    variety_of,
)
from exempla.project import load_project
from generator.folder import RunFolder


@pytest.fixture
def run_folder(tmp_path: Path) -> RunFolder:
    """A run of ten documents with planted repeats."""
    write_records(
        tmp_path / "documents.jsonl",
        (
            {
                "title": "The Reckoning of a Committee that Met in the Evenings of a Long March",
                "text": f"The rain fell on Elara for {number + 20} days.\n\nShe left.",
                "axes": {"opening": "weather", "tone": "dry", "closing": "bill"},
            }
            for number in range(10)
        ),
    )
    return RunFolder(tmp_path)


def test_repeats_of_a_run_are_shown_beside_the_shares_that_were_dealt(
    run_folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    print_variety(variety_of(run_folder))
    shown = " ".join(capsys.readouterr().out.split())
    assert "Counted over 10 documents." in shown
    assert "Elara 10 100.0% 0 yes" in shown
    assert "the rain 10 100.0% yes" in shown
    assert shown.index("the rain") < shown.index("Dealt: opening value documents share weather 10")
    assert "Dealt: closing value documents share bill 10" in shown
    assert "tone 100% dry" in shown


def test_a_row_of_a_runs_tables_fits_80_columns(
    run_folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    print_variety(variety_of(run_folder))
    assert max(len(line.rstrip()) for line in capsys.readouterr().out.splitlines()) <= 80


def test_a_run_that_has_no_documents_yet_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no documents to count yet"):
        variety_of(RunFolder(tmp_path))


def test_a_planted_repeat_of_a_project_is_counted_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path / "mine")
    exemplars = tmp_path / "mine/prompts/exemplars"
    exemplars.mkdir(exist_ok=True)
    for name in "abc":
        text = f"---\nkind: story\nform: x\n---\n# Piece {name}\n\nNobody there saw Zumzum.\n"
        (exemplars / f"zz-{name}.md").write_text(text, encoding="utf-8")
    found = diversity_of(load_project(tmp_path / "mine", ["engine.name=scripted"]).library)
    assert "the name 'Zumzum' stands 3 times" in " ".join(it.what for it in found.problems)
    print_diversity(found)
    shown = " ".join(capsys.readouterr().out.split())
    assert "Zumzum 3 exemplar zz-a" in shown
    assert "Eras of seeds" in shown
    assert set(as_record(found)["diversity"]) == {"names", "openings", "counts"}
    assert as_record(None) == {}

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from exempla.errors import BadInput
from exempla.execute import job_of
from exempla.init import init
from exempla.project import Project, load_project
from generator.engine import Completion, EngineSettings, Request
from generator.engines.scripted import ScriptedEngine
from generator.run import Tally, write_part

ITEMS = 200
SETTINGS = ("engine.name=scripted", "engine.model=null", f"plan.items={ITEMS}")


class Counting(ScriptedEngine):
    """The scripted engine, which notes what it was asked."""

    def __init__(self) -> None:
        super().__init__(EngineSettings(name="scripted"))
        self.asked: list[str] = []

    async def answer(self, request: Request) -> Completion:
        self.asked.append(request.tag)
        return await super().answer(request)


def write(
    project: Project, reuse: Path | None = None, limit: int | None = None
) -> tuple[Tally, list[str]]:
    engine, tally = Counting(), Tally()
    job = job_of(project, limit=limit, reuse=reuse)
    asyncio.run(write_part(job, engine, project.run_folder, tally))
    return tally, engine.asked


def lines(project: Project) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path in (project.run_folder.path / "journal").glob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            record = orjson.loads(line)
            found.setdefault(record["item"], []).append(record)
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    init(tmp_path / "p")
    return tmp_path / "p"


def edit_seed(home: Path, name: str) -> None:
    """Change one word that writers are shown of one seed."""
    (file,) = (
        path
        for path in (home / "prompts/seeds").glob("*.yaml")
        if f"- id: {name}\n" in path.read_text("utf-8")
    )
    before, seed = file.read_text("utf-8").split(f"- id: {name}\n")
    seed = seed.replace("premise: >-\n    ", "premise: >-\n    Once more: ", 1)
    file.write_text(f"{before}- id: {name}\n{seed}", "utf-8")


def test_after_an_edit_to_one_seed_only_its_items_are_asked_for_again(home: Path) -> None:
    first = load_project(home, [*SETTINGS, "name=first"])
    write(first)
    seeds = [first.plan.item(index).seed for index in range(ITEMS)]
    edited = next(seed for seed in seeds if seed)
    edit_seed(home, edited)

    second = load_project(home, [*SETTINGS, "name=second"])
    tally, asked = write(second, first.run_folder.path)

    touched = {second.plan.item(i).id for i, seed in enumerate(seeds) if seed == edited}
    assert touched
    assert {tag.partition("/")[0] for tag in asked} == touched
    stages = len(second.library.kinds["story"].stages)
    assert len(asked) == stages * len(touched)
    assert tally.reused == ITEMS - len(touched)
    before, after = lines(first), lines(second)
    assert len(after) == ITEMS
    for item in after.keys() - touched:
        assert after[item] == before[item]


def test_taking_over_twice_asks_and_copies_nothing_more(home: Path) -> None:
    first = load_project(home, [*SETTINGS, "name=first"])
    write(first)
    second = load_project(home, [*SETTINGS, "name=second"])
    assert write(second, first.run_folder.path)[1] == []
    journal = second.run_folder.journal(job_of(second).part).read_bytes()
    tally, asked = write(second, first.run_folder.path)
    assert (tally.reused, asked) == (0, [])
    assert second.run_folder.journal(job_of(second).part).read_bytes() == journal


def test_items_that_the_earlier_run_had_begun_go_on_from_there(home: Path) -> None:
    first = load_project(home, [*SETTINGS, "name=first"])
    write(first, limit=50)
    second = load_project(home, [*SETTINGS, "name=second"])
    tally, asked = write(second, first.run_folder.path)
    assert tally.reused == 50
    done = {first.plan.item(index).id for index in range(50)}
    assert not done & {tag.partition("/")[0] for tag in asked}


def test_a_run_of_another_engine_is_not_taken_over(home: Path) -> None:
    first = load_project(home, [*SETTINGS, "name=first"])
    write(first, limit=4)
    warm = load_project(home, [*SETTINGS, "name=second", "sampling.temperature=0.3"])
    with pytest.raises(BadInput, match=r"sampling\.temperature: was 1\.0, is 0\.3"):
        write(warm, first.run_folder.path)
    assert not warm.run_folder.frozen_file.exists()


def test_a_run_cannot_take_over_from_itself_nor_from_a_folder_without_a_run(home: Path) -> None:
    first = load_project(home, [*SETTINGS, "name=first"])
    write(first, limit=4)
    with pytest.raises(BadInput, match="from itself"):
        write(first, first.run_folder.path)
    second = load_project(home, [*SETTINGS, "name=second"])
    with pytest.raises(BadInput, match="no run in this folder"):
        write(second, home)

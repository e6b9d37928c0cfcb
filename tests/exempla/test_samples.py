import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from exempla.errors import BadInput, Interrupted
from exempla.execute import job_of
from exempla.execute import write as write_run
from exempla.finish import finish
from exempla.jsonl import read_records
from exempla.preview import Wanted, find_items
from exempla.project import Project, load_project
from exempla.samples import Bench, Written, write
from generator.item import Item
from generator.run import Tally
from generator.sample import Sample

SETTINGS = ["engine.name=scripted", "plan.items=60", "plan.kinds={story: 1, exposition: 1}"]


async def never() -> None:
    await asyncio.Event().wait()


def written(project: Project, items: list[Item]) -> Written:
    return write(project, items, lambda tally: None, never)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project, and an own folder for temporary files that has to be empty at the end."""
    own = tmp_path / "temporary"
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    project = tmp_path / "project"
    project.mkdir()
    yield project
    assert list(own.iterdir()) == list(project.iterdir()) == []


def test_samples_have_the_words_that_a_run_would_write(home: Path, tmp_path: Path) -> None:
    project = load_project(home, SETTINGS)
    items = find_items(project.plan, Wanted(), 8)
    samples = written(project, items)
    assert samples.stopped is None
    run = replace(project, home=tmp_path / "elsewhere")
    write_run(job_of(run), run, lambda tally: None, never)
    finish(run, 1, None)
    documents = {record["id"]: record for record in read_records(run.run_folder.documents)}
    assert [sample.item for sample in samples.samples] == items
    for sample in samples.samples:
        document = documents[sample.item.id]
        assert sample.accepted
        for name, value in sample.body.items():
            assert document[name] == value
        assert document["checks"] == sample.measured
        assert sample.tokens == sum(stage["completion_tokens"] for stage in document["stages"])


def test_a_rejected_sample_has_its_reason_and_last_answer(home: Path) -> None:
    faults = "engine.args={cut_off: 0.2, broken: 0.2, refused: 0.3}"
    project = load_project(home, [*SETTINGS, faults])
    samples = written(project, find_items(project.plan, Wanted(), 60)).samples
    assert len(samples) == 60
    rejected = [sample for sample in samples if not sample.accepted]
    assert 0 < len(rejected) < 60
    for sample in rejected:
        assert sample.outcome["reason"]
        assert sample.body.get("answer") or sample.body.get("text") or sample.body.get("messages")
    by_checks = [sample for sample in rejected if "answer" not in sample.body]
    assert by_checks
    assert all(sample.measured["words"] for sample in by_checks)


def test_items_late_in_their_chains_do_not_wait_for_those_before(home: Path) -> None:
    project = load_project(home, [*SETTINGS, "plan.items=1000", "plan.kinds={story: 1}"])
    late = [item for item in map(project.plan.item, range(1000)) if item.replicate >= 1]
    same_chain = [item for item in late if item.clause == late[0].clause]
    assert len(same_chain) > 1
    samples = written(project, same_chain)
    assert [sample.accepted for sample in samples.samples] == [True] * len(same_chain)


def test_what_is_finished_is_there_when_the_writing_is_interrupted(home: Path) -> None:
    slow = ["engine.args={delay: 0.05}", "engine.in_flight=1"]
    project = load_project(home, [*SETTINGS, *slow])
    first = asyncio.Event()

    def show(tally: Tally) -> None:
        if tally.accepted:
            first.set()

    async def stop() -> None:
        await first.wait()

    items = find_items(project.plan, Wanted(), 50)
    samples = write(project, items, show, stop)
    assert isinstance(samples.stopped, Interrupted)
    assert samples.samples[0].accepted
    assert len(samples.samples) < 50
    finished = sum(sample.accepted for sample in samples.samples)
    assert f"{finished} of 50 samples were finished" in str(samples.stopped)


def test_an_engine_that_cannot_be_had_stops_the_writing_with_its_problem(home: Path) -> None:
    project = load_project(home, SETTINGS)
    engine = project.settings.engine.model_copy(update={"name": "no-such"})
    broken = replace(project, settings=project.settings.model_copy(update={"engine": engine}))
    samples = written(broken, [project.plan.item(0)])
    assert isinstance(samples.stopped, BadInput)
    assert samples.samples == []


def test_a_bench_writes_time_and_again_also_for_another_engine(home: Path) -> None:
    async def session() -> list[int]:
        bench = Bench()
        words = []
        for length in (200, 200, 400):
            project = load_project(home, [*SETTINGS, f"engine.args={{words: {length}}}"])
            (item,) = find_items(project.plan, Wanted(kind="exposition"))
            samples: list[Sample] = []
            await bench.write(project, [item], Tally(), samples)
            words.append(int(samples[0].measured["words"]))
        await bench.close()
        return words

    first, second, third = asyncio.run(session())
    assert first == second < third

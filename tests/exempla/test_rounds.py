"""However often it is stopped, and however many write it, a run with quotas comes out the same."""

import asyncio
import hashlib
import random
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from exempla.errors import BadInput, Interrupted
from exempla.execute import job_of, write
from exempla.finish import Result, finish
from exempla.jsonl import read_records
from exempla.project import Project, load_project
from exempla.rounds import Patience
from exempla.status import status, trace
from generator.plan import Part
from generator.run import Tally

WANTED = 48
PRINCIPLES = load_constitution(CONSTITUTION).principles
FEW, SPOILED = PRINCIPLES[:4], PRINCIPLES[1]
WEIGHTS = {p.id: int(p in FEW) for p in PRINCIPLES}
FAULTS = {
    "refused_on": {SPOILED.statement[:60]: 0.6},
    "repeated": 0.25,
    "refused": 0.05,
    "delay": 0.01,
}
HASTY = Patience(absent=0.2)


def project_of(home: Path, *more: str, accepted: int = WANTED) -> Project:
    faults = orjson.dumps(FAULTS).decode()
    settings = (
        "engine.name=scripted",
        f"engine.args={faults}",
        "variant=quick",
        "plan.kinds={story: 1, exposition: 1}",
        f"plan.principles={orjson.dumps(WEIGHTS).decode()}",
        f"plan.accepted={accepted}",
    )
    return load_project(home, [*settings, *more])


async def never() -> None:
    await asyncio.Event().wait()


def after(seconds: float) -> Callable[[], asyncio.Future[None]]:
    return lambda: asyncio.ensure_future(asyncio.sleep(seconds))


def session(
    project: Project,
    part: Part | None = None,
    limit: int | None = None,
    stop: Callable[[], object] = never,
    waiting: Patience = HASTY,
) -> bool:
    """Write a part of a run; says whether there is nothing left to write."""
    job = job_of(project, part, limit)
    try:
        write(job, project, lambda tally: None, stop, waiting=waiting)  # type: ignore[arg-type]
    except Interrupted:
        return False
    return True


def finished(project: Project, parts: int = 1) -> Result:
    """The result of a run all of which is written."""
    result = finish(project, parts, None)
    assert result.missing == 0
    return result


def files(project: Project) -> dict[str, str]:
    """Hashes of what is made from the journal; in no other way do runs here differ in run.yaml."""
    folder = project.run_folder.path
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "journal" not in path.parts and path.name != "run.yaml"
    }


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Result]:
    project = project_of(tmp_path_factory.mktemp("unbroken"))
    assert session(project)
    return project, finished(project)


def test_every_cell_has_its_share_or_is_told_with_what_became_of_its_tries(
    unbroken: tuple[Project, Result],
) -> None:
    result = unbroken[1]
    assert sum(quota.share for quota in result.quotas) == WANTED
    for quota in result.quotas:
        lost = sum(quota.rejected.values()) + quota.duplicates
        assert quota.kept + lost + quota.surplus == quota.written
        if quota.kept < quota.share:
            assert quota.written == -(-quota.share * 3 // 2)
    # What is tested happens: the spoiled principle falls short, some have more than they may keep.
    short = {quota.principle for quota in result.quotas if quota.kept < quota.share}
    assert SPOILED.id in short
    assert short < {principle.id for principle in FEW}
    assert sum(quota.surplus for quota in result.quotas) > 0
    assert result.duplicates > 0


def test_what_was_written_is_kept_removed_surplus_or_rejected_and_only_kept_is_mixed(
    unbroken: tuple[Project, Result],
) -> None:
    project, result = unbroken
    folder = project.run_folder
    rows = {
        name: list(read_records(folder.path / f"{name}.jsonl"))
        for name in ("documents", "surplus", "rejects", "duplicates")
    }
    written = [row["id"] for name in ("documents", "surplus", "rejects") for row in rows[name]]
    assert len(set(written)) == len(written) == result.planned
    removed = {row["removed"] for row in rows["duplicates"]}
    kept = [row for row in rows["documents"] if row["id"] not in removed]
    assert len(kept) == sum(quota.kept for quota in result.quotas)
    counts = Counter((row["kind"], row["principles"][0]) for row in kept)
    assert counts == {(q.kind, q.principle): q.kept for q in result.quotas if q.kept}
    mixed = [
        row["id"]
        for path in (folder.mixes / "documents").glob("*.jsonl")
        for row in read_records(path)
    ]
    assert sorted(mixed) == sorted(row["id"] for row in kept)


def test_a_surplus_document_is_shown_as_one(unbroken: tuple[Project, Result]) -> None:
    folder = unbroken[0].run_folder
    surplus = next(read_records(folder.surplus))["id"]
    assert trace(folder, surplus)["surplus"]
    assert not trace(folder, next(read_records(folder.documents))["id"])["surplus"]


def test_a_run_that_is_cancelled_again_and_again_ends_with_the_same_bytes(
    unbroken: tuple[Project, Result], tmp_path: Path
) -> None:
    project = project_of(tmp_path, "engine.in_flight=6")
    chance = random.Random()
    for _ in range(4):
        session(project, stop=after(chance.uniform(0.1, 0.6)))
    assert session(project)
    finished(project)
    assert files(project) == files(unbroken[0])


def test_three_workers_write_what_one_writes(
    unbroken: tuple[Project, Result], tmp_path: Path
) -> None:
    project = project_of(tmp_path, "engine.in_flight=3")
    waiting = Patience(absent=20)
    with ThreadPoolExecutor(3) as threads:
        writing = [
            threads.submit(session, project, Part(number, 3), waiting=waiting)
            for number in (1, 2, 3)
        ]
        assert all(each.result() for each in writing)
    finished(project, 3)
    assert files(project) == files(unbroken[0])


def test_workers_that_run_one_after_the_other_say_whom_they_miss_and_end_with_the_same(
    unbroken: tuple[Project, Result], tmp_path: Path
) -> None:
    project = project_of(tmp_path)
    waiting = Patience(absent=0.0)
    with pytest.raises(Interrupted, match="worker 2 did not write"):
        write(
            job_of(project, Part(1, 2)),
            project,
            lambda tally: None,
            never,
            waiting=waiting,
        )
    turns = iter(range(20))
    while not session(project, Part(1 + next(turns) % 2, 2), waiting=waiting):
        pass
    assert session(project, Part(2, 2), waiting=waiting)
    assert session(project, Part(1, 2), waiting=waiting)
    finished(project, 2)
    assert files(project) == files(unbroken[0])


def test_the_engine_is_opened_once_for_all_rounds(tmp_path: Path) -> None:
    phases: list[str] = []
    project = project_of(tmp_path)

    def show(tally: Tally) -> None:
        if not phases or phases[-1] != tally.phase:
            phases.append(tally.phase)

    write(job_of(project), project, show, never)
    assert phases.count("loading the model") <= 1
    begun = project.run_folder.begun(Part())
    assert orjson.loads(begun.read_bytes())["bytes"] == 0


def test_with_a_limit_the_first_items_are_written_and_a_later_run_goes_on(
    unbroken: tuple[Project, Result], tmp_path: Path
) -> None:
    project = project_of(tmp_path)
    assert session(project, limit=20)
    result = finish(project, 1, 20)
    assert (result.planned, result.missing, result.quotas) == (20, 0, ())
    assert session(project)
    finished(project)
    assert files(project) == files(unbroken[0])


def test_a_plan_that_has_grown_keeps_what_a_new_one_of_that_size_keeps(
    unbroken: tuple[Project, Result], tmp_path: Path
) -> None:
    small = project_of(tmp_path, accepted=20)
    assert session(small)
    finished(small)
    project = project_of(tmp_path)
    assert session(project)
    grown, new = finished(project), unbroken[1]
    assert [(q.kind, q.principle, q.kept) for q in grown.quotas] == [
        (q.kind, q.principle, q.kept) for q in new.quotas
    ]
    mix = "mixes/documents/train-00000-of-00001.jsonl"
    assert files(project)[mix] == files(unbroken[0])[mix]
    with pytest.raises(BadInput, match="was 48, is 20"):
        session(small)


def test_more_tries_fill_what_was_short(unbroken: tuple[Project, Result], tmp_path: Path) -> None:
    shutil.copytree(unbroken[0].home, tmp_path, dirs_exist_ok=True)
    more = project_of(tmp_path, "plan.tries=20")
    assert session(more)
    assert all(quota.kept == quota.share for quota in finished(more).quotas)


def test_reuse_takes_over_what_every_round_asks_for(
    unbroken: tuple[Project, Result], tmp_path: Path
) -> None:
    before = unbroken[0]
    project = project_of(tmp_path)
    tally = write(job_of(project, reuse=before.run_folder.path), project, lambda tally: None, never)
    assert tally.reused == tally.planned == unbroken[1].planned
    finished(project)
    assert files(project) == files(before)


def test_status_tells_shares_before_and_after_the_first_round_is_settled(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    assert session(project, limit=20)
    rows = status(project.run_folder)["quotas"]
    assert sum(row["share"] for row in rows) == WANTED
    assert {row["kept"] for row in rows} == {None}
    assert sum(row["accepted"] for row in rows) > 0
    assert session(project)
    found = status(project.run_folder)
    assert found["planned"] == WANTED
    assert found["seconds_left"] is None
    rows = found["quotas"]
    assert all(row["kept"] <= min(row["share"], row["accepted"]) for row in rows)

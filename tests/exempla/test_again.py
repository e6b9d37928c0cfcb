"""Rejected items that are taken up once more."""

import asyncio
import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import orjson
import pytest

from exempla.errors import BadInput, Interrupted
from exempla.execute import job_of
from exempla.finish import finish
from exempla.project import Project, load_project
from exempla.status import status
from generator.checks.settings import CheckSettings
from generator.collect import Ledger
from generator.engine import Completion, EngineSettings, Request, SamplingSettings
from generator.engines.scripted import ScriptedEngine
from generator.plan import Part
from generator.run import Tally, write_part
from prompts.constraint import Constraint

ITEMS = 60
NO_FAULTS: Mapping[str, float] = {}
FAULTS = {"cut_off": 0.3, "broken": 0.2, "refused": 0.05}
STRICT = 218
"""Words that a part of the texts does not have."""


class Counting(ScriptedEngine):
    """The scripted engine, which notes what it was asked and may be slow."""

    def __init__(
        self, args: Mapping[str, float] = NO_FAULTS, delays: random.Random | None = None
    ) -> None:
        super().__init__(EngineSettings(name="scripted", in_flight=16, args=dict(args)))
        self.asked: list[str] = []
        self.seeds: list[int] = []
        self.opened = False
        self._delays = delays

    async def open(self, constraints: Collection[Constraint] = ()) -> None:
        self.opened = True

    async def answer(self, request: Request) -> Completion:
        if self._delays:
            await asyncio.sleep(self._delays.uniform(0, 0.01))
        self.asked.append(request.tag)
        self.seeds.append(request.sampling.seed)
        return await super().answer(request)


def write(
    project: Project,
    again: Sequence[str] = (),
    engine: Counting | None = None,
    part: Part | None = None,
    seconds: float | None = None,
) -> tuple[Tally, Counting]:
    engine, tally = engine or Counting(FAULTS), Tally()
    job = job_of(project, part, again=again)

    async def session() -> None:
        task = asyncio.create_task(write_part(job, engine, project.run_folder, tally))
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            task.cancel()
        await task

    asyncio.run(session())
    return tally, engine


def results(project: Project, workers: int = 1) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Documents as they stand in their file, and rejects, by id."""
    with Ledger(project.run_folder, project.plan, project.library, workers, None) as ledger:
        assert ledger.missing == 0
        documents = {d.id: orjson.dumps(d.row()) for d in ledger.documents("filler")}
        return documents, {reject["id"]: reject for reject in ledger.rejects()}


def lines(project: Project) -> list[dict[str, Any]]:
    journals = sorted((project.run_folder.path / "journal").glob("*.jsonl"))
    return [orjson.loads(line) for path in journals for line in path.read_bytes().splitlines()]


def rejected_as(rejects: dict[str, Any], *reasons: str) -> set[str]:
    return {id for id, reject in rejects.items() if reject["reason"] in reasons}


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Project:
    settings = ["engine.name=scripted", f"plan.items={ITEMS}", "checks.min_words=100"]
    return load_project(tmp_path_factory.mktemp("empty"), settings)


@pytest.fixture
def project(built_in: Project, tmp_path: Path) -> Project:
    """A project with nothing written."""
    return replace(built_in, home=tmp_path)


def named(project: Project, name: str) -> Project:
    return replace(project, settings=project.settings.model_copy(update={"name": name}))


def of_at_least(words: int, project: Project) -> Project:
    checks = CheckSettings(min_words=words)
    return replace(project, settings=project.settings.model_copy(update={"checks": checks}))


def warmer(project: Project) -> Project:
    sampling = SamplingSettings(temperature=1.1)
    return replace(project, settings=project.settings.model_copy(update={"sampling": sampling}))


def with_room(tokens: int, project: Project) -> Project:
    """The same project, read again with another limit for every critique."""
    if not (project.home / "prompts").exists():
        copytree(project.library.folder, project.home / "prompts")
    for file in (project.home / "prompts/kinds").glob("*/kind.yaml"):
        text = file.read_text("utf-8")
        stages = text.split("  - name: ")
        stages[3] = re.sub("max_tokens: .*", f"max_tokens: {tokens}", stages[3])
        file.write_text("  - name: ".join(stages), "utf-8")
    settings = ["engine.name=scripted", f"plan.items={ITEMS}", "checks.min_words=100"]
    return load_project(project.home, settings)


def test_texts_that_pass_under_other_checks_cost_no_request_and_load_no_model(
    project: Project,
) -> None:
    write(of_at_least(STRICT, project))
    documents, rejects = results(project)
    short = rejected_as(rejects, "too short")
    assert short
    assert documents

    tally, engine = write(project, ["too short"])

    assert (engine.asked, engine.opened) == ([], False)
    assert tally.taken_up == len(short)
    after, left = results(project)
    assert after.keys() - documents.keys() == short - left.keys()
    assert not rejected_as(left, "too short")
    assert {id: after[id] for id in documents} == documents
    assert {id: rejects[id] for id in rejects.keys() - short} == {
        id: left[id] for id in rejects.keys() - short
    }


def test_documents_that_were_judged_away_come_back_under_lower_limits_at_no_cost(
    project: Project,
) -> None:
    def judged(limits: str) -> Project:
        settings = ["engine.name=scripted", f"plan.items={ITEMS}", f"judge={limits}"]
        return load_project(project.home, settings)

    write(judged("{}"), engine=Counting())
    before, rejects = results(project)
    away = rejected_as(rejects, "judged")
    assert away
    flags = ", ".join(project.judging.rubric.flag_ids)
    lenient = judged(f"{{at_least: {{overall: 1}}, allow: [{flags}]}}")
    tally, engine = write(lenient, ["judged"], Counting())
    assert (tally.taken_up, engine.asked) == (len(away), [])
    assert results(project)[0].keys() == before.keys() | away
    noted = project.run_folder.frozen()["again"][0]["changed"]
    assert "settings.judge.at_least: was None, is {'overall': 1.0}" in noted


def test_only_what_was_rejected_for_the_reason_is_taken_up(project: Project) -> None:
    write(of_at_least(STRICT, project))
    _, rejects = results(project)
    assert {"truncated", "unreadable", "too short"} <= {r["reason"] for r in rejects.values()}
    before = project.run_folder.journal(Part()).read_bytes()
    write(of_at_least(STRICT + 2, project), ["unreadable", "too short"])
    assert project.run_folder.journal(Part()).read_bytes().startswith(before)
    new = lines(project)[before.count(b"\n") :]
    assert {line["item"] for line in new} == rejected_as(rejects, "unreadable", "too short")
    # A text that fails its checks again is rejected again, and not revised.
    short = rejected_as(rejects, "too short")
    assert [line for line in new if line["item"] in short and "stage" in line] == []
    assert rejected_as(results(project)[1], "too short") >= short


def test_a_stage_that_failed_is_asked_again_with_other_seeds_and_those_before_it_are_not(
    project: Project,
) -> None:
    _, first = write(project)
    _, rejects = results(project)
    cut = rejected_as(rejects, "truncated")
    assert len({rejects[id]["stage"] for id in cut}) > 1
    _, second = write(project, ["truncated"])
    assert not set(second.seeds) & set(first.seeds)
    for id in cut:
        stages = [stage.name for stage in project.library.kinds[rejects[id]["kind"]].stages]
        failed = stages.index(rejects[id]["stage"])
        asked = {tag.partition("/")[2] for tag in second.asked if tag.startswith(id)}
        assert stages[failed] in asked
        assert not asked & set(stages[:failed])
    documents, left = results(project)
    assert documents.keys() & cut
    assert len(documents) + len(left) == ITEMS


def test_more_room_lets_cut_off_answers_end_and_is_noted(project: Project) -> None:
    narrow = with_room(30, project)
    write(narrow, engine=Counting())
    _, rejects = results(narrow)
    cut = rejected_as(rejects, "truncated")
    assert cut
    roomy = with_room(2000, project)
    assert [roomy.plan.item(i).id for i in range(9)] == [narrow.plan.item(i).id for i in range(9)]
    with pytest.raises(BadInput, match=r"critique\.max_tokens: was 30, is 2000"):
        write(roomy)
    _, engine = write(roomy, ["truncated"], Counting())
    assert {tag.partition("/")[2] for tag in engine.asked} == {"critique", "revise"}
    documents, left = results(roomy)
    assert not rejected_as(left, "truncated")
    assert documents.keys() & cut
    (noted,) = roomy.run_folder.frozen()["again"]
    assert noted["reasons"] == ["truncated"]
    assert "limits.story.critique.max_tokens: was 30, is 2000" in noted["changed"]
    assert {line["limits"] for line in lines(roomy) if "again" in line} == {noted["limits"]}
    # From now on these are the run's limits.
    write(roomy)
    with pytest.raises(BadInput, match="is 101"):
        write(of_at_least(101, roomy))


def test_the_same_command_twice_takes_nothing_up_and_other_limits_do(project: Project) -> None:
    write(project)
    first, _ = write(project, ["truncated"])
    journal = project.run_folder.journal(Part()).read_bytes()
    second, engine = write(project, ["truncated"])
    assert first.taken_up
    assert (second.taken_up, engine.asked) == (0, [])
    assert project.run_folder.journal(Part()).read_bytes() == journal
    left = rejected_as(results(project)[1], "truncated")
    assert left
    third, _ = write(warmer(project), ["truncated"])
    assert third.taken_up == len(left)


def test_stopped_again_and_again_it_comes_out_the_same(project: Project) -> None:
    reasons = ["truncated", "unreadable"]
    whole, broken = named(project, "whole"), named(project, "broken")
    write(whole)
    write(whole, reasons)
    timing = random.Random(7)
    write(broken)
    stopped = 0
    for _ in range(100):
        try:
            seconds = timing.uniform(0.02, 0.2) if stopped < 4 else None
            write(broken, reasons, Counting(FAULTS, timing), seconds=seconds)
            break
        except Interrupted:
            stopped += 1
    assert stopped >= 2
    assert results(broken) == results(whole)
    expected = [line for line in lines(whole) if "again" in line]
    assert len({line["again"] for line in expected}) == 2
    assert [line for line in lines(broken) if "again" in line] == expected


def test_workers_each_take_up_their_own_part(project: Project) -> None:
    alone, many = named(project, "alone"), named(project, "many")
    reasons = ["too short", "truncated"]
    write(of_at_least(STRICT, alone))
    write(alone, reasons)
    parts = [Part(number, 3) for number in (2, 3, 1)]
    for part in parts:
        write(of_at_least(STRICT, many), part=part)
    for part in parts:
        write(many, reasons, part=part)
    assert results(many, workers=3) == results(alone)
    assert len(many.run_folder.frozen()["again"]) == 1


def test_an_unknown_reason_is_answered_with_those_there_are(project: Project) -> None:
    write(project)
    count = len(rejected_as(results(project)[1], "truncated"))
    before = project.run_folder.frozen_file.read_bytes(), lines(project)
    with pytest.raises(BadInput, match=rf"as 'shrunk'[\s\S]*truncated \({count}\)"):
        write(of_at_least(99, project), ["truncated", "shrunk"])
    assert (project.run_folder.frozen_file.read_bytes(), lines(project)) == before


def test_more_than_limits_may_not_change(project: Project) -> None:
    write(project)
    plan = project.settings.plan.model_copy(update={"seed": 8})
    other = replace(project, settings=project.settings.model_copy(update={"plan": plan}))
    with pytest.raises(BadInput, match=r"plan\.seed: was 0, is 8"):
        write(other, ["truncated"])
    with pytest.raises(BadInput, match="no run in this folder"):
        write(named(project, "other"), ["truncated"])


def test_a_plan_that_grows_keeps_the_history_of_its_limits(project: Project) -> None:
    write(of_at_least(STRICT, project))
    write(project, ["too short"])
    plan = project.settings.plan.model_copy(update={"items": ITEMS + 5})
    settings = project.settings.model_copy(update={"plan": plan})
    grown = replace(project, settings=settings, plan=replace(project.plan, settings=plan))
    write(grown)
    (noted,) = grown.run_folder.frozen()["again"]
    assert noted["changed"] == [f"settings.checks.min_words: was {STRICT}, is 100"]


def test_items_taken_up_again_are_taken_over_as_they_are(project: Project) -> None:
    first, second = named(project, "first"), named(project, "second")
    write(of_at_least(STRICT, first))
    write(first, ["too short"])
    engine = Counting(FAULTS)
    job = job_of(second, reuse=first.run_folder.path)
    asyncio.run(write_part(job, engine, second.run_folder, Tally()))
    assert engine.asked == []
    assert results(second) == results(first)


def test_status_and_the_files_count_the_last_outcome_of_each_item(project: Project) -> None:
    write(of_at_least(STRICT, project))
    write(project, ["too short"])
    documents, rejects = results(project)
    told = status(project.run_folder)
    assert (told["finished"], told["accepted"]) == (ITEMS, len(documents))
    assert sum(told["rejected"].values()) == len(rejects)
    assert "too short" not in told["rejected"]
    made = finish(project, 1, None)
    assert (made.accepted, made.rejected) == (len(documents), len(rejects))

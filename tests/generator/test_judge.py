import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from exempla.document import Document, Verdict
from exempla.errors import BadInput, Interrupted
from generator.asking import Failed, Read
from generator.checks.settings import CheckSettings
from generator.collect import Ledger
from generator.engine import Completion, EngineInfo, EngineSettings, Request, SamplingSettings
from generator.engines.scripted import ScriptedEngine
from generator.folder import RunFolder
from generator.judge import Judge, JudgeSettings, Subject, as_shown
from generator.plan import Part, Plan, PlanSettings, make_plan
from generator.prompt import Prompter
from generator.run import Job, Tally, write_part
from prompts.constraint import Constraint, VerdictConstraint
from prompts.judging import load_judging
from prompts.library import BUILT_IN as PROMPTS
from prompts.library import Library, load_library

ITEMS = ("faithful", "reasons", "conduct", "alive", "admirable", "form")
TEXT = "A title\n\nThe lock-keeper's boy had left the paddle up, and “it” said so at once."
SUBJECT = Subject("a1", "honesty", "The clause.", "A story.", TEXT)
QUOTATION = "had left the paddle up"


class Bent:
    """The scripted engine, its answers changed by a function of the request; keeps what it saw."""

    def __init__(
        self, reply: Callable[[Request, Completion], Completion] | None = None, **args: Any
    ) -> None:
        in_flight = args.pop("in_flight", None)
        settings = EngineSettings(name="scripted", args=args, in_flight=in_flight)
        self.inner = ScriptedEngine(settings)
        self.reply = reply
        self.seen: list[Request] = []
        self.opened: list[Constraint] = []
        self.closed = 0
        self.now = self.most = 0

    async def open(self, constraints: Collection[Constraint] = ()) -> None:
        self.opened += constraints

    async def close(self) -> None:
        self.closed += 1

    def describe(self) -> EngineInfo:
        return self.inner.describe()

    async def answer(self, request: Request) -> Completion:
        self.seen.append(request)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        found = await self.inner.answer(request)
        return self.reply(request, found) if self.reply else found


def answer(quotation: str = QUOTATION, flags: tuple[str, ...] = (), **scores: int) -> str:
    told = {**dict.fromkeys(ITEMS, 4), **scores}
    verdict = {"reason": "So.", "quotation": quotation, "scores": told, "flags": flags}
    return orjson.dumps(verdict).decode()


def says(*texts: str) -> Bent:
    """Answers with these texts in turn, then with the last one."""
    engine, left = Bent(), list(texts)
    engine.reply = lambda r, c: Completion(left.pop(0) if left[1:] else left[0], "stop", 9, 9)
    return engine


def judge(**settings: Any) -> Judge:
    constitution = load_constitution(CONSTITUTION)
    return Judge(JudgeSettings(**settings), load_judging(PROMPTS), constitution)


def verdict_by(engine: Bent, **settings: Any) -> Read[Verdict] | Failed:
    return asyncio.run(judge(**settings).verdict_on(engine, SUBJECT, lambda completion: None))


def test_a_verdict_whose_quotation_stands_in_the_text_is_taken() -> None:
    found = verdict_by(says(answer(flags=("sermon", "flattery", "sermon"), alive=1)))
    assert isinstance(found, Read)
    verdict = found.value
    assert (verdict.quotation, verdict.overall) == (QUOTATION, 3.5)
    assert verdict.flags == ("sermon", "flattery")
    assert verdict.model == "filler"


def test_a_quotation_that_is_not_there_is_asked_for_again_with_another_seed() -> None:
    engine = says(answer("had left the gate up"), answer())
    found = verdict_by(engine)
    assert isinstance(found, Read)
    assert found.spent.attempts == 2
    first, second = engine.seen
    assert first.messages == second.messages
    assert first.sampling.seed != second.sampling.seed


def test_a_verdict_that_never_quotes_the_text_is_unsupported_and_the_last_one_is_kept() -> None:
    engine = says(answer("had left the gate up"), answer("had left the sluice up"))
    found = verdict_by(engine, attempts=4)
    assert isinstance(found, Failed)
    assert found.reason == "unsupported verdict"
    assert orjson.loads(found.answer)["quotation"] == "had left the sluice up"
    assert len(engine.seen) == found.spent.attempts == 4


def test_cut_off_and_unreadable_verdicts_are_asked_for_again_like_any_answer() -> None:
    engine = Bent(lambda r, c: Completion("{", "length", 9, 600))
    found = verdict_by(engine)
    assert isinstance(found, Failed)
    assert (found.reason, len(engine.seen)) == ("truncated", 3)
    assert engine.seen[0].sampling.max_tokens < engine.seen[1].sampling.max_tokens
    unreadable = verdict_by(says("Well."))
    assert isinstance(unreadable, Failed)
    assert (unreadable.reason, unreadable.answer) == ("unreadable", "Well.")


@pytest.mark.parametrize(
    ("settings", "given", "objection"),
    [
        ({}, {}, ""),
        ({}, {"conduct": 2}, "conduct 2 of at least 3"),
        ({}, {"alive": 1, "form": 2, "reasons": 2}, "overall 2.83 of at least 3.5"),
        ({"at_least": {"alive": 4, "form": 5}}, {"alive": 3}, "alive 3 of at least 4, form 4 of"),
        ({"at_least": {}}, {"conduct": 1}, ""),
        ({}, {"flags": ("sermon", "evil-foil")}, "flag: evil-foil, flag: sermon"),
        ({"allow": ["sermon"]}, {"flags": ("sermon", "evil-foil")}, "flag: evil-foil"),
        ({"allow": ["sermon"]}, {"flags": ("sermon",)}, ""),
    ],
)
def test_what_speaks_against_a_document_is_all_told(
    settings: dict[str, Any], given: dict[str, Any], objection: str
) -> None:
    one = judge(**settings)
    told = one.limits.objection(one.read(answer(**given), "filler"))
    assert told.startswith(objection)
    assert bool(told) == bool(objection)


def test_limits_on_what_the_rubric_has_not_are_refused_with_the_nearest_right_name() -> None:
    with pytest.raises(BadInput) as caught:
        judge(at_least={"faithfull": 3}, allow=["sermons"])
    told = {(p.setting, p.remedy) for p in caught.value.problems}
    assert told == {
        ("judge.at_least.faithfull", "Did you mean 'faithful'?"),
        ("judge.allow.0", "Did you mean 'sermon'?"),
    }


def test_a_judge_is_shown_passage_rubric_others_and_the_document_last() -> None:
    one = judge()
    system, asked = one.messages(SUBJECT)
    honesty = one.principles["honesty"]
    assert honesty["why"] in asked.content
    assert "The clause." in asked.content
    assert f"=====\n{TEXT}\n=====" in asked.content
    assert asked.content.index(honesty["statement"]) < asked.content.index(TEXT)
    for principle in one.principles.values():
        assert f"{principle['title']}: {principle['statement']}" in system.content
    for item in one.rubric.items:
        assert item.asks in system.content
        assert item.anchors.high in system.content
    for flag in one.rubric.flags:
        assert f"{flag.id}: {flag.says}" in system.content
    # So that an engine with a prefix cache reads the rubric once.
    assert one.messages(replace(SUBJECT, principle="candour", text="Other."))[0] == system


def test_a_chat_is_shown_with_its_system_message_and_tools() -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Well?"}]
    tools = [{"name": "look", "description": "Looks things up.", "parameters": {}}]
    shown = as_shown({"messages": turns, "tools": tools, "title": "", "text": None})
    assert shown == (
        "[tools it could have called]\nlook: Looks things up.\n\n"
        "[system]\nBe brief.\n\n[user]\nWell?"
    )


# A run with a judge.

COUNT = 90


@cache
def world() -> tuple[Plan, Library, Prompter]:
    constitution = load_constitution(CONSTITUTION)
    library = load_library(PROMPTS, {p.id: p for p in constitution.principles}, variant="quick")
    plan = make_plan(constitution, library, PlanSettings(items=COUNT))
    return plan, library, Prompter(constitution, library)


def job(one: Judge) -> Job:
    frozen = {"workers": 1, "settings": {"plan": {"items": COUNT}}}
    return Job(*world(), SamplingSettings(), CheckSettings(), frozen, judge=one)


def write(one: Job, folder: Path, engine: Bent, judging: Bent | None = None) -> Tally:
    tally = Tally()
    asyncio.run(write_part(one, engine, RunFolder(folder), tally, judging=judging))
    return tally


def read_back(one: Job, folder: Path) -> tuple[list[Document], list[dict[str, Any]]]:
    with Ledger(RunFolder(folder), one.plan, one.library, 1, None) as ledger:
        assert ledger.missing == 0
        return list(ledger.documents("filler")), list(ledger.rejects("filler"))


def test_documents_have_their_verdicts_and_the_judge_is_their_last_stage(tmp_path: Path) -> None:
    one = job(judge())
    engine = Bent(misquoted=0.3, stern=0.4)
    tally = write(one, tmp_path, engine)
    documents, rejects = read_back(one, tmp_path)
    assert len(documents) + len(rejects) == COUNT
    for document in documents:
        assert document.verdict
        assert document.verdict.flags == ()
        assert [stage.stage for stage in document.stages] == ["draft", "judge"]
    judged = [record for record in rejects if record["reason"] == "judged"]
    assert len(judged) == tally.rejected["judged"] > 10
    for record in judged:
        verdict = Verdict.model_validate(record["verdict"])
        assert record["detail"] == judge().limits.objection(verdict)
        assert record["text"] or record["messages"]
    unsupported = [record for record in rejects if record["reason"] == "unsupported verdict"]
    for record in unsupported:
        assert record["verdict"] is None
        assert "quotation" in orjson.loads(record["answer"])
        assert record["text"] or record["messages"]
    assert any(document.stages[-1].attempts > 1 for document in documents)
    urgent = {r.priority for r in engine.seen if isinstance(r.constraint, VerdictConstraint)}
    assert max(urgent) < min({r.priority for r in engine.seen} - urgent)


def test_what_the_checks_reject_is_not_judged(tmp_path: Path) -> None:
    one = job(judge())
    engine = Bent(words=40)
    tally = write(one, tmp_path, engine)
    assert tally.rejected["too short"] == COUNT
    assert not [r for r in engine.seen if isinstance(r.constraint, VerdictConstraint)]


def test_a_judge_may_have_an_engine_of_its_own_which_has_its_own_in_flight(tmp_path: Path) -> None:
    one = job(judge())
    engine, judging = Bent(in_flight=20), Bent(in_flight=3)
    write(one, tmp_path, engine, judging)
    assert {type(r.constraint) for r in judging.seen} == {VerdictConstraint}
    assert VerdictConstraint not in {type(r.constraint) for r in engine.seen}
    assert judging.opened == [judge().rubric.constraint]
    assert VerdictConstraint not in set(map(type, engine.opened))
    assert engine.closed == judging.closed == 1
    assert (engine.most, judging.most) == (20, 3)
    same = tmp_path / "same"
    write(one, same, Bent())
    assert read_back(one, same) == read_back(one, tmp_path)


def test_a_run_that_is_cancelled_while_it_judges_neither_asks_again_nor_loses_a_verdict(
    tmp_path: Path,
) -> None:
    one = job(judge())
    whole = Bent(misquoted=0.2)
    write(one, tmp_path / "whole", whole)
    asked = 0
    for stop in (25, 70, 115, None):
        engine = Bent(misquoted=0.2, in_flight=8)

        async def session(engine: Bent = engine, stop: int | None = stop) -> None:
            folder = RunFolder(tmp_path / "broken")
            task = asyncio.create_task(write_part(one, engine, folder, Tally()))
            while stop and len(engine.seen) < stop and not task.done():
                await asyncio.sleep(0.001)
            if stop:
                task.cancel()
            try:
                await task
            except Interrupted:
                assert stop

        asyncio.run(session())
        asked += len(engine.seen)
    assert read_back(one, tmp_path / "broken") == read_back(one, tmp_path / "whole")
    # What was in flight when it was stopped is asked again: at most the window, each time.
    assert asked <= len(whole.seen) + 3 * 2 * 8


def test_verdicts_that_are_in_the_journal_are_not_asked_for(tmp_path: Path) -> None:
    one = job(judge())
    write(one, tmp_path, Bent(stern=0.5))
    path = RunFolder(tmp_path).journal(Part())
    lines = [line for line in path.read_bytes().splitlines(True) if b'"outcome"' not in line]
    before = read_back(one, tmp_path)
    path.write_bytes(b"".join(lines))
    again = Bent(stern=0.5)
    write(one, tmp_path, again)
    assert again.seen == []
    assert read_back(one, tmp_path) == before

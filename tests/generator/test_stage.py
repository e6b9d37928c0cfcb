import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from generator.check import CheckSettings
from generator.engine import (
    Completion,
    EngineInfo,
    EngineSettings,
    PromptTooLong,
    Request,
    SamplingSettings,
)
from generator.engines.scripted import ScriptedEngine
from generator.item import Item
from generator.journal import Journal, JournalFile
from generator.plan import Plan, PlanSettings, make_plan
from generator.prompt import Prompter
from generator.stage import Writer
from prompts.library import BUILT_IN as PROMPTS
from prompts.library import Library, load_library

Reply = Callable[[Request, Completion], Completion]


class Bent:
    """The scripted engine, its answers changed by a function of the request; keeps what it saw."""

    def __init__(self, reply: Reply) -> None:
        self.inner = ScriptedEngine(EngineSettings(name="scripted"))
        self.reply = reply
        self.seen: list[Request] = []

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def describe(self) -> EngineInfo:
        return self.inner.describe()

    async def answer(self, request: Request) -> Completion:
        self.seen.append(request)
        return self.reply(request, await self.inner.answer(request))


@pytest.fixture(scope="module")
def world() -> tuple[Plan, Library, Prompter]:
    constitution = load_constitution(CONSTITUTION)
    library = load_library(PROMPTS, {p.id: p for p in constitution.principles})
    plan = make_plan(constitution, library, PlanSettings(items=50))
    return plan, library, Prompter(constitution, library)


World = tuple[Plan, Library, Prompter]


def story(plan: Plan) -> Item:
    return next(item for item in map(plan.item, range(len(plan))) if item.kind == "story")


def write(
    world: World, engine: Any, path: Path, finished: dict[str, str] | None = None
) -> tuple[str | None, list[dict[str, Any]]]:
    plan, library, prompter = world
    spent: list[Completion] = []

    async def session() -> str | None:
        journal = Journal(path)
        sampling = SamplingSettings(temperature=0.9, top_p=0.8)
        checks = CheckSettings()
        writer = Writer(library.kinds, prompter, engine, journal, sampling, checks, spent.append)
        reason = await writer.write(story(plan), finished or {})
        await journal.close()
        return reason

    reason = asyncio.run(session())
    file = JournalFile(path)
    lines = [file.record(line.offset) for line in file.lines()]
    file.close()
    return reason, lines


def cut(completion: Completion) -> Completion:
    return Completion(completion.text[:50], "length", 10, 50)


def test_a_story_goes_through_its_stages_and_is_accepted(world: World, tmp_path: Path) -> None:
    engine = Bent(lambda request, completion: completion)
    reason, lines = write(world, engine, tmp_path / "j.jsonl")
    assert reason is None
    assert [line.get("stage", line.get("outcome")) for line in lines] == [
        "premise",
        "draft",
        "accepted",
    ]


def test_later_stages_are_more_urgent_and_see_earlier_answers(world: World, tmp_path: Path) -> None:
    engine = Bent(lambda request, completion: completion)
    _, lines = write(world, engine, tmp_path / "j.jsonl")
    premise, draft = engine.seen
    assert draft.priority < premise.priority
    for answer in orjson.loads(lines[0]["text"]).values():
        assert answer in draft.messages[-1].content


def test_settings_fill_in_what_the_stage_leaves_open(world: World, tmp_path: Path) -> None:
    engine = Bent(lambda request, completion: completion)
    write(world, engine, tmp_path / "j.jsonl")
    assert {(r.sampling.temperature, r.sampling.top_p) for r in engine.seen} == {(0.9, 0.8)}


def test_a_cut_off_answer_is_asked_again_with_another_seed_and_more_room(
    world: World, tmp_path: Path
) -> None:
    engine = Bent(lambda r, c: cut(c) if len(engine.seen) == 1 else c)
    reason, lines = write(world, engine, tmp_path / "j.jsonl")
    first, second = engine.seen[:2]
    assert reason is None
    assert second.sampling.max_tokens > first.sampling.max_tokens
    assert second.sampling.seed != first.sampling.seed
    assert lines[0]["attempts"] == 2
    assert lines[0]["completion_tokens"] > lines[0]["tokens"]


def test_an_item_whose_answers_are_always_cut_off_is_rejected_with_the_last_one(
    world: World, tmp_path: Path
) -> None:
    engine = Bent(lambda request, completion: cut(completion))
    reason, lines = write(world, engine, tmp_path / "j.jsonl")
    (line,) = lines
    assert reason == "truncated"
    assert (line["outcome"], line["at"], line["reason"]) == ("rejected", "premise", "truncated")
    assert len(line["answer"]) == 50
    assert len(engine.seen) == world[1].kinds["story"].stages[0].attempts


def test_an_answer_that_does_not_match_is_asked_again_then_rejected(
    world: World, tmp_path: Path
) -> None:
    engine = Bent(lambda r, c: Completion("nonsense", "stop", 1, 1))
    reason, lines = write(world, engine, tmp_path / "j.jsonl")
    assert reason == "unreadable"
    assert lines[-1]["answer"] == "nonsense"
    assert len({request.sampling.seed for request in engine.seen}) == len(engine.seen) == 3


def test_a_prompt_that_is_too_long_rejects_the_item_at_once(world: World, tmp_path: Path) -> None:
    def refuse(request: Request, completion: Completion) -> Completion:
        raise PromptTooLong("9000 tokens, the context holds 8192")

    reason, lines = write(world, Bent(refuse), tmp_path / "j.jsonl")
    assert reason == "prompt too long"
    assert lines[-1]["detail"] == "9000 tokens, the context holds 8192"
    assert lines[-1]["attempts"] == 0


def test_a_failed_check_rejects_the_document(world: World, tmp_path: Path) -> None:
    short = Completion("# A title\n\nToo short a text.", "stop", 5, 5)
    engine = Bent(lambda r, c: short if r.tag.endswith("draft") else c)
    reason, lines = write(world, engine, tmp_path / "j.jsonl")
    assert reason == "too short"
    assert [line.get("stage", line.get("outcome")) for line in lines][-1] == "rejected"


def test_finished_stages_are_not_asked_again(world: World, tmp_path: Path) -> None:
    first = Bent(lambda request, completion: completion)
    _, lines = write(world, first, tmp_path / "first.jsonl")
    again = Bent(lambda request, completion: completion)
    _, rest = write(world, again, tmp_path / "again.jsonl", {"premise": lines[0]["text"]})
    assert [request.tag for request in again.seen] == [first.seen[1].tag]
    assert rest == lines[1:]

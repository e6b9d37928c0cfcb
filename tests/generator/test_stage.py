import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from generator.checks.checker import Checker
from generator.checks.settings import CheckSettings
from generator.engine import (
    Completion,
    EngineInfo,
    EngineSettings,
    PromptTooLong,
    Request,
    SamplingSettings,
)
from generator.engines.scripted import ScriptedEngine
from generator.ideas import Chains, Idea, idea_of
from generator.item import Item
from generator.journal import Journal, JournalFile
from generator.plan import Plan, PlanSettings, make_plan
from generator.prompt import Prompter
from generator.stage import Writer
from prompts.answer import Prose, read_answer, read_ideas
from prompts.constraint import Constraint, IdeasConstraint, ProseConstraint
from prompts.library import BUILT_IN as PROMPTS
from prompts.library import Library, load_library

Reply = Callable[[Request, Completion], Completion]


class Bent:
    """The scripted engine, its answers changed by a function of the request; keeps what it saw."""

    def __init__(self, reply: Reply) -> None:
        self.inner = ScriptedEngine(EngineSettings(name="scripted"))
        self.reply = reply
        self.seen: list[Request] = []

    async def open(self, constraints: Collection[Constraint] = ()) -> None: ...

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
    world: World,
    engine: Any,
    path: Path,
    finished: dict[str, str] | None = None,
    past: dict[int, Idea | None] | None = None,
    replicate: int = 0,
    asked: dict[str, int] | None = None,
) -> tuple[str | None, list[dict[str, Any]]]:
    plan, library, prompter = world
    item = replace(story(plan), replicate=replicate)
    spent: list[Completion] = []

    async def session() -> str | None:
        journal = Journal(path)
        writer = Writer(
            library.kinds,
            prompter,
            engine,
            journal,
            SamplingSettings(temperature=0.9, top_p=0.8),
            Checker(CheckSettings(), library),
            Chains(lambda item: past or {}),
            spent.append,
        )
        reason = await writer.write(item, finished or {}, asked or {})
        await journal.close()
        return reason

    reason = asyncio.run(session())
    file = JournalFile(path)
    lines = [file.record(line.offset) for line in file.lines()]
    file.close()
    return reason, lines


def as_it_is(request: Request, completion: Completion) -> Completion:
    return completion


def of_stage(name: str, text: str) -> Reply:
    """Answers one stage with a text, and the others as they are."""
    return lambda r, c: Completion(text, "stop", 5, 5) if r.tag.endswith(f"/{name}") else c


def cut(completion: Completion) -> Completion:
    return Completion(completion.text[:50], "length", 10, 50)


def test_a_story_goes_through_its_stages_and_is_accepted(world: World, tmp_path: Path) -> None:
    engine = Bent(as_it_is)
    reason, lines = write(world, engine, tmp_path / "j.jsonl")
    assert reason is None
    assert [line.get("stage", line.get("outcome")) for line in lines] == [
        "idea",
        "draft",
        "critique",
        "revise",
        "accepted",
    ]


def test_later_stages_are_more_urgent_and_see_earlier_answers(world: World, tmp_path: Path) -> None:
    engine = Bent(as_it_is)
    _, lines = write(world, engine, tmp_path / "j.jsonl")
    idea, draft, critique, revise = engine.seen
    assert revise.priority < critique.priority < draft.priority < idea.priority
    told = orjson.loads(lines[0]["text"])
    for name in ("people", "hard", "does", "fact", "ends"):
        assert told[name] in draft.messages[-1].content
    story = read_answer(ProseConstraint(), lines[1]["text"])
    assert isinstance(story, Prose)
    assert story.text in critique.messages[-1].content
    assert story.text in revise.messages[-1].content


def test_settings_fill_in_what_the_stage_leaves_open(world: World, tmp_path: Path) -> None:
    engine = Bent(as_it_is)
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
    assert (line["outcome"], line["at"], line["reason"]) == ("rejected", "idea", "truncated")
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
    engine = Bent(of_stage("revise", "# A title\n\nToo short a text."))
    reason, lines = write(world, engine, tmp_path / "j.jsonl")
    assert reason == "too short"
    assert (lines[-1]["outcome"], lines[-1]["at"]) == ("rejected", "revise")


def test_finished_stages_are_not_asked_again(world: World, tmp_path: Path) -> None:
    first = Bent(as_it_is)
    _, lines = write(world, first, tmp_path / "first.jsonl")
    for count in range(1, 5):
        again = Bent(as_it_is)
        finished = {line["stage"]: line["text"] for line in lines[:count]}
        _, rest = write(world, again, tmp_path / f"again-{count}.jsonl", finished)
        assert again.seen == first.seen[count:]
        assert rest == lines[count:]


def test_an_unfit_assignment_is_rejected_at_once_with_the_reason(
    world: World, tmp_path: Path
) -> None:
    engine = Bent(of_stage("idea", '{"unfit":"The seed has no AI in it at all."}'))
    reason, (line,) = write(world, engine, tmp_path / "j.jsonl")
    assert reason == "unfit"
    assert line["detail"] == "The seed has no AI in it at all."
    assert (line["at"], line["attempts"], len(engine.seen)) == ("idea", 1, 1)


def test_the_journal_has_the_idea_that_was_taken_and_all_that_were_offered(
    world: World, tmp_path: Path
) -> None:
    engine = Bent(as_it_is)
    _, lines = write(world, engine, tmp_path / "j.jsonl")
    constraint = world[1].kinds["story"].stages[0].constraint
    assert isinstance(constraint, IdeasConstraint)
    offered = read_ideas(constraint, lines[0]["offered"]).candidates
    assert len(offered) == 5
    assert orjson.loads(lines[0]["text"]) in [candidate.fields for candidate in offered]


def past_of(world: World, texts: list[str]) -> dict[int, Idea | None]:
    """A chain in which every candidate of these answers was taken already."""
    constraint = world[1].kinds["story"].stages[0].constraint
    assert isinstance(constraint, IdeasConstraint)
    candidates = [c for text in texts for c in read_ideas(constraint, text).candidates]
    item = story(world[0])
    return {number: idea_of(c.fields, item) for number, c in enumerate(candidates)}


def test_a_repeated_idea_is_asked_again_and_another_one_is_taken(
    world: World, tmp_path: Path
) -> None:
    _, lines = write(world, Bent(as_it_is), tmp_path / "first.jsonl")
    engine = Bent(as_it_is)
    past = past_of(world, [lines[0]["offered"]])
    reason, again = write(world, engine, tmp_path / "j.jsonl", None, past, len(past))
    assert reason is None
    assert again[0]["attempts"] == 2
    assert again[0]["text"] != lines[0]["text"]
    assert engine.seen[0].sampling.seed != engine.seen[1].sampling.seed
    assert engine.seen[0].messages == engine.seen[1].messages


def test_an_item_that_only_repeats_ideas_is_rejected_after_its_last_attempt(
    world: World, tmp_path: Path
) -> None:
    _, lines = write(world, Bent(as_it_is), tmp_path / "first.jsonl")
    offered = lines[0]["offered"]
    engine = Bent(of_stage("idea", offered))
    past = past_of(world, [offered])
    reason, (line,) = write(world, engine, tmp_path / "j.jsonl", None, past, len(past))
    assert reason == "repeated idea"
    assert line["attempts"] == len(engine.seen) == 3
    assert line["answer"] == offered


def test_ideas_of_later_replicates_are_not_shown_and_not_repeated(
    world: World, tmp_path: Path
) -> None:
    first = Bent(as_it_is)
    _, lines = write(world, first, tmp_path / "first.jsonl")
    engine = Bent(as_it_is)
    past = {number + 1: idea for number, idea in past_of(world, [lines[0]["offered"]]).items()}
    _, again = write(world, engine, tmp_path / "j.jsonl", None, past)
    assert engine.seen[0] == first.seen[0]
    assert again[0]["attempts"] == 2
    assert again[0]["text"] != lines[0]["text"]


def test_a_stage_that_was_asked_before_goes_on_with_the_next_attempt(
    world: World, tmp_path: Path
) -> None:
    first = Bent(lambda r, c: cut(c) if r.tag.endswith("/draft") else c)
    reason, lines = write(world, first, tmp_path / "first.jsonl")
    assert reason == "truncated"
    before = [request for request in first.seen if request.tag.endswith("/draft")]
    engine = Bent(as_it_is)
    idea = {"idea": lines[0]["text"]}
    asked = {"draft": lines[-1]["attempts"]}
    reason, again = write(world, engine, tmp_path / "j.jsonl", idea, asked=asked)
    assert reason is None
    assert engine.seen[0].messages == before[0].messages
    assert engine.seen[0].sampling.max_tokens == before[0].sampling.max_tokens
    assert engine.seen[0].sampling.seed not in {request.sampling.seed for request in before}
    assert again[0]["attempts"] == 1


def test_earlier_ideas_of_the_chain_stand_in_the_prompt(world: World, tmp_path: Path) -> None:
    _, lines = write(world, Bent(as_it_is), tmp_path / "first.jsonl")
    past = past_of(world, [lines[0]["offered"]])
    engine = Bent(as_it_is)
    write(world, engine, tmp_path / "j.jsonl", None, past, len(past))
    for idea in past.values():
        assert idea
        assert idea.fields["people"] in engine.seen[0].messages[-1].content
        assert idea.fields["people"] not in engine.seen[-1].messages[-1].content


def test_a_revision_that_outgrew_its_draft_is_asked_again_then_rejected(
    world: World, tmp_path: Path
) -> None:
    long = "# A title\n\n" + "Word after word. " * 400
    reason, lines = write(world, Bent(of_stage("revise", long.strip())), tmp_path / "j.jsonl")
    assert reason == "grown"
    assert lines[-1]["attempts"] == 3
    assert lines[-1]["detail"].startswith("1200 words of at most ")


LATE_IDEA = """\
says: A note first, then ideas.
stages:
  - {name: note, template: t.j2, uses: [clause], constraint: {regex: "ok"}, max_tokens: 9}
  - name: idea
    template: t.j2
    uses: [clause]
    constraint: {ideas: {count: 2, fields: {what: {type: text, max: 60}}}}
    max_tokens: 400
  - {name: draft, template: t.j2, uses: [clause], constraint: prose, max_tokens: 900}
"""


def test_an_item_that_fails_before_its_idea_lets_the_next_of_its_chain_go_on(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "prompts/kinds/piece"
    folder.mkdir(parents=True)
    (folder / "kind.yaml").write_text(LATE_IDEA)
    (folder / "t.j2").write_text("{{ clause }}")
    constitution = load_constitution(CONSTITUTION)
    library = load_library(tmp_path / "prompts", {})
    item = make_plan(constitution, library, PlanSettings()).item(0)
    chain = [
        replace(item, id=f"item-{number}", index=number, replicate=number) for number in (0, 1)
    ]
    engine = Bent(
        lambda r, c: Completion("no", "stop", 1, 1) if r.tag == "item-0/note" else c,
    )

    async def session() -> list[str | None]:
        journal = Journal(tmp_path / "j.jsonl")
        writer = Writer(
            library.kinds,
            Prompter(constitution, library),
            engine,
            journal,
            SamplingSettings(),
            Checker(CheckSettings(), library),
            Chains(lambda item: {}),
            lambda completion: None,
        )
        reasons = await asyncio.gather(*(writer.write(item, {}) for item in reversed(chain)))
        await journal.close()
        return reasons

    assert asyncio.run(asyncio.wait_for(session(), 20)) == [None, "unreadable"]

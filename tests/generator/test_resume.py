"""Whatever the timing, the window, the workers or the interruptions, a run comes out the same."""

import asyncio
import random
from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from exempla.errors import Interrupted
from generator.checks.settings import CheckSettings
from generator.collect import Ledger
from generator.engine import Completion, EngineInfo, EngineSettings, Request, SamplingSettings
from generator.engines.scripted import ScriptedEngine
from generator.folder import RunFolder
from generator.ideas import Chain, Idea
from generator.item import request_seed
from generator.journal import JournalFile
from generator.past import Past
from generator.plan import Part, Plan, PlanSettings, make_plan
from generator.prompt import Prompter
from generator.run import Job, Tally, write_part
from prompts.constraint import Constraint, IdeasConstraint
from prompts.library import BUILT_IN as PROMPTS
from prompts.library import Library, load_library
from prompts.persona import PersonaSettings

ITEMS = 240
NOVELTY = 0.5
"""Of the built-in kinds."""
FEW = 14
"""Distinct ideas that the engine has for a kind; a chain has 20 items."""


class OneTrackMind:
    """Answers by the prompt and the seed, at uneven speed, and has few ideas."""

    def __init__(self, in_flight: int, timing: random.Random, ideas: int = FEW) -> None:
        self._ideas = ideas
        self._inner = ScriptedEngine(EngineSettings(name="scripted", in_flight=in_flight))
        self._timing = timing
        self._left = 0
        self.shown_earlier = 0

    async def given(self, answers: int) -> None:
        """Return once so many answers were asked for."""
        self._left = answers
        while self._left > 0:
            await asyncio.sleep(0)

    async def open(self, constraints: Collection[Constraint] = ()) -> None: ...

    async def close(self) -> None: ...

    def describe(self) -> EngineInfo:
        return self._inner.describe()

    async def answer(self, request: Request) -> Completion:
        self._left -= 1
        for _ in range(self._timing.randrange(4)):
            await asyncio.sleep(self._timing.choice((0, 0, 0.0005)))
        prompt = request.messages[-1].content
        self.shown_earlier += "are taken" in prompt
        seed = request_seed(prompt, "", request.sampling.seed)
        draw = random.Random(seed)
        if not isinstance(request.constraint, IdeasConstraint):
            return await self._as(request, request.constraint, seed)
        if draw.random() < 0.05:
            return Completion('{"unfit":"The seed has no AI in it."}', "stop", 9, 9)
        if draw.random() < 0.05:
            return Completion("Well, I wonder.", "stop", 9, 9)
        ideas = []
        for number in (draw.randrange(self._ideas) for _ in range(5)):
            known = await self._as(request, request.constraint.candidate, number)
            ideas.append({**orjson.loads(known.text), "likelihood": draw.randint(1, 100)})
        return Completion(orjson.dumps({"ideas": ideas}).decode(), "stop", 9, 90)

    async def _as(self, request: Request, form: Constraint | None, seed: int) -> Completion:
        sampling = replace(request.sampling, seed=seed)
        return await self._inner.answer(replace(request, constraint=form, sampling=sampling))


World = tuple[Plan, Library, Prompter]


@pytest.fixture(scope="module")
def world() -> World:
    constitution = load_constitution(CONSTITUTION)
    principles = {p.id: p for p in constitution.principles}
    persona = PersonaSettings(name="Tolliver", maker="Brightwater", named=0.5)
    library = load_library(PROMPTS, principles, persona=persona)
    # One principle with three clauses, so that chains are long.
    first = constitution.principles[0]
    short = replace(first, clauses=first.clauses[:3])
    constitution = replace(constitution, principles=(short,))
    plan = make_plan(constitution, library, PlanSettings(items=ITEMS))
    return plan, library, Prompter(constitution, library)


def session(
    world: World,
    folder: Path,
    engine: OneTrackMind,
    part: Part,
    answers: int | None,
    again: tuple[str, ...] = (),
) -> bool:
    """Write until all is done, or so many answers were asked for; says whether all is done."""
    plan, library, prompter = world
    frozen = {"workers": part.count, "settings": {"plan": {"items": ITEMS}}}
    job = Job(
        plan, library, prompter, SamplingSettings(), CheckSettings(), frozen, part, again=again
    )

    async def write() -> bool:
        task = asyncio.create_task(write_part(job, engine, RunFolder(folder), Tally()))
        if answers is not None:
            enough = asyncio.create_task(engine.given(answers))
            await asyncio.wait({task, enough}, return_when=asyncio.FIRST_COMPLETED)
            enough.cancel()
            task.cancel()
        try:
            await task
        except Interrupted:
            return False
        return True

    return asyncio.run(write())


def files(world: World, folder: Path, workers: int = 1) -> tuple[bytes, bytes]:
    """Documents and rejects as they stand in their files."""
    plan, library, _ = world
    with Ledger(RunFolder(folder), plan, library, workers, None) as ledger:
        assert ledger.missing == 0
        documents = [orjson.dumps(document.row()) for document in ledger.documents("filler")]
        rejects = [orjson.dumps(reject) for reject in ledger.rejects()]
    assert len(documents) + len(rejects) == ITEMS
    return b"\n".join(documents), b"\n".join(rejects)


@pytest.fixture(scope="module")
def unbroken(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    folder = tmp_path_factory.mktemp("unbroken")
    engine = OneTrackMind(64, random.Random(0))
    assert session(world, folder, engine, Part(), None)
    documents, rejects = files(world, folder)
    assert {orjson.loads(line)["kind"] for line in documents.splitlines()} == set(world[1].kinds)
    # What is tested happens: ideas repeat and are asked for again, prompts show earlier ones.
    reasons = {orjson.loads(line)["reason"] for line in rejects.splitlines()}
    assert {"repeated idea", "unfit"} <= reasons
    with closing(JournalFile(RunFolder(folder).journal(Part()))) as file:
        found = [file.record(line.offset) for line in file.lines() if line.stage == "idea"]
    assert sum(record["attempts"] > 1 for record in found) > 10
    assert engine.shown_earlier > ITEMS / 2
    return documents, rejects


@pytest.mark.slow
@pytest.mark.parametrize("in_flight", [1, 7, 64])
def test_a_run_of_any_window_that_is_cancelled_again_and_again_comes_out_the_same(
    world: World, unbroken: tuple[bytes, bytes], tmp_path: Path, in_flight: int
) -> None:
    timing = random.Random(in_flight)
    cancelled = 0
    for _ in range(200):
        answers = timing.randrange(1, 150) if cancelled < 12 else None
        if session(world, tmp_path, OneTrackMind(in_flight, timing), Part(), answers):
            break
        cancelled += 1
    assert cancelled >= 3
    assert files(world, tmp_path) == unbroken


def test_three_workers_write_what_one_writes(
    world: World, unbroken: tuple[bytes, bytes], tmp_path: Path
) -> None:
    timing = random.Random(3)
    for number in (3, 1, 2):
        part, engine = Part(number, 3), OneTrackMind(16, timing)
        while not session(world, tmp_path, engine, part, timing.randrange(1, 200)):
            pass
    assert files(world, tmp_path, workers=3) == unbroken


def ideas_by_chain(world: World, folder: Path) -> dict[str, list[tuple[int, Idea]]]:
    plan, library, _ = world
    chains: dict[str, list[tuple[int, Idea]]] = {}
    with closing(Past(plan, library.kinds, RunFolder(folder).journal(Part()), len(plan))) as past:
        for item in map(plan.item, range(ITEMS)):
            if idea := past.ideas(item)[item.replicate]:
                chains.setdefault(f"{item.kind}/{item.clause}", []).append((item.replicate, idea))
    return chains


def test_ideas_that_come_late_are_the_same_whatever_the_timing_and_repeat_none(
    world: World, unbroken: tuple[bytes, bytes], tmp_path: Path
) -> None:
    reasons = ("repeated idea", "unfit", "unreadable")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    timing = random.Random(11)
    for folder in (whole, broken):
        assert session(world, folder, OneTrackMind(64, timing), Part(), None)
    before = ideas_by_chain(world, whole)
    assert session(world, whole, OneTrackMind(64, timing, 2 * FEW), Part(), None, reasons)
    stopped = 0
    for _ in range(100):
        answers = timing.randrange(1, 30) if stopped < 6 else None
        if session(world, broken, OneTrackMind(7, timing, 2 * FEW), Part(), answers, reasons):
            break
        stopped += 1
    assert stopped >= 2
    assert files(world, broken) == files(world, whole)
    assert set(unbroken[0].splitlines()) < set(files(world, whole)[0].splitlines())
    late = 0
    for name, ideas in ideas_by_chain(world, whole).items():
        old = {replicate for replicate, _ in before.get(name, [])}
        chain = Chain()
        for replicate, idea in ideas:
            chain.settle(replicate, idea)
        late += sum(replicate not in old for replicate, _ in ideas)
        assert not any(chain.repeats(replicate, idea, NOVELTY) for replicate, idea in ideas)
    assert late > 5

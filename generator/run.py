"""Write a worker's part of a plan into a run folder: freeze, lock, resume, write."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, closing
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from exempla.errors import Interrupted, Problem
from exempla.jsonl import write_records
from generator.again import take_up
from generator.asking import Spent
from generator.cells import Indexes
from generator.checks.checker import Checker
from generator.checks.evaluations import Evaluations
from generator.checks.settings import CheckSettings
from generator.engine import Engine, SamplingSettings
from generator.folder import RunFolder
from generator.ideas import Chains
from generator.item import Item
from generator.journal import PATIENCE, Journal
from generator.judge import Judge
from generator.past import Past
from generator.plan import Part, Plan
from generator.prompt import Prompter
from generator.reuse import take_over
from generator.sitting import Gate, Sitting
from generator.stage import Writer
from generator.window import in_window
from prompts.constraint import Constraint
from prompts.kind import Kind
from prompts.library import Library

CHECKED_AT_ONCE = 256
"""Finished texts that wait together for their outcomes to be on the disk."""


@dataclass
class Tally:
    """How far a process is; it changes while the run goes on."""

    planned: int = 0
    """Items of this worker's part."""
    found: int = 0
    """Finished by earlier processes."""
    reused: int = 0
    """Of those, taken over from another run now."""
    taken_up: int | None = None
    """Items that were rejected and are taken up once more; None where that was not asked for."""
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """By reason; like `accepted` and what was spent, of this process alone."""
    spent: Spent = field(default_factory=Spent)
    phase: str = "reading"
    doing: str = ""
    """More of the phase than its name, where there is more to tell."""
    began: float | None = None
    """When the first item was asked for, by the monotonic clock."""
    ended: float | None = None
    """When the last one had its outcome."""

    @property
    def seconds(self) -> float:
        """How long this process has been writing."""
        if self.began is None:
            return 0.0
        return (self.ended or time.monotonic()) - self.began

    @property
    def finished(self) -> int:
        """Items with an outcome."""
        return self.found + self.accepted + self.rejected.total()


@dataclass(frozen=True, slots=True)
class Job:
    """All that shapes the texts of a run."""

    plan: Plan
    library: Library
    prompter: Prompter
    sampling: SamplingSettings
    checks: CheckSettings
    frozen: Mapping[str, Any]
    """For run.yaml; what the engine says of itself is added."""
    part: Part = field(default_factory=Part)
    limit: int | None = None
    reuse: RunFolder | None = None
    """An earlier run to take items over from."""
    evaluations: Evaluations | None = None
    """The texts that no document may resemble."""
    judge: Judge | None = None
    """Who judges what passes the checks; nobody where there is none."""
    again: tuple[str, ...] = ()
    """Reasons; what was rejected for one of them is taken up once more."""

    def checker(self) -> Checker:
        """What checks the documents."""
        return Checker(self.checks, self.library, self.prompter, self.evaluations)


Rounds = AsyncGenerator[Indexes]
"""The items of one round after the other; the next is asked for once this part of the last one is
written, and may be waited for."""


async def write_part(
    job: Job,
    engine: Engine,
    folder: RunFolder,
    tally: Tally,
    patience: float = PATIENCE,
    rounds: Rounds | None = None,
    judging: Engine | None = None,
) -> None:
    """Write every item of the part that has no outcome yet.

    Args:
        job: What to write.
        engine: Answers; opened when there is something to write, then kept until the end.
        folder: The run's.
        tally: Kept up to date meanwhile.
        patience: Seconds to wait for another process to let go of the part.
        rounds: Which items; by default the plan's.
        judging: Answers for the judge, if another than `engine` does; opened and closed here.

    Raises:
        BadInput: the part is being written by another process, or the run's settings changed.
        Interrupted: when the task is cancelled; what is finished is kept.
        ExemplaError: the engine or the disk failed; what is finished is kept.
    """
    if not job.again:
        folder.check(job.frozen)
    journal = Journal(folder.journal(job.part), patience)
    session = _Session(job, engine, judging, folder, journal, tally)
    try:
        if job.again:
            tally.taken_up = await take_up(
                job.again, job.plan, job.part, job.limit, job.frozen, folder, journal
            )
        async with aclosing(rounds or _whole(job)) as each:
            async for indexes in each:
                await session.write(indexes)
    except asyncio.CancelledError as error:
        raise Interrupted(
            Problem("what is finished is kept", "Run the same command again to go on.")
        ) from error
    finally:
        tally.phase, tally.doing, tally.ended = "closing", "", time.monotonic()
        try:
            await close_both(engine, judging)
        finally:
            await journal.close()
            folder.tidy(job.part)


async def _whole(job: Job) -> Rounds:
    yield job.plan.first(job.limit)


async def close_both(engine: Engine, judging: Engine | None) -> None:
    """Close the engine and, where there is one, the judge's own."""
    try:
        await engine.close()
    finally:
        if judging:
            await judging.close()


@dataclass
class _Session:
    """A process at work on a part."""

    job: Job
    engine: Engine
    judging: Engine | None
    """Answers for the judge, if another does."""
    folder: RunFolder
    journal: Journal
    tally: Tally
    window: int = 0
    """How many items keep the engines busy; 0 until they are open."""

    async def write(self, indexes: Indexes) -> None:
        """Write those of some items that are in the part and have no outcome."""
        job, tally = self.job, self.tally
        if job.reuse:
            tally.phase = "taking over"
            tally.reused += await take_over(
                job.plan, job.part, indexes, job.frozen, job.reuse, self.folder, self.journal
            )
        size = int(indexes[-1]) + 1
        path = self.folder.journal(job.part)
        with closing(Past(job.plan, job.library.kinds, path, size)) as past:
            blocks = job.plan.blocks(job.part, indexes)
            counts = [(len(block), int(past.with_outcome[block].sum())) for block in blocks]
            wanted, found = (sum(each) for each in zip(*counts, strict=True))
            tally.planned += wanted
            tally.found += found
            # What has only to be checked needs no model to be loaded.
            whole = np.array(past.complete(judged=job.judge is not None), dtype=np.int64)
            complete = np.intersect1d(whole, indexes)
            await self._write(map(job.plan.item, complete.tolist()), past, CHECKED_AT_ONCE)
            past.with_outcome[complete] = True
            if left := wanted - found - len(complete):
                self.window = self.window or await self._open()
                await self._write(self._open_items(indexes, past), past, min(self.window, left))

    async def _open(self) -> int:
        job, tally = self.job, self.tally
        tally.phase = "loading the model"
        window = await _open(job, self.engine, self.judging)
        about = _about(self.engine, self.judging)
        self.folder.freeze({**job.frozen, **about}, job.part)
        begun = {"at": time.time(), "bytes": self.journal.size}
        write_records(self.folder.begun(job.part), [begun])
        if self.judging:
            # Each gets no more than keeps it busy, though the window is for both.
            self.engine = Gate(self.engine, self.engine.describe().in_flight)
            self.judging = Gate(self.judging, self.judging.describe().in_flight)
        tally.began = time.monotonic()
        return window

    def _open_items(self, indexes: Indexes, past: Past) -> Iterator[Item]:
        for block in self.job.plan.blocks(self.job.part, indexes):
            yield from (self.job.plan.item(int(i)) for i in block[~past.with_outcome[block]])

    async def _write(self, items: Iterator[Item], past: Past, in_flight: int) -> None:
        job, tally = self.job, self.tally
        tally.phase = "writing"
        writer = Writer(
            job.library.kinds,
            job.prompter,
            self.engine,
            self.journal,
            job.sampling,
            job.checker(),
            Chains(past.ideas),
            tally.spent.add,
            sitting_of(job, self.judging or self.engine),
        )

        async def write(item: Item) -> None:
            reason = await writer.write(item, past.finished(item.index), past.asked(item.index))
            if reason:
                tally.rejected[reason] += 1
            else:
                tally.accepted += 1

        await in_window(items, in_flight, write)


def sitting_of(job: Job, engine: Engine) -> Sitting | None:
    """The job's judge, if it has one, with the engine that answers for it."""
    return Sitting(job.judge, engine, job.library, job.prompter) if job.judge else None


async def _open(job: Job, engine: Engine, judging: Engine | None) -> int:
    """Open the engines; how many items keep both of them busy."""
    verdicts = [job.judge.rubric.constraint] if job.judge else []
    written = constraints_of(job.library.kinds)
    if judging is None:
        await engine.open([*written, *verdicts])
        return engine.describe().in_flight
    await engine.open(written)
    await judging.open(verdicts)
    return engine.describe().in_flight + judging.describe().in_flight


def _about(engine: Engine, judging: Engine | None) -> dict[str, Any]:
    """What the engines say of themselves, for run.yaml."""
    about = asdict(engine.describe())
    versions = about.pop("versions")
    about.pop("in_flight")
    if judging is None:
        return {"engine": about, "versions": versions}
    other = asdict(judging.describe())
    versions = {**other.pop("versions"), **versions}
    other.pop("in_flight")
    return {"engine": about, "judge_engine": other, "versions": versions}


def constraints_of(kinds: Mapping[str, Kind]) -> list[Constraint]:
    """What the answers to the stages of these kinds must match, each constraint once."""
    found = [stage.constraint for kind in kinds.values() for stage in kind.stages]
    return list(dict.fromkeys(constraint for constraint in found if constraint is not None))

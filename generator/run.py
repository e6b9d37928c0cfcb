"""Write a worker's part of a plan into a run folder: freeze, lock, resume, write."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

from exempla.errors import Interrupted, Problem
from exempla.jsonl import write_records
from generator.again import take_up
from generator.check import Checker, CheckSettings
from generator.engine import Engine, SamplingSettings
from generator.folder import RunFolder
from generator.ideas import Chains
from generator.item import Item
from generator.journal import PATIENCE, Journal
from generator.past import Past
from generator.plan import Part, Plan
from generator.prompt import Prompter
from generator.reuse import take_over
from generator.stage import Spent, Writer
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
    again: tuple[str, ...] = ()
    """Reasons; what was rejected for one of them is taken up once more."""


async def write_part(
    job: Job, engine: Engine, folder: RunFolder, tally: Tally, patience: float = PATIENCE
) -> None:
    """Write every item of the part that has no outcome yet.

    Args:
        job: What to write.
        engine: Answers; opened and closed here.
        folder: The run's.
        tally: Kept up to date meanwhile.
        patience: Seconds to wait for another process to let go of the part.

    Raises:
        BadInput: the part is being written by another process, or the run's settings changed.
        Interrupted: when the task is cancelled; what is finished is kept.
        ExemplaError: the engine or the disk failed; what is finished is kept.
    """
    if not job.again:
        folder.check(job.frozen)
    journal = Journal(folder.journal(job.part), patience)
    try:
        if job.reuse:
            tally.phase = "taking over"
            tally.reused = await take_over(
                job.plan, job.part, job.limit, job.frozen, job.reuse, folder, journal
            )
        if job.again:
            tally.taken_up = await take_up(
                job.again, job.plan, job.part, job.limit, job.frozen, folder, journal
            )
        with closing(
            Past(job.plan, job.library.kinds, folder.journal(job.part), job.limit)
        ) as past:
            await _write(job, engine, folder, journal, past, tally)
    except asyncio.CancelledError as error:
        raise Interrupted(
            Problem("what is finished is kept", "Run the same command again to go on.")
        ) from error
    finally:
        tally.phase, tally.ended = "closing", time.monotonic()
        try:
            await engine.close()
        finally:
            await journal.close()
            folder.tidy(job.part)


async def _write(
    job: Job,
    engine: Engine,
    folder: RunFolder,
    journal: Journal,
    past: Past,
    tally: Tally,
) -> None:
    tally.planned = sum(len(block) for block in job.plan.blocks(job.part, job.limit))
    tally.found = int(past.with_outcome.sum())
    writer = Writer(
        job.library.kinds,
        job.prompter,
        engine,
        journal,
        job.sampling,
        Checker(job.checks, job.library),
        Chains(past.ideas),
        tally.spent.add,
    )

    async def write(item: Item) -> None:
        reason = await writer.write(item, past.finished(item.index), past.asked(item.index))
        if reason:
            tally.rejected[reason] += 1
        else:
            tally.accepted += 1

    # What has only to be checked needs no model to be loaded.
    complete = past.complete()
    await in_window(map(job.plan.item, complete), CHECKED_AT_ONCE, write)
    past.with_outcome[complete] = True
    if tally.finished >= tally.planned:
        return
    tally.phase = "loading the model"
    await engine.open(constraints_of(job.library.kinds))
    info = engine.describe()
    about = asdict(info)
    versions = about.pop("versions")
    about.pop("in_flight")
    folder.freeze({**job.frozen, "engine": about, "versions": versions}, job.part)
    write_records(folder.begun(job.part), [{"at": time.time(), "bytes": journal.size}])
    tally.phase = "writing"
    tally.began = time.monotonic()

    def open_items() -> Iterator[Item]:
        for block in job.plan.blocks(job.part, job.limit):
            yield from (job.plan.item(int(index)) for index in block[~past.with_outcome[block]])

    await in_window(open_items(), min(info.in_flight, tally.planned - tally.finished), write)


def constraints_of(kinds: Mapping[str, Kind]) -> list[Constraint]:
    """What the answers to the stages of these kinds must match, each constraint once."""
    found = [stage.constraint for kind in kinds.values() for stage in kind.stages]
    return list(dict.fromkeys(constraint for constraint in found if constraint is not None))

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
from generator.asking import Spent
from generator.check import Checker, CheckSettings
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


@dataclass
class Tally:
    """How far a process is; it changes while the run goes on."""

    planned: int = 0
    """Items of this worker's part."""
    found: int = 0
    """Finished by earlier processes."""
    reused: int = 0
    """Of those, taken over from another run now."""
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
    judge: Judge | None = None
    """Who judges what passes the checks; nobody where there is none."""


async def write_part(
    job: Job,
    engine: Engine,
    folder: RunFolder,
    tally: Tally,
    patience: float = PATIENCE,
    judging: Engine | None = None,
) -> None:
    """Write every item of the part that has no outcome yet.

    Args:
        job: What to write.
        engine: Answers; opened and closed here.
        folder: The run's.
        tally: Kept up to date meanwhile.
        patience: Seconds to wait for another process to let go of the part.
        judging: Answers for the judge, if another than `engine` does; opened and closed here.

    Raises:
        BadInput: the part is being written by another process, or the run's settings changed.
        Interrupted: when the task is cancelled; what is finished is kept.
        ExemplaError: the engine or the disk failed; what is finished is kept.
    """
    folder.check(job.frozen)
    journal = Journal(folder.journal(job.part), patience)
    try:
        if job.reuse:
            tally.phase = "taking over"
            tally.reused = await take_over(
                job.plan, job.part, job.limit, job.frozen, job.reuse, folder, journal
            )
        with closing(
            Past(job.plan, job.library.kinds, folder.journal(job.part), job.limit)
        ) as past:
            await _write(job, engine, judging, folder, journal, past, tally)
    except asyncio.CancelledError as error:
        raise Interrupted(
            Problem("what is finished is kept", "Run the same command again to go on.")
        ) from error
    finally:
        tally.phase, tally.ended = "closing", time.monotonic()
        try:
            await close_both(engine, judging)
        finally:
            await journal.close()
            folder.tidy(job.part)


async def close_both(engine: Engine, judging: Engine | None) -> None:
    """Close the engine and, where there is one, the judge's own."""
    try:
        await engine.close()
    finally:
        if judging:
            await judging.close()


async def _write(
    job: Job,
    engine: Engine,
    judging: Engine | None,
    folder: RunFolder,
    journal: Journal,
    past: Past,
    tally: Tally,
) -> None:
    tally.planned = sum(len(block) for block in job.plan.blocks(job.part, job.limit))
    tally.found = int(past.with_outcome.sum())
    if tally.found >= tally.planned:
        return
    tally.phase = "loading the model"
    window = await _open(job, engine, judging)
    folder.freeze({**job.frozen, **_about(engine, judging)}, job.part)
    write_records(folder.begun(job.part), [{"at": time.time(), "bytes": journal.size}])
    if judging:
        engine, judging = (Gate(one, one.describe().in_flight) for one in (engine, judging))
    writer = Writer(
        job.library.kinds,
        job.prompter,
        engine,
        journal,
        job.sampling,
        Checker(job.checks, job.library),
        Chains(past.ideas),
        tally.spent.add,
        sitting_of(job, judging or engine),
    )
    tally.phase = "writing"
    tally.began = time.monotonic()

    async def write(item: Item) -> None:
        reason = await writer.write(item, past.begun.pop(item.index, {}))
        if reason:
            tally.rejected[reason] += 1
        else:
            tally.accepted += 1

    def open_items() -> Iterator[Item]:
        for block in job.plan.blocks(job.part, job.limit):
            yield from (job.plan.item(int(index)) for index in block[~past.with_outcome[block]])

    await in_window(open_items(), min(window, tally.planned - tally.found), write)


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

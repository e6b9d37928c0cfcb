"""The main job: write a worker's part, then, once every part is done, make the files."""

import asyncio
import fcntl
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from exempla.display import share
from exempla.errors import BadInput, Problem
from exempla.finish import Result, finish
from exempla.lint import check_templates
from exempla.project import Project
from exempla.rounds import Patience, in_rounds, settlement_of
from exempla.settings import blaming
from exempla.settle import Settlement
from generator.engine import find_engine
from generator.folder import RunFolder
from generator.journal import PATIENCE
from generator.plan import Part
from generator.run import Job, Tally, write_part

WAITING = Patience()
REFRESH = 0.25
"""Seconds between two looks at the tally."""


def execute(
    project: Project,
    part: Part,
    limit: int | None,
    show: Callable[[Tally], None],
    reuse: Path | None = None,
    again: Sequence[str] = (),
) -> Result:
    """Run a project, or go on with it.

    Args:
        project: What to run.
        part: This worker's part.
        limit: Write only the first so many items of the plan.
        show: Called with the tally now and then while items are written.
        reuse: The folder of an earlier run, of which unchanged items are taken over.
        again: Reasons; what was rejected for one of them is taken up once more.

    Raises:
        BadInput: something cannot be used; nothing was written.
        Interrupted: on SIGINT or SIGTERM; what is finished is kept.
        ExemplaError: the engine or the disk failed; what is finished is kept.
    """
    if again and project.plan.settings.accepted is not None:
        raise BadInput(
            Problem(
                "--again does not go with plan.accepted: what was decided in one round no later "
                "one changes, and other items have taken the places of rejected ones",
                "Raise plan.tries, or begin a new run with the new limits and --reuse.",
            )
        )
    settlement = settlement_of(project, limit)
    job = job_of(project, part, limit, reuse, again)
    tally = write(job, project, show, signalled, settlement=settlement)
    return conclude(project, part.count, limit, tally, show, settlement)


def write(
    job: Job,
    project: Project,
    show: Callable[[Tally], None],
    stop: Callable[[], Awaitable[None]],
    patience: float = PATIENCE,
    waiting: Patience = WAITING,
    settlement: Settlement | None = None,
) -> Tally:
    """Write a part of a project's run, as far as it is not written yet.

    Args:
        job: What to write.
        project: Whose run it is.
        show: Called with the tally now and then.
        stop: The writing is interrupted once this returns.
        patience: Seconds to wait for another process to let go of the part.
        waiting: With the workers of other parts, where one round waits for another.
        settlement: Of the run, from its beginning; settled as rounds are written.

    Raises:
        BadInput: something cannot be used; nothing was written.
        Interrupted: when told to stop, or other workers do not go on; what is finished is kept.
        ExemplaError: the engine or the disk failed; what is finished is kept.
    """
    check_templates(project)
    tally = Tally()

    async def session() -> None:
        rounds = in_rounds(
            project, job.part, settlement or settlement_of(project, job.limit), tally, waiting
        )
        engine, folder = find_engine(project.engine), project.run_folder
        judging = find_engine(project.judge_engine) if project.judge_engine else None
        async with cancelled_by(stop), shown(tally, show):
            await write_part(job, engine, folder, tally, patience, rounds, judging)

    with blaming(project.yaml):
        asyncio.run(session())
    return tally


def job_of(
    project: Project,
    part: Part | None = None,
    limit: int | None = None,
    reuse: Path | None = None,
    again: Sequence[str] = (),
) -> Job:
    """What a run of the project writes; by default all of it, and nothing taken over."""
    part = part or Part()
    return Job(
        project.plan,
        project.library,
        project.prompter,
        project.settings.sampling,
        project.settings.checks,
        project.frozen(part.count),
        part,
        limit,
        RunFolder(reuse) if reuse else None,
        project.evaluations,
        project.judge,
        tuple(again),
    )


def conclude(
    project: Project,
    parts: int,
    limit: int | None,
    tally: Tally,
    show: Callable[[Tally], None],
    settlement: Settlement | None = None,
) -> Result:
    """Make the files of a run whose parts are all done; else say how far it is.

    Args:
        project: Whose run it is.
        parts: Into how many it is divided.
        limit: Only the first so many items of the plan.
        tally: What this process has done.
        show: Called with the tally.
        settlement: As far as this process has settled the run's rounds; by default not at all.

    Raises:
        BadInput: the journal is damaged.
        ExemplaError: a file cannot be written.
    """
    if not project.run_folder.frozen_file.exists():
        # This part has no items, and no other worker has begun.
        return Result(len(project.plan), 0, 0, len(project.plan))
    with project.run_folder.frozen_file.open("rb") as lock:
        # Workers may end at the same moment; one makes the files while the others wait.
        fcntl.flock(lock, fcntl.LOCK_EX)
        tally.phase = "making the files"
        show(tally)

        def tell(doing: str) -> None:
            tally.doing = doing
            show(tally)

        made = finish(project, parts, limit, settlement, tell)
        return replace(made, use=_use(tally), reused=tally.reused, taken_up=tally.taken_up)


async def signalled() -> None:
    """Return on SIGINT or SIGTERM; only in a main thread.

    A second SIGINT then ends the process at once. A second SIGTERM does not: those who stop jobs
    send it to a process and to its parent, who passes it on.
    """
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, told.set)
    loop.add_signal_handler(signal.SIGTERM, told.set)
    try:
        await told.wait()
    except asyncio.CancelledError:
        loop.remove_signal_handler(signal.SIGTERM)
        raise
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@asynccontextmanager
async def cancelled_by(stop: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Cancel the task that is in the block once `stop` returns; if it fails, go on."""
    task = asyncio.current_task()

    async def watch() -> None:
        await stop()

    def stopped(watching: asyncio.Task[None]) -> None:
        if task and not watching.cancelled() and watching.exception() is None:
            task.cancel()

    watching = asyncio.create_task(watch())
    watching.add_done_callback(stopped)
    # What follows may keep the loop busy for long: let the watch begin first.
    await asyncio.sleep(0)
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait({watching})


@asynccontextmanager
async def shown(tally: Tally, show: Callable[[Tally], None]) -> AsyncIterator[None]:
    """Show the tally now and then while the block goes on, and once at its end."""

    async def watch() -> None:
        while True:
            show(tally)
            await asyncio.sleep(REFRESH)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        show(tally)


def _use(tally: Tally) -> dict[str, Any]:
    spent = tally.spent
    if not spent.attempts:
        return {}
    told = spent.prompt_tokens if spent.cached_tokens is not None else 0
    return {
        "seconds": round(tally.seconds, 1),
        "tokens": spent.completion_tokens,
        "tokens_per_second": round(spent.completion_tokens / tally.seconds, 1),
        "cut_off": share(spent.cut_off, spent.attempts),
        "prefix_cache_hits": share(spent.cached_tokens or 0, told),
        "retries": spent.retries,
    }

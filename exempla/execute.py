"""The main job: write a worker's part, then, once every part is done, make the files."""

import asyncio
import fcntl
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from exempla.display import share
from exempla.finish import Result, finish
from exempla.lint import check_templates
from exempla.project import Project
from exempla.settings import blaming
from generator.engine import find_engine
from generator.plan import Part
from generator.run import Job, Tally, write_part

REFRESH = 0.25
"""Seconds between two looks at the tally."""


def execute(
    project: Project, part: Part, limit: int | None, show: Callable[[Tally], None]
) -> Result:
    """Run a project, or go on with it.

    Args:
        project: What to run.
        part: This worker's part.
        limit: Write only the first so many items of the plan.
        show: Called with the tally now and then while items are written.

    Raises:
        BadInput: something cannot be used; nothing was written.
        Interrupted: on SIGINT or SIGTERM; what is finished is kept.
        ExemplaError: the engine or the disk failed; what is finished is kept.
    """
    check_templates(project)
    job = Job(
        project.plan,
        project.library.kinds,
        project.prompter,
        project.settings.sampling,
        project.settings.checks,
        project.frozen(part.count),
        part,
        limit,
    )
    with blaming(project.yaml):
        tally = asyncio.run(_write(project, job, show))
    if not project.run_folder.frozen_file.exists():
        # This part has no items, and no other worker has begun.
        return Result(len(project.plan), 0, 0, len(project.plan))
    with project.run_folder.frozen_file.open("rb") as lock:
        # Workers may end at the same moment; one makes the files while the others wait.
        fcntl.flock(lock, fcntl.LOCK_EX)
        tally.phase = "making the files"
        show(tally)
        return replace(finish(project, part.count, limit), use=_use(tally))


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


async def _write(project: Project, job: Job, show: Callable[[Tally], None]) -> Tally:
    tally = Tally()

    async def watch() -> None:
        while True:
            show(tally)
            await asyncio.sleep(REFRESH)

    watching = asyncio.create_task(watch())
    try:
        await write_part(
            job,
            find_engine(project.engine),
            project.run_folder,
            tally,
        )
    finally:
        watching.cancel()
        show(tally)
    return tally

"""`exempla run --ray`: Ray Data hands the parts of a run to actors and replaces those it loses.

No text passes through Ray. Every actor writes the journal of its part into the run's folder, which
all nodes share, and the driver reads them there; to Ray go numbers of parts, and errors.
"""

import asyncio
import logging
import os
import pickle
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import ray
import ray.data
import ray.exceptions
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from exempla.actor import Desk, PartWriter
from exempla.cluster import connect, first_line, pool
from exempla.errors import BadInput, ExemplaError, Interrupted, Problem
from exempla.execute import cancelled_by, conclude, signalled
from exempla.finish import Result
from exempla.follow import Follower
from exempla.lint import check_templates
from exempla.project import Project
from exempla.rounds import is_written
from exempla.settings import blaming
from generator.cells import reach
from generator.engine import EngineFailed
from generator.run import Tally

LOOK = 1.0
"""Seconds between two looks at the journals."""
GRACE = 60.0
"""Seconds that actors have to end when the run is stopped; most take one."""

T = TypeVar("T")

log = logging.getLogger("generator")


def execute_on_ray(
    project: Project,
    overrides: Sequence[str],
    address: str,
    limit: int | None,
    show: Callable[[Tally], None],
) -> Result:
    """Run a project, or go on with it, by actors on a Ray cluster.

    Args:
        project: What to run.
        overrides: The settings it was loaded with; the actors load it again with them.
        address: HOST:PORT, `auto` or `local`; empty for what there is: RAY_ADDRESS, a cluster that
            runs on this machine, else one that is started for this run alone.
        limit: Write only the first so many items of the plan.
        show: Called with the tally now and then while items are written.

    Raises:
        BadInput: something cannot be used, or the cluster cannot be reached.
        Interrupted: on SIGINT or SIGTERM; what is finished is kept.
        ExemplaError: the engine, the disk or the cluster failed; what is finished is kept.
    """
    check_templates(project)
    folder, planned = project.run_folder, len(project.plan.first(limit))
    size = limit or reach(project.plan)
    parts = folder.frozen()["workers"] if folder.frozen_file.exists() else 0
    if parts:
        folder.check(project.frozen(parts))
        follower = Follower(folder, parts, planned, size)
        if follower.done and is_written(project, parts, limit):
            return conclude(project, parts, limit, follower.tally, show)

    async def session() -> Follower:
        try:
            async with cancelled_by(signalled):
                await _whole(connect, address)
            # Once more: Ray's core has taken the signals for itself.
            async with cancelled_by(signalled):
                actors, gpus = pool(project.settings, ray.nodes())
                _check_room(project, parts, actors, limit)
                follower = Follower(folder, parts or actors, planned, size)
                run = _Run(project, tuple(overrides), follower, limit)
                await run.write(actors, gpus, show)
                return follower
        except asyncio.CancelledError as error:
            raise Interrupted(
                Problem("what is finished is kept", "Run the same command again to go on.")
            ) from error
        finally:
            await asyncio.to_thread(ray.shutdown)

    show(Tally(phase="starting Ray"))
    # Ray tells of every lost process on standard output, which is kept for the result.
    with blaming(project.yaml), Path(os.devnull).open("w") as nothing, redirect_stdout(nothing):
        follower = asyncio.run(session())
    return conclude(project, follower.parts, limit, follower.tally, show)


def _check_room(project: Project, parts: int, actors: int, limit: int | None) -> None:
    """Refuse to write rounds by fewer actors than parts: one would wait for what nobody writes."""
    if project.plan.settings.accepted is not None and limit is None and actors < parts:
        raise BadInput(
            Problem(
                f"this run was begun in {parts} parts, and there are {actors} actors: with "
                "plan.accepted the parts of a round must be written side by side",
                f"Go on where there is room for {parts} actors, or by 'exempla run --worker 1/"
                f"{parts}' and so on, which wait for each other or say when to run them again.",
                setting="ray.actors",
            )
        )


async def _whole(call: Callable[..., None], *arguments: object) -> None:
    """Call in a thread, and be cancelled only when the call has ended."""
    calling = asyncio.create_task(asyncio.to_thread(call, *arguments))
    try:
        await asyncio.shield(calling)
    except asyncio.CancelledError:
        await calling
        raise


def _in_background(call: Callable[[], T]) -> asyncio.Future[T]:
    """Call in a thread that the process does not wait for when it ends."""
    called: Future[T] = Future()
    called.set_running_or_notify_cancel()

    def work() -> None:
        try:
            called.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised to who waits for the result
            called.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return asyncio.wrap_future(called)


class _Run:
    """A run, as the driver sees it."""

    def __init__(
        self, project: Project, overrides: tuple[str, ...], follower: Follower, limit: int | None
    ) -> None:
        self._project = project
        self._follower = follower
        here = ray.get_runtime_context().get_node_id()
        near = NodeAffinitySchedulingStrategy(here, soft=False)
        self._desk = ray.remote(Desk).options(num_cpus=0, scheduling_strategy=near).remote()
        self._arguments = (
            Path.cwd(),
            project.home,
            overrides,
            follower.parts,
            limit,
            self._desk,
        )

    async def write(self, actors: int, gpus: float, show: Callable[[Tally], None]) -> None:
        """Have every part written."""
        parts = self._follower.parts
        if actors > parts:
            log.info(f"this run was begun in {parts} parts, so that {parts} actors write it")
            actors = parts
        shares = ray.data.from_items(list(range(1, parts + 1)), override_num_blocks=parts).map(
            PartWriter,
            fn_constructor_args=self._arguments,
            # One part at a time: a second one would wait behind the first while actors start.
            compute=ray.data.ActorPoolStrategy(size=actors, max_tasks_in_flight_per_actor=1),
            num_cpus=self._project.settings.ray.cpus,
            num_gpus=gpus,
        )
        taking = _in_background(shares.take_all)
        tally = self._follower.tally
        tally.phase = "loading the model"
        try:
            while not taking.done():
                await self._look()
                show(tally)
                await asyncio.wait({taking}, timeout=LOOK)
        except asyncio.CancelledError:
            tally.phase = "closing"
            show(tally)
            self._desk.stop.remote()
            await asyncio.wait({taking}, timeout=GRACE)
            taking.cancel()  # else what it comes to is told as an error that nobody looked at
            raise
        await self._look()
        tally.phase, tally.ended = "closing", time.monotonic()
        show(tally)
        _raise_first(_rows(taking))
        if not self._follower.done:
            raise ExemplaError(
                Problem(
                    "the actors are done, but their journals are not here",
                    "The project's folder must be on storage that all nodes share.",
                    str(self._project.run_folder.path),
                )
            )

    async def _look(self) -> None:
        self._follower.look()
        for level, text in await self._desk.said.remote():
            log.log(level, text)


def _rows(taking: asyncio.Future[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    try:
        return taking.result()
    except ray.exceptions.RayTaskError:
        raise
    except ray.exceptions.RayError as error:
        raise EngineFailed(
            Problem(
                f"Ray gave the run up: {first_line(error)}",
                "What is finished is kept; run the same command again to go on.",
            )
        ) from error


def _raise_first(rows: list[dict[str, Any]]) -> None:
    """Raise what an actor raised, as if it had been raised here."""
    told = [pickle.loads(row["error"]) for row in rows if row["error"]]  # noqa: S301 - ours
    errors: list[ExemplaError] = [kind(*problems) for kind, problems in told]
    if errors:
        # Where one fails the others are stopped: the one that failed has the reason.
        raise min(errors, key=lambda error: isinstance(error, Interrupted))

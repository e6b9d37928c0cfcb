"""The actors of `exempla run --ray`: one that writes parts, and the desk where they report."""

import asyncio
import logging
import os
import pickle
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import ray

from exempla.errors import BadInput, ExemplaError, Interrupted, Problem
from exempla.execute import job_of, write
from exempla.project import load_project
from exempla.rounds import Patience
from generator.engine import EngineFailed
from generator.plan import Part

LEASE = 120.0
"""Seconds to wait for the journal of an actor that died: NFS keeps a lost node's locks for 90."""
TRIES = 5
"""Actors that may die of one part without a further line in its journal."""

log = logging.getLogger("generator")


class Desk:
    """What the driver and its actors have to tell each other, by way of an actor of its own."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._sizes: dict[int, int] = {}
        self._deaths: Counter[int] = Counter()
        self._said: list[tuple[int, str]] = []

    async def stop(self) -> None:
        """Have every actor stop."""
        self._stop.set()

    async def stopped(self) -> None:
        """Return once the actors are to stop."""
        await self._stop.wait()

    async def is_stopped(self) -> bool:
        """Whether the actors are to stop."""
        return self._stop.is_set()

    async def begin(self, part: int, size: int) -> int:
        """Note that an actor takes a part up, whose journal has so many bytes.

        Returns:
            How many died of it since the journal last grew.
        """
        if part in self._sizes:
            await self.say(logging.INFO, f"the actor of part {part} was lost; another goes on")
            self._deaths[part] = self._deaths[part] + 1 if size == self._sizes[part] else 0
        self._sizes[part] = size
        return self._deaths[part]

    async def say(self, level: int, text: str) -> None:
        """Have the driver log a line."""
        self._said.append((level, text))

    async def said(self) -> list[tuple[int, str]]:
        """What was said since the last call."""
        said, self._said = self._said, []
        return said


class PartWriter:
    """Writes parts, one after the other, as the actor that Ray Data makes of it."""

    def __init__(
        self,
        folder: Path,
        home: Path,
        overrides: tuple[str, ...],
        parts: int,
        limit: int | None,
        desk: Any,
    ) -> None:
        """Keep what the command was told, and the folder where it was given."""
        self._folder = folder
        self._home = home
        self._overrides = overrides
        self._parts = parts
        self._limit = limit
        self._desk = desk
        # Ray's own handler ends the main thread and leaves the one that writes, so that the actor
        # would never be replaced. A process that is gone is.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        log.setLevel(logging.INFO)
        log.addHandler(_Teller(desk))

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Write a part; the error, if there is one, is returned as it was raised."""
        part = Part(int(row["item"]), self._parts)
        told = b""
        try:
            self._write(part)
        except ExemplaError as error:
            self._desk.stop.remote()
            told = pickle.dumps((type(error), error.problems))
        return {"part": part.number, "error": told}

    def _write(self, part: Part) -> None:
        if ray.get(self._desk.is_stopped.remote()):
            raise Interrupted(Problem("stopped before it began"))
        self._enter()
        project = load_project(self._home, self._overrides)
        journal = project.run_folder.journal(part)
        size = journal.stat().st_size if journal.exists() else 0
        if (died := ray.get(self._desk.begin.remote(part.number, size))) >= TRIES:
            raise EngineFailed(
                Problem(
                    f"{died} actors in a row died of part {part} before anything was finished",
                    "Ray's logs say more, in /tmp/ray/session_latest/logs on their nodes; memory "
                    "is the usual reason.",
                )
            )
        job = job_of(project, part, self._limit)
        # Longer for the other actors: one that was lost is replaced, and loads its model again.
        waiting = Patience(absent=5 * LEASE)
        write(job, project, lambda tally: None, self._stopped, LEASE, waiting)

    def _enter(self) -> None:
        """Go where the command was given, so that every path means and is called the same."""
        if not (self._folder / self._home).is_dir():
            raise BadInput(
                Problem(
                    f"the node {ray.util.get_node_ip_address()} does not see the project's folder",
                    "With --ray it must be on storage that all nodes share.",
                    str(self._folder / self._home),
                )
            )
        if not self._home.is_absolute():
            os.chdir(self._folder)

    async def _stopped(self) -> None:
        await self._desk.stopped.remote()


class _Teller(logging.Handler):
    """Sends log lines to the driver."""

    def __init__(self, desk: Any) -> None:
        super().__init__()
        self._desk = desk

    def emit(self, record: logging.LogRecord) -> None:
        self._desk.say.remote(record.levelno, record.getMessage())

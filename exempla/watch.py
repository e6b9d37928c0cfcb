"""A project, looked at anew whenever one of its files is saved."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from watchfiles import awatch

from exempla.errors import BadInput, ExemplaError, Problem
from exempla.project import content_folders
from exempla.settings import FILE

SUFFIXES = {".yaml", ".md", ".j2"}
PATIENCE = 1000
"""Milliseconds after which files are looked at although nothing was told: some file systems, those
of networks and containers among them, do not tell of every change."""
GATHER = 300
"""Milliseconds for which changes gather: editors write a file in several steps."""

ViewT = TypeVar("ViewT")


class Files:
    """The files that a project is made of."""

    def __init__(self, home: Path, overrides: Sequence[str] = ()) -> None:
        self._home = home
        self._overrides = overrides
        self._folders = [home / "constitution", home / "prompts"]

    def read(self) -> dict[Path, str]:
        """A hash of every file."""
        folders = [*self._roots(), self._home / "recipes"]
        found = [self._home / FILE]
        found += [file for folder in folders for file in sorted(folder.rglob("*"))]
        hashes: dict[Path, str] = {}
        for file in found:
            if file.suffix in SUFFIXES and not file.name.startswith("."):
                with suppress(FileNotFoundError, IsADirectoryError):  # or gone meanwhile
                    hashes[file] = hashlib.sha256(file.read_bytes()).hexdigest()
        return hashes

    def folders(self) -> list[Path]:
        """The folders to watch, each without those in it."""
        below = [path for root in self._roots() for path in (root, *sorted(root.rglob("*")))]
        return list(dict.fromkeys(path for path in (self._home, *below) if path.is_dir()))

    def _roots(self) -> list[Path]:
        with suppress(BadInput):  # while exempla.yaml is wrong, those that it named before
            self._folders = list(content_folders(self._home, self._overrides))
        return self._folders


async def saves(files: Files) -> AsyncIterator[None]:
    """Return now and then, and soon after a file was saved.

    Raises:
        ExemplaError: the machine cannot watch so many folders.
    """
    while True:
        folders = files.folders()
        changes = awatch(
            *folders,
            recursive=False,
            yield_on_timeout=True,
            rust_timeout=PATIENCE,
            debounce=GATHER,
        )
        try:
            async for _ in changes:
                yield
                if files.folders() != folders:
                    break
        except OSError as error:
            raise ExemplaError(
                Problem(
                    f"the project's files cannot be watched: {error}",
                    "Set WATCHFILES_FORCE_POLLING=1 to have them looked at instead.",
                )
            ) from error


@dataclass(frozen=True, slots=True)
class Change(Generic[ViewT]):
    """What has come of saving some files."""

    files: tuple[Path, ...]
    """None at the beginning."""
    before: ViewT | None
    """The last view that there was."""
    now: ViewT | None
    error: BadInput | None
    """Why there is no view now."""


async def watch(
    read: Callable[[], Mapping[Path, str]],
    saved: AsyncIterator[None],
    view: Callable[[], ViewT],
    show: Callable[[Change[ViewT]], None],
    work: Callable[[ViewT], Coroutine[None, None, None]],
) -> None:
    """Show what there is, and show it anew after each change, until `saved` ends.

    Args:
        read: The files and their hashes.
        saved: Returns when it is time to look at them.
        view: Makes what is shown; raises BadInput while a file is wrong.
        show: Called at the beginning and after each change.
        work: What takes longer, begun after `show`; the next change cancels it.
    """
    seen = read()
    last: ViewT | None = None
    working: asyncio.Task[None] | None = None

    def look(changed: tuple[Path, ...]) -> None:
        nonlocal last, working
        try:
            now = view()
        except BadInput as error:
            show(Change(changed, last, None, error))
            working = None
            return
        show(Change(changed, last, now, None))
        last = now
        working = asyncio.create_task(work(now))

    look(())
    try:
        async for _ in saved:
            if working and working.done():
                working.result()  # a bug in it shows itself
            files = read()
            paths = {**seen, **files}
            changed = tuple(path for path in paths if seen.get(path) != files.get(path))
            if changed:
                seen = files
                await _stop(working)
                look(changed)
        if working:
            await working
    finally:
        await _stop(working)


async def _stop(task: asyncio.Task[None] | None) -> None:
    if task:
        task.cancel()
        await asyncio.wait({task})

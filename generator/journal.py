"""What is finished, appended once and for good.

Lines gather for a fraction of a second and are then written and synced together (group commit).
A line counts only once it is on the disk: a torn last line is cut off when the journal is opened,
and what it told is asked again.
"""

import asyncio
import fcntl
import mmap
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from exempla.atomic import cannot_write, sync_folder
from exempla.errors import BadInput, ExemplaError, Problem
from exempla.jsonl import dump

INTERVAL = 0.05
"""Seconds for which lines gather: what a kill can cost, against one fsync each."""
PATIENCE = 1.0
"""Seconds to try to take a file: `exempla status` looks at locks by taking them."""

_LINE = re.compile(
    rb'\{"index":(\d+),"item":"[0-9a-f]+",'
    rb'(?:"stage":"(\w+)"|"outcome":"(\w+)"|"again":"([^"]+)","from":(?:"(\w+)"|null))[^\n]*\n'
)


class Line(NamedTuple):
    """Where a journal line stands and what it is about; the rest is read when it is needed."""

    item: int
    """The number of the item in its plan."""
    stage: str | None
    """The finished stage; None for any other line."""
    outcome: str | None
    """`accepted` or `rejected`; None for any other line."""
    again: str | None
    """Of an item that is taken up once more, why it had been rejected: its outcome counts no
    longer. None for any other line."""
    since: str | None
    """Of such an item, the stage from which on nothing counts; None where every stage does."""
    offset: int
    end: int


class JournalFile:
    """Read access to the whole lines of a journal file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            # No further: what a process that takes the file over cuts off may not be in a map.
            size = _whole_lines(file.fileno())
            self._map: mmap.mmap | bytes = (
                mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""
            )

    def close(self) -> None:
        """Let go of the file."""
        if isinstance(self._map, mmap.mmap):
            self._map.close()

    def lines(self) -> Iterator[Line]:
        """Every whole line in order.

        Raises:
            BadInput: a line in the middle is none of ours.
        """
        offset = 0
        for found in _LINE.finditer(self._map):
            if found.start() != offset:
                break
            index, stage, outcome, again, since = found.groups()
            yield Line(
                int(index),
                stage.decode() if stage else None,
                outcome.decode() if outcome else None,
                again.decode() if again else None,
                since.decode() if since else None,
                offset,
                found.end(),
            )
            offset = found.end()
        if self._map.find(b"\n", offset) >= 0:
            raise self._damaged(offset)

    def record(self, offset: int) -> dict[str, Any]:
        """The line that begins at `offset`.

        Raises:
            BadInput: it is no JSON.
        """
        try:
            record: dict[str, Any] = orjson.loads(self._map[offset : self._map.find(b"\n", offset)])
        except orjson.JSONDecodeError as error:
            raise self._damaged(offset) from error
        return record

    def _damaged(self, offset: int) -> BadInput:
        return BadInput(
            Problem(
                "this line is not a journal line",
                "The file was changed or damaged; restore it, or remove the line: "
                "what it told will be written again.",
                str(self.path),
                self._map[:offset].count(b"\n") + 1,
            )
        )


class Journal:
    """Append access to one worker's journal file, for one process at a time."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        """Open, lock, and cut off a torn last line.

        Args:
            path: The file; made where there is none.
            patience: Seconds to wait for another process to let go of it.

        Raises:
            BadInput: another process is writing this part, or files cannot be locked here.
            ExemplaError: the file cannot be opened.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            sync_folder(path.parent)
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            _lock(self._file, patience)
        except OSError as error:
            os.close(self._file)
            raise BadInput(_not_locked(path, error)) from error
        self.size = _cut_torn_line(self._file)
        self._buffer: list[bytes] = []
        self._written: asyncio.Future[None] | None = None
        self._failure: ExemplaError | None = None
        self._writer = ThreadPoolExecutor(1, "journal")

    def append(self, record: dict[str, Any]) -> None:
        """Add a line, which begins with `index`, `item`, and `stage`, `outcome` or `again`.

        Raises:
            ExemplaError: an earlier write failed.
        """
        if self._failure:
            raise self._failure
        self._buffer.append(dump(record))
        if self._written is None:
            loop = asyncio.get_running_loop()
            self._written = loop.create_future()
            loop.call_later(INTERVAL, self._commit, self._written)

    async def settle(self) -> None:
        """Wait until every line added so far is on the disk.

        Raises:
            ExemplaError: it could not be written.
        """
        if self._failure:
            raise self._failure
        if self._written:
            # Many wait for one write: the cancelling of one must not reach the others.
            await asyncio.shield(self._written)

    async def close(self) -> None:
        """Write what has gathered and let go of the file; safe to call twice."""
        try:
            if not self._failure:
                await self.settle()
        finally:
            self._writer.shutdown()
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _commit(self, written: asyncio.Future[None]) -> None:
        lines, self._buffer, self._written = b"".join(self._buffer), [], None
        writing = asyncio.get_running_loop().run_in_executor(self._writer, self._write, lines)
        writing.add_done_callback(lambda done: self._acknowledge(done, written))

    def _acknowledge(self, done: asyncio.Future[None], written: asyncio.Future[None]) -> None:
        error = done.exception()
        if error is None:
            written.set_result(None)
            return
        self._failure = error if isinstance(error, ExemplaError) else None
        written.set_exception(error)
        # Those who wait see it; the line of a stage may have nobody waiting.
        written.exception()

    def _write(self, lines: bytes) -> None:
        rest = memoryview(lines)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError as error:
            with suppress(OSError):  # else the next process cuts off what is torn
                os.ftruncate(self._file, self.size)
            raise cannot_write(self.path, error) from error
        self.size += len(lines)


def _lock(file: int, patience: float) -> None:
    busy = retry_if_exception_type(BlockingIOError)
    for attempt in Retrying(
        stop=stop_after_delay(patience), wait=wait_fixed(0.1), retry=busy, reraise=True
    ):
        with attempt:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _not_locked(path: Path, error: OSError) -> Problem:
    if isinstance(error, BlockingIOError):
        return Problem(
            "another process is writing this part of the run",
            "Wait for it, or stop it; 'exempla status' shows how far it is.",
            str(path),
        )
    return Problem(
        f"the file cannot be locked: {error.strerror or error}",
        "Locks keep two processes from writing one part. Mount the file system with them "
        "(Lustre: -o flock), or set 'runs' to a folder on another.",
        str(path),
    )


def held(path: Path) -> bool:
    """Whether a process has a journal file open to write."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _whole_lines(file: int) -> int:
    """The size of a file without what follows its last newline."""
    end = os.fstat(file).st_size
    while end > 0:
        start = max(0, end - 65536)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _cut_torn_line(file: int) -> int:
    """Cut off what follows the last newline; the size that is left."""
    end = _whole_lines(file)
    if end < os.fstat(file).st_size:
        os.ftruncate(file, end)
        os.fsync(file)
    return end

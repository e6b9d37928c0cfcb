"""A folder for what does not fit into memory, which goes whatever happens."""

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from exempla.atomic import cannot_write
from exempla.errors import BadInput, Interrupted, Problem

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def scratch_folder(beside: Path) -> Iterator[Path]:
    """An empty folder that is removed at the end of the block.

    Args:
        beside: The file that is being made; whoever makes it has the folder for himself, so that
            what a killed process left is removed by the next.

    Raises:
        BadInput: another process makes that file, or nothing can be written there.
        ExemplaError: the disk is full; for any OSError of the block without a place of its own.
    """
    folder = beside.with_name(f".{beside.name}.scratch")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in folder.iterdir():
                left.unlink()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
    except BlockingIOError as error:
        remedy = "Wait for it, or name another file."
        raise BadInput(
            Problem("another process is making this file", remedy, str(beside))
        ) from error
    except OSError as error:
        raise cannot_write(beside, error) from error


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted in the block where the process is told to stop, so that it cleans up.

    Only in a main thread. A second signal is not waited for: it ends the process as usual.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        for one, handler in before.items():
            signal.signal(one, handler)
        raise Interrupted(
            Problem("nothing was put in place", "Run the same command again to begin anew.")
        )

    before = {number: signal.signal(number, stop) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

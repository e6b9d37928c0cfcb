"""Files that are whole or not there: written beside their place, then renamed."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from exempla.errors import BadInput, ExemplaError, Problem

_WRONG_PLACE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL),
)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be written; `path` has the new content only if the block ends well.

    The content is on the disk before the name changes, so a power cut leaves the old file or
    the new one, never half of one.

    Raises:
        ExemplaError: the file cannot be written (a full disk, a read-only folder).
    """
    # One name, so that what a killed process left is overwritten by the next; whoever writes
    # a file holds its folder's lock.
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            beside.unlink()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as the files they name."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cannot_write(path: Path, error: OSError) -> ExemplaError:
    """The error to raise when `path` could not be written: BadInput where the place is wrong."""
    what = f"cannot be written: {error.strerror or error}"
    if error.errno in _WRONG_PLACE:
        return BadInput(Problem(what, "Choose a folder that you may write to.", str(path)))
    return ExemplaError(
        Problem(what, "Free some space, then run the same command again; it goes on.", str(path))
    )

"""Files and folders that are whole or not there: written beside their place, then renamed."""

import errno
import fcntl
import os
import shutil
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
        ExemplaError: the file cannot be written (a full disk, a read-only folder, a device).
    """
    # One name, so that what a killed process left is overwritten by the next; whoever writes
    # a file holds its folder's lock.
    beside = path.with_name(f".{path.name}.part")
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise OSError(errno.EEXIST, "this is a device or a pipe, which a file would replace")
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


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to be filled, which stands in the place of `folder` if the block ends well.

    What was there until then stays whole; only between two renames is it beside its place, and a
    process that is killed there leaves it for the next one to put back. One process at a time
    replaces folders within the same parent, the others wait.

    Raises:
        ExemplaError: the folder cannot be written (a full disk, a read-only place).
    """
    beside, before = (folder.with_name(f".{folder.name}.{it}") for it in ("part", "before"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _sole(folder.parent):
            try:
                _put_back(before, folder)
                shutil.rmtree(beside, ignore_errors=True)  # a killed process left it
                beside.mkdir()
                yield beside
                sync_folder(beside)
                if folder.exists():
                    folder.rename(before)
                beside.rename(folder)
                sync_folder(folder.parent)
                shutil.rmtree(before, ignore_errors=True)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


def _put_back(before: Path, folder: Path) -> None:
    if before.exists() and not folder.exists():
        before.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


@contextmanager
def _sole(folder: Path) -> Iterator[None]:
    """Hold a folder for oneself, until the process ends if need be."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


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

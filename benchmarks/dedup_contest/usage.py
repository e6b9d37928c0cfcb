"""What a command and all processes below it take: time, memory and disk."""

import ctypes
import os
import resource
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36
OFTEN, SELDOM = 0.02, 0.2
"""Seconds between two looks at memory and disk, in a short run and in a long one."""


class Usage(NamedTuple):
    """Of one run, from the start of the command to the end of its last process."""

    wall: float
    cpu: float
    """Seconds in user and in system mode, of all processes."""
    memory: int
    """Most bytes at a time, of all processes together; a page that several share counts once."""
    private: int
    """The same without the pages of mapped files, which the system can drop at any time."""
    disk: int
    """Most bytes at a time in the command's folder."""


class Failed(Exception):
    """A command that did not end well; its message is the end of what it printed."""


def measure(
    command: Sequence[str],
    cores: Sequence[int],
    environment: Mapping[str, str],
    folder: Path,
) -> Usage:
    """Run a command on these cores alone.

    Processes that outlive their parent are adopted and waited for, so that their time counts.

    Args:
        command: What to run.
        cores: Numbers of the cores, for `taskset`.
        environment: Added to this process's own.
        folder: Where it runs and leaves what it writes; gets the log.

    Raises:
        Failed: the command's exit code is not 0.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    pinned = ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]
    log = folder / "log.txt"
    memory = private = disk = 0
    spent, start = _cpu(), time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the benchmark's own commands
            pinned,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None:
            total, files = _memory()
            memory, private = max(memory, total), max(private, total - files)
            disk = max(disk, _size(folder))
            time.sleep(min(max(OFTEN, (time.perf_counter() - start) / 100), SELDOM))
    _wait_for_orphans()
    wall = time.perf_counter() - start
    if process.returncode:
        raise Failed(log.read_text("utf-8", errors="replace")[-600:].strip())
    return Usage(wall, _cpu() - spent, memory, private, disk)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait_for_orphans() -> None:
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def _memory() -> tuple[int, int]:
    """Bytes of all processes below this one, and how many of them are mapped files."""
    total = files = 0
    for process in _below(os.getpid()):
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text("ascii")
        except OSError:  # it has ended
            continue
        kibibytes = {
            line.split()[0]: int(line.split()[1]) for line in rollup.splitlines()[1:] if line
        }
        total += kibibytes["Pss:"] * 1024
        files += kibibytes["Pss_File:"] * 1024
    return total, files


def _below(process: int) -> Iterator[int]:
    for thread in Path(f"/proc/{process}/task").glob("*"):
        try:
            children = (thread / "children").read_text("ascii")
        except OSError:  # it has ended
            continue
        for child in map(int, children.split()):
            yield child
            yield from _below(child)


def _size(folder: Path) -> int:
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # it was removed
                size += Path(place, name).lstat().st_blocks * 512
    return size

"""Lines put into an order that need not fit into memory.

The places are cut into runs of so many bytes. Lines are appended to the file of their run as they
come, a handful of files being open at a time, and then each run is read and sorted by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from struct import Struct
from typing import NamedTuple

import numpy as np

from output.inventory import Ints

MEMORY = 64 * 2**20
"""Bytes of lines that are held at once."""

_HEAD = Struct("<QI")  # where a line goes, and how long it is


class Destined(NamedTuple):
    """A line and where it goes."""

    place: int
    line: bytes


def reordered(
    lines: Iterable[Destined], sizes: Ints, scratch: Path, memory: int = MEMORY
) -> Iterator[bytes]:
    """Each line in the order of the places; those before the first are all written to disk.

    Args:
        lines: One for every place from 0 up, in any order.
        sizes: Bytes of the line of each place, about, shape (places,).
        scratch: A folder for files that are gone at the end.
        memory: Bytes of lines to hold at once.
    """
    ends = np.cumsum(sizes, dtype=np.int64)
    runs = (ends - sizes) // memory
    waiting = defaultdict[int, bytearray](bytearray)
    held = 0
    for place, line in lines:
        packed = waiting[int(runs[place])]
        packed += _HEAD.pack(place, len(line))
        packed += line
        held += _HEAD.size + len(line)
        if held > memory:
            _append(waiting, scratch)
            held = 0
    _append(waiting, scratch)
    for run in np.unique(runs).tolist():
        file = scratch / str(run)
        run_lines = file.read_bytes()
        file.unlink()
        for _, start, end in sorted(_spans(run_lines)):
            yield run_lines[start:end]


def _append(waiting: dict[int, bytearray], scratch: Path) -> None:
    for run, packed in waiting.items():
        with (scratch / str(run)).open("ab") as file:
            file.write(packed)
    waiting.clear()


def _spans(packed: bytes) -> Iterator[tuple[int, int, int]]:
    """The place of each line, and where it begins and ends."""
    at = 0
    while at < len(packed):
        place, length = _HEAD.unpack_from(packed, at)
        at += _HEAD.size
        yield place, at, at + length
        at += length

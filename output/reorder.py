"""Lines put into an order that need not fit into memory.

The places are cut into runs of so many bytes. Lines are appended to the file of their run as they
come, a handful of files being open at a time, and then each run is read and sorted by itself.
"""

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
    waiting: dict[int, list[Destined]] = {}
    held = 0
    for destined in lines:
        waiting.setdefault(int(runs[destined.place]), []).append(destined)
        held += len(destined.line)
        if held > memory:
            _append(waiting, scratch)
            waiting, held = {}, 0
    _append(waiting, scratch)
    for run in np.unique(runs).tolist():
        file = scratch / str(run)
        packed = file.read_bytes()
        file.unlink()
        for _, line in sorted(_unpacked(packed)):
            yield line


def _append(waiting: dict[int, list[Destined]], scratch: Path) -> None:
    for run, lines in waiting.items():
        with (scratch / str(run)).open("ab") as file:
            for place, line in lines:
                file.write(_HEAD.pack(place, len(line)))
                file.write(line)


def _unpacked(packed: bytes) -> Iterator[Destined]:
    start = 0
    while start < len(packed):
        place, length = _HEAD.unpack_from(packed, start)
        start += _HEAD.size
        yield Destined(place, packed[start : start + length])
        start += length

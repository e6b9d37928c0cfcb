"""Lines of a block: where each begins and ends, and a hash of it."""

import numpy as np
from numpy.typing import NDArray

from exempla.compiled import compiled, mixed
from exempla.corpus import Block

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_NEWLINE = 10
_LANES = np.uint64(64)  # as many as processors work on at once
_PRIME = np.uint32(16777619)  # of FNV-1a


def octets_of(block: Block) -> Bytes:
    """A block's bytes as an array."""
    return np.frombuffer(block.octets, dtype=np.uint8)


def lines_of(block: Block) -> Ints:
    """Where each line of a block begins and where its newline is, shape (lines, 2)."""
    return _lines(octets_of(block), block.lines)


@compiled
def _lines(octets: Bytes, count: int) -> Ints:
    spans = np.empty((count, 2), dtype=np.int64)
    place = begin = np.uint64(0)
    for row in range(count):
        while place + _LANES <= len(octets):
            found = np.uint8(0)
            for lane in range(_LANES):
                found |= np.uint8(octets[place + lane] == _NEWLINE)
            if found:
                break
            place += _LANES
        while octets[place] != _NEWLINE:
            place += np.uint64(1)
        spans[row, 0], spans[row, 1] = begin, place
        place += np.uint64(1)
        begin = place
    return spans


@compiled
def line_hashes(octets: Bytes, spans: Ints) -> NDArray[np.uint32]:
    """A hash of each line.

    Its bytes go in turn to several hashes like FNV-1a, which need not wait for one another.
    """
    hashes = np.empty(len(spans), dtype=np.uint32)
    lanes = np.empty(_LANES, dtype=np.uint32)
    for row in range(len(spans)):
        place, end = np.uint64(spans[row, 0]), np.uint64(spans[row, 1])
        value = end - place
        lanes[:] = 0
        while place + _LANES <= end:
            for lane in range(_LANES):
                lanes[lane] = (lanes[lane] ^ np.uint32(octets[place + lane])) * _PRIME
            place += _LANES
        for lane in range(end - place):
            lanes[lane] = (lanes[lane] ^ np.uint32(octets[place + lane])) * _PRIME
        for lane in range(_LANES):
            value = (value ^ np.uint64(lanes[lane])) * np.uint64(0x9E3779B97F4A7C15)
        hashes[row] = mixed(value) >> np.uint64(32)
    return hashes

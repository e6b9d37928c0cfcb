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


def line_spans(octets: Bytes) -> Ints:
    """Where each line begins and where its newline is, shape (lines, 2)."""
    ends = np.flatnonzero(octets == _NEWLINE)
    spans = np.empty((len(ends), 2), dtype=np.int64)
    spans[:, 1] = ends
    spans[1:, 0] = ends[:-1] + 1
    spans[:1, 0] = 0
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

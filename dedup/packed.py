"""Shingle sets as they are kept on disk: the upper 40 bits of each hash, in ascending order.

Two documents of 600 words that have nothing in common share one of these by chance once in three
million pairs, and their similarity is then off by a thousandth. In return a set takes five bytes a
shingle, less than the text it was made of.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.shingle import Shingles

WIDTH = 5
"""Bytes of a shingle."""
_HASH = 8


class PackedSets(NamedTuple):
    """The shingles of several texts, one after the other."""

    sizes: NDArray[np.int32]
    """How many each text has."""
    hashes: NDArray[np.uint8]
    """Shape (all shingles, `WIDTH`)."""


def packed(sets: Sequence[Shingles]) -> PackedSets:
    """Put sets side by side, without the lower bits."""
    sizes = np.array([len(shingles) for shingles in sets], dtype=np.int32)
    hashes = np.concatenate([np.empty(0, dtype="<u8"), *sets]).astype("<u8", copy=False)
    octets = hashes.view(np.uint8).reshape(-1, _HASH)
    return PackedSets(sizes, np.ascontiguousarray(octets[:, _HASH - WIDTH :]))


def unpacked(hashes: NDArray[np.uint8]) -> Shingles:
    """Hashes with zeros for the lower bits that were not kept."""
    octets = np.zeros((len(hashes), _HASH), dtype=np.uint8)
    octets[:, _HASH - WIDTH :] = hashes
    return octets.view("<u8").reshape(-1).astype(np.uint64, copy=False)

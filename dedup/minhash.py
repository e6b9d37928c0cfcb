"""MinHash signatures: short rows that agree about as often as their sets do.

Under a random order of all shingles, two sets have the same first element with a probability equal
to their Jaccard similarity (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive
Datasets, section 3.3). One order is enough for a whole signature: it is cut into bins, and each
gives the first element that falls into it (P. Li, A. Owen and C.-H. Zhang, "One permutation
hashing", 2012). A bin that stays empty is filled in a further round with another order, so that
each holds the first element by round and order, which is as random as before.
"""

import numpy as np
from numpy.typing import NDArray

from dedup.shingle import Hashes, chained
from exempla.compiled import compiled, mixed

Signature = NDArray[np.uint32]
"""One value a bin."""

_ODD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_LOWER = np.uint64(2**32 - 1)
_NONE = np.uint64(2**64 - 1)
_FEW = np.uint64(8)
"""Rounds that fill all bins of a text of some hundred shingles. One that needs more has few of
them, or many copies of few, which would be gone through a thousand times."""


@compiled
def signature(shingles: Hashes, size: int) -> Signature:
    """The first shingle in each of `size` bins, as 32 bits; of no shingles, zeros.

    What two sets share by chance is found out when the pair is verified.
    """
    if not len(shingles):
        return np.zeros(size, dtype=np.uint32)
    firsts = np.full(size, _NONE)
    values = np.empty(len(shingles), dtype=np.uint64)
    for index in range(len(shingles)):
        values[index] = mixed(shingles[index] + _ODD)
    bins, order = np.uint64(size), np.uint64(0)
    empty = size
    while True:
        for value in values:
            place = ((value >> _HALF) * bins) >> _HALF
            first = firsts[place]
            empty -= first == _NONE
            firsts[place] = min(first, order << _HALF | value & _LOWER)
        if empty == 0:
            break
        order += np.uint64(1)
        if order == _FEW:
            values = np.unique(values)
        for index in range(len(values)):
            values[index] = chained(values[index], order)
    return firsts.astype(np.uint32)


@compiled
def band_keys(signed: Signature, keys: NDArray[np.uint32]) -> None:
    """Fill in a hash of each band's values; as many bands as there are keys."""
    rows = len(signed) // len(keys)
    for band in range(len(keys)):
        key = np.uint64(0)
        for row in range(band * rows, (band + 1) * rows):
            key = chained(key, np.uint64(signed[row]))
        keys[band] = key >> _HALF

"""Bands: which signatures are alike enough for their texts to be compared.

Signatures are cut into bands of a few rows. Two texts of similarity s agree in a whole band of r
rows with probability sʳ, and so in at least one of b bands with probability 1 - (1 - sʳ)ᵇ, a steep
step near (1/b)^(1/r) (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4).
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_MOST_PERMUTATIONS = 312
_FALSE_POSITIVE_WEIGHT = 0.002
"""A wrong candidate costs one comparison, a missed pair stays in the corpus. With this weight a
pair right at the threshold is found with a probability of 0.998 at 0.7, and of 0.99 or more at all
thresholds from 0.02; below, there are too few permutations for that."""

_STEEPEST = 0.99
"""Above it the optimiser comes down to a single band, which MinHashLSH refuses."""

_UPPER, _LOWER = np.uint64(32), np.uint64(2**32 - 1)


class Banding(NamedTuple):
    """How a signature is cut."""

    bands: int
    rows: int

    @property
    def size(self) -> int:
        """Values in a signature."""
        return self.bands * self.rows


_KNOWN = {0.7: Banding(52, 6)}
"""For the default threshold: importing the optimiser takes longer than signing 10,000 texts."""


@cache
def banding(threshold: float) -> Banding:
    """The cut that datasketch's optimiser gives for a threshold: 52 x 6 at 0.7."""
    return _KNOWN.get(threshold) or optimised(threshold)


def optimised(threshold: float) -> Banding:
    """Have datasketch look for the cut."""
    from datasketch import MinHashLSH

    index = MinHashLSH(
        threshold=min(threshold, _STEEPEST),
        num_perm=_MOST_PERMUTATIONS,
        weights=(_FALSE_POSITIVE_WEIGHT, 1 - _FALSE_POSITIVE_WEIGHT),
    )
    return Banding(index.b, index.r)


class Buckets(NamedTuple):
    """Texts that share a key, for all keys that are not alone in their band."""

    members: Ints
    """Texts, bucket after bucket, ascending in each."""
    starts: Ints
    """Where each bucket begins in `members`, and at the end where the last one ends."""


def buckets(columns: Iterable[NDArray[np.uint32]]) -> Buckets:
    """Sort each band's keys and give what is equal; needs one column at a time.

    Args:
        columns: For each band, the keys of all texts, shape (texts,).
    """
    members = [np.empty(0, dtype=np.int64)]
    sizes = [np.empty(0, dtype=np.int64)]
    for keys in columns:
        numbers = np.arange(len(keys), dtype=np.uint64)
        both = np.sort(keys.astype(np.uint64) << _UPPER | numbers)
        changes = np.flatnonzero(np.diff(both >> _UPPER)) + 1
        lengths = np.diff(np.concatenate([[0], changes, [len(both)]]))
        members.append((both & _LOWER).astype(np.int64)[np.repeat(lengths > 1, lengths)])
        sizes.append(lengths[lengths > 1])
    starts = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
    return Buckets(np.concatenate(members), starts)

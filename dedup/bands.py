"""Bands: which signatures are alike enough for their texts to be compared.

Signatures are cut into bands of a few rows. Two texts of similarity s agree in a whole band of r
rows with probability sʳ, and so in at least one of b bands with probability 1 - (1 - sʳ)ᵇ, a steep
step near (1/b)^(1/r) (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4).
"""

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from datasketch import MinHashLSH
from numpy.typing import NDArray

from dedup.minhash import Signatures

Pairs = NDArray[np.int64]
"""Two columns of positions, the smaller first; rows ascending and distinct."""

_MOST_PERMUTATIONS = 252
_FALSE_POSITIVE_WEIGHT = 0.002
"""A wrong candidate costs one comparison, a missed pair stays in the corpus. With this weight a
pair right at the threshold is found with a probability of 0.995 at 0.7, and of 0.99 or more at all
thresholds from 0.02; below, there are too few permutations for that."""

_STEEPEST = 0.99
"""Above it the optimiser comes down to a single band, which MinHashLSH refuses."""


class Banding(NamedTuple):
    """How a signature is cut."""

    bands: int
    rows: int

    @property
    def size(self) -> int:
        """Values in a signature."""
        return self.bands * self.rows


@cache
def banding(threshold: float) -> Banding:
    """The cut that datasketch's optimiser gives for a threshold: 42 x 6 at 0.7."""
    index = MinHashLSH(
        threshold=min(threshold, _STEEPEST),
        num_perm=_MOST_PERMUTATIONS,
        weights=(_FALSE_POSITIVE_WEIGHT, 1 - _FALSE_POSITIVE_WEIGHT),
    )
    return Banding(index.b, index.r)


def candidates(signed: Signatures, cut: Banding) -> Pairs:
    """All pairs of rows that agree in at least one band: those `MinHashLSH` gives.

    Sorting each band's rows finds them without an index of Python objects. A bucket of n gives all
    its n(n-1)/2 pairs, since who is kept and what is connected both depend on every one of them.
    """
    bands = (signed[:, start : start + cut.rows] for start in range(0, cut.size, cut.rows))
    found = {
        pair for band in bands for bucket in _buckets(band) for pair in combinations(bucket, 2)
    }
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _buckets(band: Signatures) -> Iterator[list[int]]:
    """Positions of equal rows, ascending, for all rows that are not alone."""
    order = np.lexsort(band.T)  # stable, so positions stay ascending in a bucket
    rows = band[order]
    changes = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)) + 1
    edges = np.concatenate([[0], changes, [len(rows)]])
    for bucket in np.flatnonzero(np.diff(edges) > 1):
        yield order[edges[bucket] : edges[bucket + 1]].tolist()

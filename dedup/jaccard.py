"""True similarity of the pairs that only looked alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup.bands import Pairs
from dedup.shingle import Shingles


@dataclass(frozen=True, slots=True)
class Near:
    """Pairs that are near-duplicates, by true similarity."""

    pairs: Pairs
    similarities: NDArray[np.float64]
    """One for each pair."""


def jaccard(first: Shingles, second: Shingles) -> float:
    """Size of the intersection over size of the union (Broder's resemblance, 1997).

    Nothing has nothing in common with anything, so an empty set gives 0, with another one too.
    """
    both = np.concatenate([first, second])
    both.sort(kind="stable")  # merges two ascending runs in one go
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    return shared / max(both.size - shared, 1)


def verified(pairs: Pairs, sets: Sequence[Shingles], threshold: float) -> Near:
    """Those of the candidate pairs whose true similarity is at the threshold or above."""
    similarities = np.array(
        [jaccard(sets[first], sets[second]) for first, second in pairs.tolist()],
        dtype=np.float64,
    )
    near = similarities >= threshold
    return Near(pairs[near], similarities[near])

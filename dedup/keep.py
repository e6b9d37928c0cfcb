"""Who stays: best first, a position is removed only if it is near one that was kept before it.

Positions are ranks, 0 the best. What is kept is then an independent set of the graph of
near-duplicates, and every removed position has a kept neighbour: both promises of the pass. Keeping
one of each cluster would break the second on chains.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.bands import Pairs
from dedup.jaccard import Near


class Nearest(NamedTuple):
    """The kept position that a removed one is most similar to."""

    kept: int
    similarity: float


def best_first(count: int, pairs: Pairs) -> NDArray[np.bool_]:
    """Whether each of `count` ranks is kept."""
    kept = np.ones(count, dtype=np.bool_)
    # By the worse of the two: whether the better one stays is settled when it is asked for.
    for better, worse in pairs[np.argsort(pairs[:, 1], kind="stable")].tolist():
        if kept[better]:
            kept[worse] = False
    return kept


def nearest_kept(near: Near, kept: NDArray[np.bool_]) -> dict[int, Nearest]:
    """For each removed rank the kept one it is most similar to, the better one of equals.

    That may be one that ranks below it: a text removed for the sake of a better one can resemble
    a worse one more, which stays because the better one does not.
    """
    nearest: dict[int, Nearest] = {}
    for pair, similarity in zip(near.pairs.tolist(), near.similarities.tolist(), strict=True):
        for removed, other in (pair, reversed(pair)):
            if kept[removed] or not kept[other]:
                continue
            found = Nearest(other, similarity)
            best = nearest.get(removed, found)
            nearest[removed] = min(found, best, key=lambda it: (-it.similarity, it.kept))
    return nearest

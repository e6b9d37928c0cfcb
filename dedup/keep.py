"""Who stays: best first, a position is removed only if it is near one that was kept before it.

Positions are ranks, 0 the best. What is kept is then an independent set of the graph of
near-duplicates, and every removed position has a kept neighbour: both promises of the pass. Keeping
one of each cluster would break the second on chains.

With cells that may keep only so many, what is near nothing kept can still be one too many: surplus,
neither kept nor removed. Both promises hold all the same.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.bands import Pairs
from dedup.jaccard import Near

Ints = NDArray[np.int64]


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


class Decided(NamedTuple):
    """What became of each rank; one that is neither was removed as near a kept one."""

    kept: NDArray[np.bool_]
    surplus: NDArray[np.bool_]
    """Near none that was kept before it, but its cell had all that it may keep."""


def best_first_in_cells(texts: Ints, pairs: Pairs, cells: Ints, limits: Ints) -> Decided:
    """Decide on each rank, best first, with no more kept of a cell than its limit.

    In one pass, so that what becomes of a rank depends on those before it alone. A surplus one
    removes nothing: a text near it may be kept for another cell.

    Args:
        texts: The text of each rank, shape (ranks,); copies share one.
        pairs: The pairs of texts that are near each other.
        cells: The cell of each rank, shape (ranks,).
        limits: How many of each cell may be kept, shape (cells,).
    """
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    count = 1 + max(int(texts.max(initial=-1)), int(pairs.max(initial=-1)))
    starts = np.searchsorted(both[:, 0], np.arange(count + 1))
    taken = np.zeros(count, dtype=np.bool_)
    room = limits.tolist()
    kept = np.zeros(len(texts), dtype=np.bool_)
    surplus = np.zeros(len(texts), dtype=np.bool_)
    for rank, (text, cell) in enumerate(zip(texts.tolist(), cells.tolist(), strict=True)):
        if taken[text]:
            continue
        if not room[cell]:
            surplus[rank] = True
            continue
        room[cell] -= 1
        kept[rank] = taken[text] = True
        taken[both[starts[text] : starts[text + 1], 1]] = True
    return Decided(kept, surplus)


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

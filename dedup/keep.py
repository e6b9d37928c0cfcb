"""Who stays: best first, a document is removed only if it is near one that was kept before it.

What is kept is then an independent set of the graph of near-duplicates, and every removed document
has a kept neighbour: both promises of the pass. Keeping one of each cluster would break the second
on chains. Only kept texts are compared with what is in their buckets: a bucket of n texts that are
all near each other costs n comparisons.

With cells that may keep only so many, what is near nothing kept can still be one too many: surplus,
neither kept nor removed. Both promises hold all the same.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.bands import Buckets
from dedup.cluster import close, join
from dedup.copies import EMPTY
from dedup.jaccard import Sets, jaccard, set_of
from exempla.compiled import compiled

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Decided(NamedTuple):
    """What became of each rank; one that is neither was removed as near a kept one."""

    kept: Bools
    """Shape (ranks,)."""
    surplus: Bools
    """Near none that was kept before it, but its cell had all that it may keep; shape (ranks,)."""
    nearest: Ints
    """The kept rank that each text is most similar to, the better one of equals, itself where it is
    kept; -1 where it is near none. Shape (texts,)."""
    similarities: NDArray[np.float64]
    """To that one, shape (texts,)."""
    clusters: Ints
    """Equal where texts hang together, shape (texts,)."""


def best_first(
    texts: Ints,
    buckets: Buckets,
    sets: Sets,
    threshold: float,
    cells: Ints,
    limits: Ints,
    given: int = 0,
) -> Decided:
    """Decide on each rank, best first, with no more kept of a cell than its limit.

    In one pass, so that what becomes of a rank depends on those before it alone. A surplus one
    removes nothing: a text near it may be kept for another cell.

    A removed text names the kept one it is most similar to, which may rank below it: a text removed
    for the sake of a better one can resemble a worse one more, which stays because the better one
    does not.

    Args:
        texts: The text of each rank, shape (ranks,); copies share one, and `EMPTY` is near nothing.
        buckets: Of texts.
        sets: Of the texts that are in buckets.
        threshold: From which similarity texts are near each other.
        cells: The cell of each rank, shape (ranks,).
        limits: How many of each cell may be kept, shape (cells,).
        given: How many of the best ranks are kept whatever they are near.
    """
    count = len(sets.sizes)
    decided = Decided(
        kept=np.zeros(len(texts), dtype=np.bool_),
        surplus=np.zeros(len(texts), dtype=np.bool_),
        nearest=np.full(count, -1, dtype=np.int64),
        similarities=np.zeros(count),
        clusters=np.arange(count),
    )
    holders = _holders(count, buckets)
    _decide(texts, buckets, holders, sets, threshold, cells, limits.copy(), given, decided)
    stays = np.zeros(count, dtype=np.bool_)
    stays[texts[decided.kept & (texts != EMPTY)]] = True
    close(decided.clusters, buckets, sets, threshold, stays)
    return decided


def _holders(count: int, buckets: Buckets) -> Buckets:
    """The other way round: for each text the buckets that it is in."""
    sizes = np.diff(buckets.starts)
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.concatenate([[0], np.cumsum(np.bincount(buckets.members, minlength=count))])
    return Buckets(numbers[np.argsort(buckets.members, kind="stable")], starts)


@compiled
def _decide(
    texts: Ints,
    buckets: Buckets,
    holders: Buckets,
    sets: Sets,
    threshold: float,
    cells: Ints,
    room: Ints,
    given: int,
    decided: Decided,
) -> None:
    """Fill in what is decided; each kept text is compared with what is in its buckets."""
    nearest, similarities = decided.nearest, decided.similarities
    compared = np.full(len(nearest), -1, dtype=np.int64)
    for rank in range(len(texts)):
        text = texts[rank]
        if rank >= given and text != EMPTY and nearest[text] >= 0:
            continue
        if room[cells[rank]] == 0:
            decided.surplus[rank] = True
            continue
        room[cells[rank]] -= 1
        decided.kept[rank] = True
        if text == EMPTY:
            continue
        nearest[text], similarities[text] = rank, 1.0
        compared[text] = rank
        for bucket in holders.members[holders.starts[text] : holders.starts[text + 1]]:
            for mate in buckets.members[buckets.starts[bucket] : buckets.starts[bucket + 1]]:
                if compared[mate] == rank:
                    continue
                compared[mate] = rank
                if similarities[mate] == 1:
                    continue  # it has the shingles of a kept one, which this one is not near
                similarity = jaccard(set_of(sets, text), set_of(sets, mate), threshold)
                if similarity > 0:
                    join(decided.clusters, text, mate)
                if similarity > similarities[mate]:
                    nearest[mate], similarities[mate] = rank, similarity

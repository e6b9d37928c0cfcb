"""True similarity of texts that only looked alike."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.shingle import Shingles
from exempla.compiled import compiled


class Sets(NamedTuple):
    """The shingles of many texts, one after the other."""

    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    """Where those of each text begin, shape (texts,)."""
    sizes: NDArray[np.int64]
    """How many each text has, shape (texts,); none where they were not gathered."""


def gathered(words: NDArray[np.int32], which: NDArray[np.int64], sets: Iterable[Shingles]) -> Sets:
    """Put the shingles of some texts side by side.

    Args:
        words: Of each text, as it was signed, shape (texts,).
        which: The texts whose shingles follow.
        sets: Of each of these.
    """
    rooms = np.zeros(len(words), dtype=np.int64)
    rooms[which] = words[which]
    starts = np.cumsum(rooms) - rooms
    sizes = np.zeros(len(words), dtype=np.int64)
    hashes = np.empty(int(rooms.sum()), dtype=np.uint64)
    for text, shingles in zip(which.tolist(), sets, strict=True):
        sizes[text] = len(shingles)
        hashes[starts[text] : starts[text] + len(shingles)] = shingles
    return Sets(hashes, starts, sizes)


@compiled
def set_of(sets: Sets, text: int) -> Shingles:
    """The shingles of one text."""
    return sets.hashes[sets.starts[text] : sets.starts[text] + sets.sizes[text]]


@compiled
def jaccard(first: Shingles, second: Shingles, least: float = 0.0) -> float:
    """Size of the intersection over size of the union (Broder's resemblance, 1997).

    Nothing has nothing in common with anything, so an empty set gives 0, with another one too.
    Sets are read no further than until too many elements were met that only one of them has.

    Args:
        first: Shingles.
        second: Shingles.
        least: Where the similarity is less than this, 0 is given.
    """
    total = len(first) + len(second)
    needed = np.int64(np.ceil(total * least / (1 + least)))
    needed -= needed > 0  # what is rounded may be one too many; decided exactly at the end
    spare, other_spare = len(first) - needed, len(second) - needed
    shared, left, right = 0, 0, 0
    while left < len(first) and right < len(second):
        one, other = first[left], second[right]
        shared += one == other
        left += one <= other
        right += other <= one
        if left - shared > spare or right - shared > other_spare:
            return 0.0
    similarity = shared / max(total - shared, 1)
    return similarity if similarity >= least else 0.0

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
def jaccard(first: Shingles, second: Shingles) -> float:
    """Size of the intersection over size of the union (Broder's resemblance, 1997).

    Nothing has nothing in common with anything, so an empty set gives 0, with another one too.
    """
    shared, left, right = 0, 0, 0
    while left < len(first) and right < len(second):
        one, other = first[left], second[right]
        shared += one == other
        left += one <= other
        right += other <= one
    return shared / max(len(first) + len(second) - shared, 1)

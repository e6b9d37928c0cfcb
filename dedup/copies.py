"""Copies: documents of one normalised text, which are compared as one."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.sign import Signed

Ints = NDArray[np.int64]

EMPTY = -1
"""In place of a text, where there are no words to compare."""


class Copies(NamedTuple):
    """Which documents have the same text. Texts are numbered as they first come."""

    texts: Ints
    """The text of each document, shape (documents,); `EMPTY` where it has no words."""
    firsts: Ints
    """The first document of each text, shape (texts,); ascending."""


def copies(signed: Signed) -> Copies:
    """Bring together what has equal digests."""
    filled = np.flatnonzero(signed.words)
    digests = signed.digests[filled]
    order = np.lexsort(digests.T)  # stable, so the first of each run is the first document
    ordered = digests[order]
    begins = np.ones(len(order), dtype=np.bool_)
    begins[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    firsts = filled[order[begins]]
    numbers = np.empty(len(firsts), dtype=np.int64)
    numbers[np.argsort(firsts)] = np.arange(len(firsts))
    texts = np.full(len(signed.words), EMPTY, dtype=np.int64)
    texts[filled[order]] = numbers[np.cumsum(begins) - 1]
    return Copies(texts, np.sort(firsts))

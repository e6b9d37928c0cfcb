"""Families: documents that may be near each other, directly or by way of others.

Texts that share a key of some band are candidates for comparison; a family is a connected component
of the candidates. What becomes of a document depends on its family alone, so families are decided
one after another, with no more of them in memory than fit there. Copies of one text are found first
and only the best of them is in a family.

Everything is sorted in parts, by ranges of what is sorted by, so that a part fits into memory.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.cluster import flatten, join_all
from dedup.columns import Gathered
from dedup.copies import copies
from dedup.sign import Signed

Ints = NDArray[np.int64]

_COPY = 120
"""Bytes that sorting a document's digest takes."""
_KEY = 40
"""Bytes that sorting a document's key takes."""
_HASH = 18
"""Bytes that a shingle takes while its family is decided."""
_BUCKETS = 72
"""Bytes that a key takes while its family is decided."""

_UPPER, _LOWER = np.uint64(32), np.uint64(2**32 - 1)


class Families(NamedTuple):
    """The documents of all families, one family after the other, best first in each."""

    documents: Ints
    starts: Ints
    """Where each family begins, and at the end where the last one ends."""


def best_copies(signatures: Gathered, rank: Ints, memory: int) -> Ints:
    """The best document with the text of each document, itself where it has no words.

    Args:
        signatures: Of all documents.
        rank: Of each document, 0 the best.
        memory: Bytes that may be taken.
    """
    best = np.arange(signatures.count)
    for part in _parts(signatures.count * _COPY, memory):
        which = np.concatenate(
            [
                block[part.holds((signatures.digests(block)[:, 0] >> _UPPER).astype(np.uint32))]
                for block in _blocks(signatures)
            ]
        )
        which = which[np.argsort(rank[which])]
        no_keys = np.empty((len(which), 0), dtype=np.uint32)
        same = copies(Signed(no_keys, signatures.digests(which), signatures.words[which]))
        filled = same.texts >= 0
        best[which[filled]] = which[same.firsts[same.texts[filled]]]
    return best


def families(signatures: Gathered, best: Ints, rank: Ints, given: int, memory: int) -> Families:
    """All families of two documents or more.

    Args:
        signatures: Of all documents.
        best: The best document with the text of each document.
        rank: Of each document, 0 the best.
        given: How many documents at the beginning are not to be decided on; a family has another.
        memory: Bytes that may be taken.
    """
    count = signatures.count
    alone = (best != np.arange(count)) | (signatures.words == 0)
    parents = np.arange(count)
    for band in range(signatures.bands):
        keys = signatures.band(band)
        for part in _parts(count * _KEY, memory):
            which = np.flatnonzero(part.holds(keys) & ~alone)
            both = np.sort(keys[which].astype(np.uint64) << _UPPER | which.astype(np.uint64))
            equal = np.diff(both >> _UPPER) == 0
            documents = (both & _LOWER).astype(np.int64)
            join_all(parents, documents[:-1][equal], documents[1:][equal])
    flatten(parents)
    of_one = np.bincount(parents[~alone], minlength=count) < 2
    settled = np.bincount(parents[given:][~alone[given:]], minlength=count) == 0
    members = np.flatnonzero(~(of_one | settled)[parents] & ~alone)
    members = members[np.lexsort((rank[members], parents[members]))]
    edges = np.flatnonzero(np.diff(parents[members], prepend=-1, append=-1))
    return Families(members, edges if len(members) else np.zeros(1, dtype=np.int64))


class Handful(NamedTuple):
    """Documents of families that are decided together, as places in `Families.documents`."""

    places: slice
    goes_on: bool
    """Whether the first of them are of the same family as those before."""


def handfuls(found: Families, signatures: Gathered, memory: int) -> Iterator[Handful]:
    """Cut families into what fits into memory: whole families, and slices of one that does not.

    What becomes of a document depends on better ones, and of those only on the ones that are kept:
    the slices of a family can be decided one after the other, if those are brought along.
    """
    words = signatures.words[found.documents].astype(np.int64)
    costs = np.concatenate([[0], np.cumsum(words * _HASH + signatures.bands * _BUCKETS)])

    def fitting(edges: Ints, first: int) -> int:
        """The last edge that can be reached from one; the next one, if none can."""
        last = np.searchsorted(costs[edges], costs[edges[first]] + memory, side="right") - 1
        return max(int(last), first + 1)

    first = 0
    while first < len(found.starts) - 1:
        last = fitting(found.starts, first)
        begin, end = int(found.starts[first]), int(found.starts[last])
        every, place = np.arange(begin, end + 1), 0
        while place < len(every) - 1:
            following = fitting(every, place)
            yield Handful(slice(begin + place, begin + following), goes_on=place > 0)
            place = following
        first = last


class _Part(NamedTuple):
    """One of several equal ranges of 32-bit numbers."""

    least: np.uint32
    most: np.uint32

    def holds(self, values: NDArray[np.uint32]) -> NDArray[np.bool_]:
        return (values >= self.least) & (values <= self.most)


def _parts(needed: int, memory: int) -> Iterator[_Part]:
    count = max(1, -(-needed // memory))
    edges = [number * 2**32 // count for number in range(count + 1)]
    for least, following in pairwise(edges):
        yield _Part(np.uint32(least), np.uint32(following - 1))


def _blocks(signatures: Gathered) -> Iterator[Ints]:
    for start in range(0, max(signatures.count, 1), 1 << 16):
        yield np.arange(start, min(start + (1 << 16), signatures.count))

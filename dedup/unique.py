"""The whole pass: a collection of texts without its duplicates, exact and near.

Two promises hold: no two kept texts are near-duplicates, and each removed one is near a kept one.
The second is exact. The first is as good as the search for candidates: a pair right at the
threshold is missed with a probability of up to 0.01, one well above it practically never; what is
found is decided on true similarity.
"""

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup.bands import banding, buckets
from dedup.copies import EMPTY, Copies, copies
from dedup.jaccard import gathered
from dedup.keep import Decided, best_first
from dedup.shingle import Shingles
from dedup.sign import Signed, shingle_set, sign
from dedup.threads import in_order

Ints = NDArray[np.int64]

_BATCH = 1 << 22
"""Bytes of text that a thread takes at a time."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One document to be compared."""

    id: str
    text: str
    score: float = 0.0
    """The judge's; higher is better. Ties go to the longer text, then to the smaller id."""
    turn: int = 0
    """What has an earlier turn is decided on first, whatever its score: later turns change nothing
    about it."""
    cell: int = 0
    """What it counts for, where cells may keep only so many."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """One document that was removed, and why."""

    removed: str
    kept: str
    """The kept one it is most similar to."""
    similarity: float
    """True Jaccard similarity of the shingles, to four places; 1.0 for the same normalised text."""
    cluster: str
    """The smallest id in its connected component."""


@dataclass(frozen=True, slots=True)
class Unique:
    """What is left, what was removed, and what hangs together."""

    kept: tuple[str, ...]
    """Ids, in the order given."""
    duplicates: tuple[Duplicate, ...]
    """In the order given of the removed."""
    clusters: Mapping[str, str]
    """The cluster of each document that has a duplicate of any kind, by its id."""
    surplus: tuple[str, ...] = ()
    """Ids, in the order given, of those that were near no better one that stays, but one too many
    for their cells."""
    empty: tuple[str, ...] = ()
    """Ids, in the order given, of those without a word to compare, which are near nothing."""


class Collection:
    """Entries to be compared, without their texts: about 400 bytes each.

    While they are compared, there are besides the shingles of those that may be near another: eight
    bytes a word. So a million entries of 600 words, a fifth of which may be, take some 2 GiB.
    """

    def __init__(self, threshold: float) -> None:
        """Begin with none.

        Args:
            threshold: Of the true Jaccard similarity, from which texts are near-duplicates.

        Raises:
            ValueError: the threshold is not in (0, 1].
        """
        if not 0 < threshold <= 1:
            raise ValueError(f"the threshold is {threshold}, expected more than 0 and at most 1")
        self._threshold = threshold
        self._cut = banding(threshold)
        self._positions: dict[str, int] = {}
        self._scores, self._lengths = array("d"), array("q")
        self._turns, self._cells = array("q"), array("q")
        self._signed = [sign([], self._cut)]

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._positions)

    def add(self, entries: Iterable[Entry]) -> None:
        """Sign entries, on all cores.

        Raises:
            ValueError: an id is given twice, or a score is no number.
        """
        texts = map(self._noted, entries)
        self._signed.extend(in_order(lambda batch: sign(batch, self._cut), _batches(texts)))

    def unique(
        self, again: Callable[[Ints], Iterable[str]], limits: Sequence[int] | None = None
    ) -> Unique:
        """Remove every entry whose similarity to a better one that stays is the threshold or more.

        Who stays does not depend on the order of the entries.

        Args:
            again: Gives the texts of the entries at these positions, which ascend.
            limits: How many of each cell may stay; by default all.
        """
        self._signed = [Signed(*map(np.concatenate, zip(*self._signed, strict=True)))]
        same, ranked = copies(self._signed[0]), self._ranked()
        return self._told(same.texts, ranked, self._decided(same, ranked, again, limits))

    def _decided(
        self,
        same: Copies,
        ranked: Ints,
        again: Callable[[Ints], Iterable[str]],
        limits: Sequence[int] | None,
    ) -> Decided:
        """Find what may be near, read its texts once more, and decide."""
        (signed,) = self._signed
        alike = buckets(signed.keys[same.firsts, band] for band in range(self._cut.bands))
        compared = np.unique(alike.members)
        sets = gathered(signed.words[same.firsts], compared, _sets(again(same.firsts[compared])))
        cells = np.array(self._cells)[ranked]
        room = np.bincount(cells) if limits is None else np.array(limits, dtype=np.int64)
        return best_first(same.texts[ranked], alike, sets, self._threshold, cells, room)

    def _noted(self, entry: Entry) -> bytes:
        if entry.id in self._positions:
            raise ValueError(f"an id is given more than once: {entry.id!r}")
        if math.isnan(entry.score):
            raise ValueError(f"the score of {entry.id!r} is not a number")
        self._positions[entry.id] = len(self._positions)
        self._scores.append(entry.score)
        self._lengths.append(len(entry.text))
        self._turns.append(entry.turn)
        self._cells.append(entry.cell)
        return _encoded(entry.text)

    def _ranked(self) -> Ints:
        """Positions, best first."""
        by_id = np.array([self._positions[id] for id in sorted(self._positions)], dtype=np.int64)
        worse = np.negative(self._lengths), np.negative(self._scores), np.array(self._turns)
        return by_id[np.lexsort([column[by_id] for column in worse])]

    def _told(self, texts: Ints, ranked: Ints, decided: Decided) -> Unique:
        """What became of each entry, in the order given."""
        ids = list(self._positions)
        names = self._names(texts, decided.clusters)
        kept, surplus = np.empty_like(decided.kept), np.empty_like(decided.surplus)
        kept[ranked], surplus[ranked] = decided.kept, decided.surplus
        duplicates = []
        for position in np.flatnonzero(~kept & ~surplus).tolist():
            text = texts[position]
            nearest = ids[ranked[decided.nearest[text]]]
            similarity = round(float(decided.similarities[text]), 4)
            duplicates.append(Duplicate(ids[position], nearest, similarity, names[ids[position]]))

        def chosen(which: NDArray[np.bool_]) -> tuple[str, ...]:
            return tuple(ids[position] for position in np.flatnonzero(which).tolist())

        return Unique(
            chosen(kept), tuple(duplicates), names, chosen(surplus), chosen(texts == EMPTY)
        )

    def _names(self, texts: Ints, clusters: Ints) -> dict[str, str]:
        """The smallest id of its cluster for each entry that is in one of two or more."""
        filled = np.flatnonzero(texts != EMPTY)
        labels = clusters[texts[filled]]
        several = np.bincount(labels, minlength=1)[labels] > 1
        ids = list(self._positions)
        members = [ids[position] for position in filled[several].tolist()]
        of = dict(zip(members, labels[several].tolist(), strict=True))
        least: dict[int, str] = {}
        for id in sorted(members):
            least.setdefault(of[id], id)
        return {id: least[label] for id, label in of.items()}


def unique(
    entries: Sequence[Entry], threshold: float, limits: Sequence[int] | None = None
) -> Unique:
    """Compare entries that are all in memory; see `Collection`."""
    collection = Collection(threshold)
    collection.add(entries)
    return collection.unique(lambda which: (entries[it].text for it in which.tolist()), limits)


def _sets(texts: Iterable[str]) -> Iterator[Shingles]:
    batches = _batches(map(_encoded, texts))
    for sets in in_order(lambda batch: [shingle_set(text) for text in batch], batches):
        yield from sets


def _batches(texts: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text) + 1  # so that a batch of empty ones ends too
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

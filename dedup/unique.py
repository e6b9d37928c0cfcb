"""The whole pass: a collection of texts without its duplicates, exact and near.

Two promises hold: no two kept texts are near-duplicates, and each removed one is near a kept one.
The second is exact. The first is as good as the search for candidates: a pair right at the
threshold is missed with a probability of up to 0.01, one well above it practically never; what is
found is decided on true similarity.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.bands import banding, buckets
from dedup.copies import EMPTY, copies
from dedup.jaccard import gathered
from dedup.keep import Decided, best_first
from dedup.sign import shingle_set, sign


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


def unique(
    entries: Sequence[Entry], threshold: float, limits: Sequence[int] | None = None
) -> Unique:
    """Remove every entry whose similarity to a better one that stays is `threshold` or more.

    Who stays does not depend on the order of the entries.

    Args:
        entries: What is to be compared.
        threshold: Of the true Jaccard similarity.
        limits: How many of each cell may stay; by default all.

    Raises:
        ValueError: the threshold is not in (0, 1], an id is given twice, or a score is no number.
    """
    _check(entries, threshold)
    ranked = sorted(entries, key=_rank)
    data = [entry.text.encode("utf-8", "surrogatepass") for entry in ranked]
    cut = banding(threshold)
    signed = sign(data, cut)
    same = copies(signed)
    alike = buckets(signed.keys[same.firsts].T)
    which = np.unique(alike.members)
    sets = gathered(
        signed.words[same.firsts],
        which,
        (shingle_set(data[first]) for first in same.firsts[which].tolist()),
    )
    cells = np.array([entry.cell for entry in ranked], dtype=np.int64)
    if limits is None:
        limits = np.bincount(cells).tolist()
    decided = best_first(
        same.texts, alike, sets, threshold, cells, np.array(limits, dtype=np.int64)
    )
    return _told(entries, ranked, same.texts.tolist(), decided)


def _check(entries: Sequence[Entry], threshold: float) -> None:
    if not 0 < threshold <= 1:
        raise ValueError(f"the threshold is {threshold}, expected more than 0 and at most 1")
    twice = [id for id, times in Counter(entry.id for entry in entries).items() if times > 1]
    if twice:
        raise ValueError(f"ids given more than once: {', '.join(sorted(twice)[:5])}")
    unordered = [entry.id for entry in entries if math.isnan(entry.score)]
    if unordered:
        raise ValueError(f"scores that are no numbers: {', '.join(sorted(unordered)[:5])}")


def _rank(entry: Entry) -> tuple[int, float, int, str]:
    return entry.turn, -entry.score, -len(entry.text), entry.id


def _told(
    entries: Sequence[Entry], ranked: Sequence[Entry], texts: Sequence[int], decided: Decided
) -> Unique:
    """What became of each entry, in the order given."""
    names = _names(ranked, texts, decided.clusters.tolist())
    kept, surplus, fates, empty = set(), set(), {}, set()
    for rank, (entry, text) in enumerate(zip(ranked, texts, strict=True)):
        if text == EMPTY:
            empty.add(entry.id)
        if decided.kept[rank]:
            kept.add(entry.id)
        elif decided.surplus[rank]:
            surplus.add(entry.id)
        else:
            nearest = ranked[decided.nearest[text]].id
            similarity = round(float(decided.similarities[text]), 4)
            fates[entry.id] = Duplicate(entry.id, nearest, similarity, names[entry.id])
    ids = [entry.id for entry in entries]
    return Unique(
        kept=tuple(id for id in ids if id in kept),
        duplicates=tuple(fates[id] for id in ids if id in fates),
        clusters={id: names[id] for id in ids if id in names},
        surplus=tuple(id for id in ids if id in surplus),
        empty=tuple(id for id in ids if id in empty),
    )


def _names(
    ranked: Sequence[Entry], texts: Sequence[int], clusters: Sequence[int]
) -> Mapping[str, str]:
    """The smallest id of its cluster for each entry that is in one of two or more."""
    members: dict[int, list[str]] = {}
    for entry, text in zip(ranked, texts, strict=True):
        if text != EMPTY:
            members.setdefault(clusters[text], []).append(entry.id)
    return {id: min(ids) for ids in members.values() if len(ids) > 1 for id in ids}

"""The whole pass: a collection of texts without its duplicates, exact and near.

Two promises hold: no two kept texts are near-duplicates, and each removed one is near a kept one.
The second is exact. The first is as good as the search for candidates: a pair right at the
threshold is missed with a probability of up to 0.01, one well above it practically never; what is
found is decided on true similarity.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from dedup.bands import banding, candidates
from dedup.cluster import clusters
from dedup.jaccard import Near, verified
from dedup.keep import Nearest, best_first, best_first_in_cells, nearest_kept
from dedup.minhash import signatures
from dedup.normalize import normalize
from dedup.shingle import shingles


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
    groups = _same_text(ranked)
    sets = [shingles(text) for text in groups]
    cut = banding(threshold)
    pairs = candidates(signatures(sets, cut.size), cut)
    near = verified(pairs, sets, threshold)
    stays, surplus = _stays(ranked, list(groups.values()), near, limits)
    kept = np.array([position in stays for position in range(len(groups))], dtype=np.bool_)
    nearest = nearest_kept(near, kept)
    names = _names(groups.values(), clusters(len(groups), near.pairs).tolist())
    return _told(entries, list(groups.values()), stays, surplus, nearest, names)


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


def _same_text(ranked: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Entries by normalised text, so that copies are compared once; best first, inside too."""
    groups: dict[str, list[Entry]] = {}
    for entry in ranked:
        groups.setdefault(normalize(entry.text), []).append(entry)
    return groups


def _stays(
    ranked: Sequence[Entry],
    groups: Sequence[list[Entry]],
    near: Near,
    limits: Sequence[int] | None,
) -> tuple[dict[int, str], set[str]]:
    """The entry that stays of each group of which one does, by position, and what is surplus."""
    if limits is None:
        kept = np.flatnonzero(best_first(len(groups), near.pairs)).tolist()
        return {position: groups[position][0].id for position in kept}, set()
    texts = {entry.id: position for position, group in enumerate(groups) for entry in group}
    decided = best_first_in_cells(
        np.array([texts[entry.id] for entry in ranked], dtype=np.int64),
        near.pairs,
        np.array([entry.cell for entry in ranked], dtype=np.int64),
        np.array(limits, dtype=np.int64),
    )
    stays = [ranked[rank].id for rank in np.flatnonzero(decided.kept).tolist()]
    surplus = {ranked[rank].id for rank in np.flatnonzero(decided.surplus).tolist()}
    return {texts[id]: id for id in stays}, surplus


def _names(groups: Iterable[list[Entry]], labels: Iterable[int]) -> dict[str, str]:
    """The smallest id of its component for each entry in one of two or more."""
    components: dict[int, list[str]] = {}
    for label, group in zip(labels, groups, strict=True):
        components.setdefault(label, []).extend(entry.id for entry in group)
    return {id: min(ids) for ids in components.values() if len(ids) > 1 for id in ids}


def _told(
    entries: Sequence[Entry],
    groups: Sequence[list[Entry]],
    stays: Mapping[int, str],
    surplus: Set[str],
    nearest: Mapping[int, Nearest],
    names: Mapping[str, str],
) -> Unique:
    """What became of each entry, in the order given."""
    fates: dict[str, Duplicate] = {}
    for position, group in enumerate(groups):
        removed = [e for e in group if e.id not in surplus and e.id != stays.get(position)]
        if removed:
            kept, similarity = nearest.get(position, Nearest(position, 1.0))
            for entry in removed:
                fates[entry.id] = Duplicate(
                    entry.id, stays[kept], round(similarity, 4), names[entry.id]
                )
    left = [entry.id for entry in entries if entry.id not in fates]
    return Unique(
        kept=tuple(id for id in left if id not in surplus),
        duplicates=tuple(fates[entry.id] for entry in entries if entry.id in fates),
        clusters={entry.id: names[entry.id] for entry in entries if entry.id in names},
        surplus=tuple(id for id in left if id in surplus),
    )

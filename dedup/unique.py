"""The whole pass: a collection of texts without its duplicates, exact and near.

Two promises hold: no two kept texts are near-duplicates, and each removed one is near a kept one.
The second is exact. The first is as good as the search for candidates: a pair right at the
threshold is missed with a probability of up to 0.01, one well above it practically never; what is
found is decided on true similarity.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dedup.bands import banding, candidates
from dedup.cluster import clusters
from dedup.jaccard import verified
from dedup.keep import Nearest, best_first, nearest_kept
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


def unique(entries: Sequence[Entry], threshold: float) -> Unique:
    """Remove every entry whose similarity to a better one that stays is `threshold` or more.

    Who stays does not depend on the order of the entries.

    Raises:
        ValueError: the threshold is not in (0, 1], an id is given twice, or a score is no number.
    """
    _check(entries, threshold)
    groups = _same_text(sorted(entries, key=_rank))
    sets = [shingles(text) for text in groups]
    cut = banding(threshold)
    pairs = candidates(signatures(sets, cut.size), cut)
    near = verified(pairs, sets, threshold)
    kept = best_first(len(groups), near.pairs)
    nearest = nearest_kept(near, kept)
    names = _names(groups.values(), clusters(len(groups), near.pairs).tolist())
    return _told(entries, list(groups.values()), nearest, names)


def _check(entries: Sequence[Entry], threshold: float) -> None:
    if not 0 < threshold <= 1:
        raise ValueError(f"the threshold is {threshold}, expected more than 0 and at most 1")
    twice = [id for id, times in Counter(entry.id for entry in entries).items() if times > 1]
    if twice:
        raise ValueError(f"ids given more than once: {', '.join(sorted(twice)[:5])}")
    unordered = [entry.id for entry in entries if math.isnan(entry.score)]
    if unordered:
        raise ValueError(f"scores that are no numbers: {', '.join(sorted(unordered)[:5])}")


def _rank(entry: Entry) -> tuple[float, int, str]:
    return -entry.score, -len(entry.text), entry.id


def _same_text(ranked: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Entries by normalised text, so that copies are compared once; best first, inside too."""
    groups: dict[str, list[Entry]] = {}
    for entry in ranked:
        groups.setdefault(normalize(entry.text), []).append(entry)
    return groups


def _names(groups: Iterable[list[Entry]], labels: Iterable[int]) -> dict[str, str]:
    """The smallest id of its component for each entry in one of two or more."""
    components: dict[int, list[str]] = {}
    for label, group in zip(labels, groups, strict=True):
        components.setdefault(label, []).extend(entry.id for entry in group)
    return {id: min(ids) for ids in components.values() if len(ids) > 1 for id in ids}


def _told(
    entries: Sequence[Entry],
    groups: Sequence[list[Entry]],
    nearest: Mapping[int, Nearest],
    names: Mapping[str, str],
) -> Unique:
    """What became of each entry, in the order given."""
    fates: dict[str, Duplicate] = {}
    for position, group in enumerate(groups):
        kept, similarity = nearest.get(position, Nearest(position, 1.0))
        best = groups[kept][0].id
        for entry in group:
            if entry.id != best:
                fates[entry.id] = Duplicate(entry.id, best, round(similarity, 4), names[entry.id])
    return Unique(
        kept=tuple(entry.id for entry in entries if entry.id not in fates),
        duplicates=tuple(fates[entry.id] for entry in entries if entry.id in fates),
        clusters={entry.id: names[entry.id] for entry in entries if entry.id in names},
    )

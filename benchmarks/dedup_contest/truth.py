"""What a tool did, held against true similarities.

Similarity is defined here once more, in plain Python and apart from what is measured: Jaccard's
index of the sets of five-word shingles of the text in NFKC, in small letters, its punctuation
taken for blanks.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from dedup_contest.corpus import Family, documents

THRESHOLD = 0.7
"""From which similarity on two documents are near-duplicates."""

BANDS = {"J=1": 1.0, ".9": 0.85, ".8": 0.775, ".75": 0.725, ".7": THRESHOLD}
"""The least similarity of each band of pairs that are near-duplicates."""


class Pair(NamedTuple):
    """Two documents of a family."""

    first: str
    second: str
    similarity: float
    copies: bool
    """The texts are the same to the byte."""


class Grade(NamedTuple):
    """How well a tool decided."""

    recall: Mapping[str, float]
    """By band: the share of its pairs of which not both were kept."""
    pairs: Mapping[str, int]
    """How many there are in each band."""
    above: float
    """Recall of all pairs at the threshold or above."""
    wrong: int
    """Removed, though no other document is a near-duplicate of it."""
    without: int
    """Removed, though no document that was kept is a near-duplicate of it; the wrong ones too."""


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The five-word shingles of a text."""
    plain = "".join(
        " " if unicodedata.category(sign)[0] in "PSZC" else sign
        for sign in unicodedata.normalize("NFKC", text).lower()
    )
    words = plain.split()
    return frozenset(zip(*(words[start:] for start in range(5)), strict=False))


def true_pairs(corpus: Path, families: Iterable[Family]) -> list[Pair]:
    """All pairs within the families, with their true similarity.

    Documents of different families have next to no shingle in common.
    """
    families = list(families)
    wanted = {member for family in families for member in family.members}
    texts = {id: text for id, text in documents(corpus) if id in wanted}
    pairs = []
    for family in families:
        sets = {member: shingles(texts[member]) for member in family.members}
        for first, second in combinations(family.members, 2):
            similarity = len(sets[first] & sets[second]) / len(sets[first] | sets[second])
            copies = texts[first] == texts[second]
            pairs.append(Pair(first, second, similarity, copies))
    return pairs


def grade(pairs: Sequence[Pair], kept: Set[str], everything: Collection[str]) -> Grade:
    """Judge which documents a tool kept."""
    near = [pair for pair in pairs if pair.similarity >= THRESHOLD]
    bands: dict[str, list[Pair]] = {"copies": [], **{band: [] for band in BANDS}}
    for pair in near:
        bands[_band(pair)].append(pair)
    alike: dict[str, list[str]] = {}
    for pair in near:
        alike.setdefault(pair.first, []).append(pair.second)
        alike.setdefault(pair.second, []).append(pair.first)
    removed = [id for id in everything if id not in kept]
    return Grade(
        recall={band: _recall(members, kept) for band, members in bands.items()},
        pairs={band: len(members) for band, members in bands.items()},
        above=_recall(near, kept),
        wrong=sum(id not in alike for id in removed),
        without=sum(kept.isdisjoint(alike.get(id, ())) for id in removed),
    )


def _band(pair: Pair) -> str:
    if pair.copies:
        return "copies"
    return next(band for band, least in BANDS.items() if pair.similarity >= least)


def _recall(pairs: Sequence[Pair], kept: Set[str]) -> float:
    return sum(not (pair.first in kept and pair.second in kept) for pair in pairs) / len(pairs)

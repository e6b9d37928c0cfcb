"""What a pass came to: counts, the largest clusters, and a line for each removed document."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.corpus import Corpus, Pass
from dedup.decisions import Decisions
from dedup.reading import texts_at
from exempla.document import Record

Ints = NDArray[np.int64]

LARGEST = 10
"""Clusters that are shown."""
MEMBERS = 3
"""Documents that are shown of each."""
START = 200
"""Characters of a text that are shown."""
STEP = 0.05
"""Width of a band of similarity."""


class Band(Record):
    """Removed documents of some similarities to the kept one that they are nearest to."""

    least: float
    most: float
    removed: int


class Member(Record):
    """A document of a cluster."""

    file: str
    line: int
    kept: bool
    similarity: float
    """To the kept document that it is nearest to."""
    start: str
    """The beginning of its text."""


class Cluster(Record):
    """Documents that hang together through near-duplicates."""

    documents: int
    """Those of given indexes not counted."""
    kept: int
    members: tuple[Member, ...]
    """One that is kept, then removed ones, the least similar first."""


class Summary(Record):
    """What a pass came to."""

    documents: int
    kept: int
    exact: int
    """Removed, of the same normalised text as the kept one."""
    near: tuple[Band, ...]
    """Removed, the others."""
    earlier: int
    """Of those removed, how many for the sake of a document of a given index."""
    empty: int
    """Kept, without a word to compare."""
    broken: int
    """Lines that were left out."""
    clusters: int
    """Of two documents or more, one of them of the files."""


def summary(done: Pass, threshold: float, broken: int) -> Summary:
    """Count what became of the documents of the files."""
    begin, decisions = done.corpus.begin, done.decisions
    kept, similarities = decisions.kept[begin:], decisions.similarities[begin:]
    exact = ~kept & decisions.copies[begin:] & (similarities == 1)
    return Summary(
        documents=len(kept),
        kept=int(kept.sum()),
        exact=int(exact.sum()),
        near=_bands(similarities[~kept & ~exact], threshold),
        earlier=int((~kept & (decisions.nearest[begin:] < begin)).sum()),
        empty=int(decisions.empty[begin:].sum()),
        broken=broken,
        clusters=len(_clusters(done)[0]),
    )


def largest(done: Pass, field: tuple[str, ...]) -> list[Cluster]:
    """The largest clusters, with the beginnings of some of their texts, which are read again.

    Raises:
        BadInput: a file has changed.
    """
    begin, decisions = done.corpus.begin, done.decisions
    names, sizes = _clusters(done)
    chosen = names[np.argsort(-sizes, kind="stable")[:LARGEST]]
    members = [begin + np.flatnonzero(decisions.clusters[begin:] == name) for name in chosen]
    shown = [_shown(decisions, some) for some in members]
    starts = _starts(done.corpus, [one for some in shown for one in some], field)
    return [
        Cluster(
            documents=len(some),
            kept=int(decisions.kept[some].sum()),
            members=tuple(_member(done, one, starts[one]) for one in few),
        )
        for some, few in zip(members, shown, strict=True)
    ]


def duplicates(done: Pass) -> Iterator[dict[str, Any]]:
    """For each removed document: which it is, for which one, how similar, in which cluster."""
    decisions = done.decisions
    removed = np.flatnonzero(~decisions.kept)
    names = np.unique(decisions.clusters[removed])
    clusters = np.searchsorted(names, decisions.clusters[removed]) + 1
    for document, cluster in zip(removed.tolist(), clusters.tolist(), strict=True):
        yield {
            "removed": done.corpus.name(document),
            "kept": done.corpus.name(int(decisions.nearest[document])),
            "similarity": round(float(decisions.similarities[document]), 4),
            "cluster": cluster,
        }


def _clusters(done: Pass) -> tuple[Ints, Ints]:
    """The clusters of two documents or more, and how many each has of the files."""
    clusters = done.decisions.clusters
    names, sizes = np.unique(clusters[done.corpus.begin :], return_counts=True)
    several = np.bincount(clusters, minlength=1)[names] > 1
    return names[several], sizes[several]


def _bands(similarities: NDArray[np.float64], threshold: float) -> tuple[Band, ...]:
    """Counts by bands that end at whole steps; the first begins at the threshold."""
    first = math.floor(threshold / STEP + 1e-9) + 1
    inner = [round(number * STEP, 2) for number in range(first, round(1 / STEP))]
    edges = [threshold, *inner, 1.0]
    counts = np.bincount(
        np.searchsorted(inner, similarities, side="right"),
        minlength=len(edges) - 1,
    )
    return tuple(
        Band(least=least, most=most, removed=count)
        for least, most, count in zip(edges, edges[1:], counts.tolist(), strict=False)
    )


def _shown(decisions: Decisions, members: Ints) -> list[int]:
    """The first kept document, and the removed ones that were least like a kept one."""
    kept = decisions.kept[members]
    first, removed = members[kept][:1], members[~kept]
    others = removed[np.argsort(decisions.similarities[removed], kind="stable")]
    return [*first.tolist(), *others[: MEMBERS - len(first)].tolist()]


def _starts(corpus: Corpus, documents: Sequence[int], field: tuple[str, ...]) -> dict[int, str]:
    """The beginning of the text of each document of the files."""
    by_file: dict[int, list[int]] = defaultdict(list)
    for document in sorted(documents):
        local = document - corpus.begin
        by_file[int(np.searchsorted(corpus.stored.files, local, side="right")) - 1].append(local)
    starts: dict[int, str] = {}
    for number, some in by_file.items():
        found = texts_at(corpus.files[number], field, corpus.stored.lines[some])
        texts = (it.octets(row).decode() for it in found for row in range(len(it.spans)))
        for local, text in zip(some, texts, strict=True):
            start = text[: START + 1]
            cut = start if len(start) <= START else f"{start[:START].rstrip()}…"
            starts[local + corpus.begin] = " ".join(cut.split())
    return starts


def _member(done: Pass, document: int, start: str) -> Member:
    name = done.corpus.name(document)
    return Member(
        file=name["file"],
        line=name["line"],
        kept=bool(done.decisions.kept[document]),
        similarity=round(float(done.decisions.similarities[document]), 4),
        start=start,
    )

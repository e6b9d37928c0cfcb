from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.bands import Buckets
from dedup.copies import EMPTY
from dedup.jaccard import Sets, gathered, jaccard
from dedup.keep import Decided, best_first

CELLS = 3
THRESHOLD = 0.5
TEXTS = st.lists(st.frozensets(st.integers(0, 7), min_size=1, max_size=5), min_size=1, max_size=12)
"""Texts as sets of a few shingles, so that many are near each other."""
CELL = st.integers(0, CELLS - 1)
LIMITS = st.lists(st.integers(0, 6), min_size=CELLS, max_size=CELLS)


@st.composite
def ranked(draw: st.DrawFn) -> tuple[list[frozenset[int]], list[tuple[int, int]]]:
    """Texts; and texts and cells, rank by rank. A text stands there as often as it has copies."""
    texts = draw(TEXTS)
    ranks = st.tuples(st.integers(EMPTY, len(texts) - 1), CELL)
    return texts, draw(st.lists(ranks, min_size=1, max_size=40))


def sets_of(texts: list[frozenset[int]]) -> Sets:
    words = np.array([len(text) for text in texts], dtype=np.int32)
    hashes = [np.array(sorted(text), dtype=np.uint64) for text in texts]
    return gathered(words, np.arange(len(texts)), hashes)


def together(count: int) -> Buckets:
    """One bucket of all texts."""
    return Buckets(np.arange(count), np.array([0, count]))


def decide(
    texts: list[frozenset[int]], ranks: list[tuple[int, int]], limits: list[int] | None = None
) -> Decided:
    numbers, cells = np.array(ranks, dtype=np.int64).T
    room = np.array([len(ranks)] * CELLS if limits is None else limits)
    return best_first(numbers, together(len(texts)), sets_of(texts), THRESHOLD, cells, room)


def similarity(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)


def alike(texts: list[frozenset[int]], one: int, other: int) -> bool:
    if EMPTY in (one, other):
        return False
    return one == other or similarity(texts[one], texts[other]) >= THRESHOLD


Ranked = tuple[list[frozenset[int]], list[tuple[int, int]]]


@given(ranked(), LIMITS)
def test_no_two_kept_are_near_and_no_cell_has_more_than_its_limit(
    drawn: Ranked, limits: list[int]
) -> None:
    texts, ranks = drawn
    kept = decide(texts, ranks, limits).kept
    stay = [it for it, stays in zip(ranks, kept, strict=True) if stays]
    assert not any(alike(texts, a, b) for (a, _), (b, _) in combinations(stay, 2))
    counts = Counter(cell for _, cell in stay)
    assert all(counts[cell] <= limit for cell, limit in enumerate(limits))


@given(ranked(), LIMITS)
def test_each_that_is_not_kept_is_near_a_better_kept_one_or_its_cell_was_full(
    drawn: Ranked, limits: list[int]
) -> None:
    texts, ranks = drawn
    decided = decide(texts, ranks, limits)
    for rank, (text, cell) in enumerate(ranks):
        before = [other for n, other in enumerate(ranks[:rank]) if decided.kept[n]]
        removed = any(alike(texts, text, other) for other, _ in before)
        full = sum(other == cell for _, other in before) == limits[cell]
        assert decided.surplus[rank] == (not removed and full)
        assert decided.kept[rank] == (not removed and not full)


@given(ranked())
def test_the_nearest_is_the_best_of_the_most_similar_kept_ones(drawn: Ranked) -> None:
    texts, ranks = drawn
    decided = decide(texts, ranks)
    kept = {ranks[rank][0]: rank for rank in np.flatnonzero(decided.kept).tolist()}
    for text, _ in ranks:
        if text == EMPTY:
            continue
        # A kept text is nearest to itself, even where another has the same shingles.
        to = {rank: similarity(texts[text], texts[it]) for it, rank in kept.items() if it != EMPTY}
        best = kept.get(text, min(to, key=lambda rank: (-to[rank], rank)))
        assert decided.nearest[text] == best
        assert decided.similarities[text] == to[best]


@given(ranked())
def test_clusters_are_the_connected_components_of_what_is_near(drawn: Ranked) -> None:
    texts, ranks = drawn
    clusters = decide(texts, ranks).clusters.tolist()
    expected = list(range(len(texts)))
    for one, other in combinations(range(len(texts)), 2):
        if alike(texts, one, other):
            old, new = expected[other], expected[one]
            expected = [new if it == old else it for it in expected]
    for one, other in combinations(range(len(texts)), 2):
        assert (clusters[one] == clusters[other]) == (expected[one] == expected[other])


@given(ranked(), st.lists(st.tuples(st.just(EMPTY), CELL), max_size=3), LIMITS)
def test_nothing_that_comes_later_changes_what_was_decided(
    drawn: Ranked, later: list[tuple[int, int]], limits: list[int]
) -> None:
    texts, ranks = drawn
    later = [*later, *ranks[::-1]]
    first, both = decide(texts, ranks, limits), decide(texts, ranks + later, limits)
    assert both.kept[: len(ranks)].tolist() == first.kept.tolist()
    assert both.surplus[: len(ranks)].tolist() == first.surplus.tolist()


A, B, C = (frozenset(range(start, start + 4)) for start in range(3))
"""A chain: the ends have a third in common, the middle is near both."""


@pytest.mark.parametrize(
    ("order", "kept"), [([0, 2, 1], [0, 2]), ([0, 1, 2], [0, 2]), ([1, 0, 2], [1])]
)
def test_a_removed_one_removes_nothing(order: list[int], kept: list[int]) -> None:
    decided = decide([A, B, C], [(text, 0) for text in order])
    assert sorted(order[rank] for rank in np.flatnonzero(decided.kept)) == kept
    assert len(set(decided.clusters.tolist())) == 1


def test_texts_that_share_no_bucket_are_not_compared() -> None:
    nothing = Buckets(np.array([], dtype=np.int64), np.array([0]))
    zeros = np.zeros(2, dtype=np.int64)
    decided = best_first(np.arange(2), nothing, sets_of([A, A]), 0.5, zeros, np.array([2]))
    assert decided.kept.all()
    assert len(set(decided.clusters.tolist())) == 2


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_similarity_is_that_of_the_sets(first: set[int], second: set[int]) -> None:
    expected = len(first & second) / len(first | second) if first | second else 0
    one, other = (np.array(sorted(it), dtype=np.uint64) for it in (first, second))
    assert jaccard(one, other) == expected

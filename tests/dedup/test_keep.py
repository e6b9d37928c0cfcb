from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.jaccard import Near
from dedup.keep import Nearest, best_first, best_first_in_cells, nearest_kept

COUNT = 12
EDGES = st.sets(
    st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)).filter(lambda it: it[0] < it[1])
)


def near(edges: dict[tuple[int, int], float]) -> Near:
    pairs = np.array(sorted(edges), dtype=np.int64).reshape(-1, 2)
    return Near(pairs, np.array([edges[edge] for edge in sorted(edges)], dtype=np.float64))


@given(EDGES)
def test_no_two_kept_are_near(edges: set[tuple[int, int]]) -> None:
    kept = best_first(COUNT, near(dict.fromkeys(edges, 0.8)).pairs)
    assert not any(kept[better] and kept[worse] for better, worse in edges)


@given(EDGES)
def test_each_removed_is_near_a_better_one_that_is_kept(edges: set[tuple[int, int]]) -> None:
    kept = best_first(COUNT, near(dict.fromkeys(edges, 0.8)).pairs)
    assert all(kept[it] or any(kept[a] and b == it for a, b in edges) for it in range(COUNT))


def test_both_ends_of_a_chain_are_kept_if_they_are_better() -> None:
    assert best_first(3, np.array([[0, 2], [1, 2]])).tolist() == [True, True, False]


def test_a_removed_one_removes_nothing() -> None:
    assert best_first(3, np.array([[0, 1], [1, 2]])).tolist() == [True, False, True]


def test_a_removed_one_names_the_kept_one_it_is_most_similar_to() -> None:
    found = near({(0, 1): 0.7, (1, 2): 0.9, (1, 3): 0.9})
    assert nearest_kept(found, best_first(4, found.pairs)) == {1: Nearest(2, 0.9)}


CELLS = 3
RANKED = st.lists(
    st.tuples(st.integers(0, COUNT - 1), st.integers(0, CELLS - 1)), min_size=1, max_size=40
)
"""Texts and cells, rank by rank; a text stands there as often as it has copies."""
LIMITS = st.lists(st.integers(0, 6), min_size=CELLS, max_size=CELLS)
Edges = set[tuple[int, int]]
Ranked = list[tuple[int, int]]


def in_cells(ranked: Ranked, edges: Edges, limits: list[int]) -> tuple[list[bool], list[bool]]:
    """Whether each rank is kept, and whether it is surplus."""
    texts, cells = np.array(ranked, dtype=np.int64).T
    pairs = near(dict.fromkeys(edges, 0.8)).pairs
    decided = best_first_in_cells(texts, pairs, cells, np.array(limits))
    return decided.kept.tolist(), decided.surplus.tolist()


def alike(one: tuple[int, int], other: tuple[int, int], edges: Edges) -> bool:
    return one[0] == other[0] or tuple(sorted((one[0], other[0]))) in edges


@given(RANKED, EDGES, LIMITS)
def test_with_cells_no_two_kept_are_near_and_no_cell_has_more_than_its_limit(
    ranked: Ranked, edges: Edges, limits: list[int]
) -> None:
    kept, _ = in_cells(ranked, edges, limits)
    stay = [it for it, stays in zip(ranked, kept, strict=True) if stays]
    assert not any(alike(a, b, edges) for n, a in enumerate(stay) for b in stay[:n])
    counts = Counter(cell for _, cell in stay)
    assert all(counts[cell] <= limit for cell, limit in enumerate(limits))


@given(RANKED, EDGES, LIMITS)
def test_with_cells_each_that_is_not_kept_is_near_a_better_kept_one_or_its_cell_was_full(
    ranked: Ranked, edges: Edges, limits: list[int]
) -> None:
    kept, surplus = in_cells(ranked, edges, limits)
    for rank, it in enumerate(ranked):
        before = [other for n, other in enumerate(ranked[:rank]) if kept[n]]
        removed = any(alike(it, other, edges) for other in before)
        full = sum(other[1] == it[1] for other in before) == limits[it[1]]
        assert surplus[rank] == (not removed and full)
        assert kept[rank] == (not removed and not full)


@given(RANKED, RANKED, EDGES, LIMITS)
def test_with_cells_nothing_that_comes_later_changes_what_was_decided(
    ranked: Ranked, later: Ranked, edges: Edges, limits: list[int]
) -> None:
    kept, surplus = in_cells(ranked, edges, limits)
    with_more = in_cells(ranked + later, edges, limits)
    assert (with_more[0][: len(kept)], with_more[1][: len(kept)]) == (kept, surplus)


@given(EDGES, st.lists(st.integers(0, CELLS - 1), min_size=COUNT, max_size=COUNT))
def test_with_room_in_every_cell_those_stay_that_stay_without_cells(
    edges: Edges, cells: list[int]
) -> None:
    kept, _ = in_cells(list(enumerate(cells)), edges, [COUNT] * CELLS)
    assert kept == best_first(COUNT, near(dict.fromkeys(edges, 0.8)).pairs).tolist()

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.jaccard import Near
from dedup.keep import Nearest, best_first, nearest_kept

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

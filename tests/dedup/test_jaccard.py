import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.jaccard import jaccard, verified
from dedup.shingle import Shingles

NUMBERS = st.sets(st.integers(0, 30))


def ascending(numbers: set[int]) -> Shingles:
    return np.array(sorted(numbers), dtype=np.uint64)


@given(NUMBERS, NUMBERS)
def test_similarity_is_that_of_the_sets(first: set[int], second: set[int]) -> None:
    expected = len(first & second) / len(first | second) if first | second else 0
    assert jaccard(ascending(first), ascending(second)) == expected


def test_two_empty_sets_have_nothing_in_common() -> None:
    assert jaccard(ascending(set()), ascending(set())) == 0


@pytest.mark.parametrize(("threshold", "found"), [(0.5, 2), (0.51, 1), (1.0, 1)])
def test_only_pairs_at_the_threshold_or_above_are_near(threshold: float, found: int) -> None:
    sets = [ascending(numbers) for numbers in ({1, 2, 3}, {1, 2, 4}, {1, 2, 3}, {9})]
    pairs = np.array([[0, 1], [0, 2], [0, 3]])
    near = verified(pairs, sets, threshold)
    assert near.similarities.tolist() == [0.5, 1.0][-found:]
    assert near.pairs.tolist() == [[0, 1], [0, 2]][-found:]


def test_no_candidates_give_no_near_pairs() -> None:
    near = verified(np.empty((0, 2), dtype=np.int64), [], 0.7)
    assert near.pairs.shape == (0, 2)

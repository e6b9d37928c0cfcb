import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from generator.schedule import cross, schedule, whole_weights

weight_lists = st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(any)


def furthest_from_share(values: NDArray[np.int64], weights: list[int]) -> float:
    """The largest distance between a count and its exact share over all lengths."""
    drawn = np.zeros((len(values), len(weights)))
    drawn[np.arange(len(values)), values] = 1
    shares = np.outer(np.arange(1, len(values) + 1), np.array(weights) / sum(weights))
    return float(np.abs(drawn.cumsum(axis=0) - shares).max())


@given(weight_lists)
def test_every_value_keeps_to_its_share_within_one_at_every_length(weights: list[int]) -> None:
    twice = np.tile(schedule(weights).slots, 2)
    assert furthest_from_share(twice, weights) < 1


@given(weight_lists)
def test_a_reading_begun_at_any_rotation_keeps_to_the_shares_too(weights: list[int]) -> None:
    made = schedule(weights)
    for start in made.rotations:
        assert furthest_from_share(np.roll(made.slots, -start), weights) < 1


@given(st.integers(1, 12))
def test_equal_weights_may_be_begun_anywhere(size: int) -> None:
    assert schedule([1] * size).rotations == list(range(size))


@given(weight_lists)
def test_ranks_count_the_earlier_steps_with_the_same_value(weights: list[int]) -> None:
    made = schedule(weights)
    for step, value in enumerate(made.slots):
        assert made.ranks[step] == (made.slots[:step] == value).sum()


@given(weight_lists, weight_lists)
def test_crossed_sequences_both_keep_to_their_shares(a: list[int], b: list[int]) -> None:
    first, second = cross(schedule(a), schedule(b))
    assert furthest_from_share(first, a) < 1
    assert furthest_from_share(second, b) < 1


@given(st.integers(1, 9), st.integers(1, 9))
def test_crossed_equal_values_meet_equally_often_at_every_length(a: int, b: int) -> None:
    first, second = cross(schedule([1] * a), schedule([1] * b))
    assert len(first) == a * b
    for length in range(1, a * b + 1):
        met = np.zeros((a, b), dtype=int)
        np.add.at(met, (first[:length], second[:length]), 1)
        assert met.max() - met.min() <= 1


@pytest.mark.parametrize(
    ("weights", "whole"),
    [([1.0, 1.0], [1, 1]), ([0.4, 0.5, 0.1], [4, 5, 1]), ([2.0, 0.0, 0.5], [4, 0, 1])],
)
def test_weights_become_the_smallest_whole_numbers(weights: list[float], whole: list[int]) -> None:
    assert whole_weights(weights) == whole
    assert math.gcd(*whole_weights(weights)) == 1

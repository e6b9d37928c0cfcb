from collections.abc import Callable
from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.area import area, interval, standard_error

scores = st.lists(st.integers(1, 5), min_size=1, max_size=30)
shares = st.floats(0, 1)
counts = st.integers(1, 60)


@pytest.mark.parametrize(
    ("good", "bad", "value"),
    [
        ([5, 4], [3, 2, 1], 1.0),
        ([1, 2], [3, 4], 0.0),
        ([3, 3, 3], [3, 3], 0.5),
        ([5, 3], [4, 3], 0.625),  # 5 > 4, 5 > 3, 3 < 4, 3 = 3: 2.5 of 4
        ([4, 2, 5], [3], 2 / 3),
        ([1], [1], 0.5),
    ],
)
def test_the_area_is_the_share_of_pairs_in_order(
    good: list[float], bad: list[float], value: float
) -> None:
    found = area(good, bad)
    assert found is not None
    assert found.value == pytest.approx(value)
    assert (found.good, found.bad) == (len(good), len(bad))


def test_without_documents_of_both_sorts_there_is_no_area() -> None:
    assert area([], [1.0]) is None
    assert area([1.0], []) is None


@given(scores, scores)
def test_the_area_counts_pairs(good: list[int], bad: list[int]) -> None:
    found = area(good, bad)
    wins = sum((one > other) + (one == other) / 2 for one in good for other in bad)
    assert found is not None
    assert found.value == pytest.approx(wins / (len(good) * len(bad)))


@given(scores, scores, st.sampled_from([exp, lambda x: 3 * x - 7, lambda x: x**3]))
def test_only_the_order_of_scores_matters(
    good: list[int], bad: list[int], grow: Callable[[float], float]
) -> None:
    assert area(good, bad) == area([grow(one) for one in good], [grow(one) for one in bad])


@given(scores, scores)
def test_good_and_bad_exchanged_give_what_was_lacking_to_one(
    good: list[int], bad: list[int]
) -> None:
    one, other = area(good, bad), area(bad, good)
    assert one is not None
    assert other is not None
    assert one.value == pytest.approx(1 - other.value)
    assert one.low == pytest.approx(1 - other.high, abs=1e-6)


def test_the_standard_error_is_that_of_hanley_and_mcneil() -> None:
    # Worked by hand: Q1 = 0.8 / 1.2 = 0.66667, Q2 = 1.28 / 1.8 = 0.71111; 0.16 + 9 (Q1 - 0.64)
    # + 19 (Q2 - 0.64) = 1.75111, over 200 pairs 0.0087556, whose root is 0.09357.
    assert standard_error(0.8, 10, 20) == pytest.approx(0.09357, abs=1e-5)
    # The example of their paper: an area of 0.893 from 51 and 58 images has an error of 0.032.
    assert standard_error(0.893, 51, 58) == pytest.approx(0.032, abs=1e-3)


@given(shares, counts, counts)
def test_the_interval_holds_the_area_and_is_never_empty(value: float, good: int, bad: int) -> None:
    low, high = interval(value, good, bad)
    assert 0 <= low <= value + 1e-9
    assert value - 1e-9 <= high <= 1
    assert high - low > 0.02


def test_more_documents_narrow_the_interval() -> None:
    few, many = interval(0.9, 10, 10), interval(0.9, 100, 100)
    assert few[0] < many[0] < 0.9 < many[1] < few[1]


def test_the_interval_holds_the_true_area_about_as_often_as_it_says() -> None:
    # Normal scores with a distance of 1.2 between the groups: the area is Phi(1.2 / sqrt 2).
    true, random, held = 0.80193, np.random.default_rng(6), 0
    for _ in range(300):
        found = area(list(random.normal(1.2, 1, 18)), list(random.normal(0, 1, 28)))
        assert found is not None
        held += found.low <= true <= found.high
    assert held / 300 >= 0.92

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from output.selection import fill

sizes_of = st.lists(st.integers(0, 50), min_size=1, max_size=40).filter(any)
wanteds = st.fractions(0, 4000, max_denominator=97)


@given(sizes_of, wanteds, st.integers(1, 5))
def test_a_budget_is_met_to_half_the_document_at_which_it_stops(
    sizes: list[int], wanted: Fraction, repeats: int
) -> None:
    held = np.array(sizes)
    times = fill(held, wanted, repeats)
    got = int(held @ times)
    if wanted >= repeats * held.sum():
        assert (times == repeats).all()
    else:
        assert 2 * abs(got - wanted) <= max(sizes)


@given(sizes_of, wanteds, st.integers(1, 5))
def test_no_document_is_taken_more_than_once_oftener_than_another(
    sizes: list[int], wanted: Fraction, repeats: int
) -> None:
    times = fill(np.array(sizes), wanted, repeats)
    assert 0 <= times.min() <= times.max() <= repeats
    assert times.max() - times.min() <= 1
    assert (np.diff(times) <= 0).all()


@given(sizes_of, wanteds, wanteds)
def test_a_larger_budget_takes_no_document_less_often(
    sizes: list[int], one: Fraction, other: Fraction
) -> None:
    held = np.array(sizes)
    assert (fill(held, min(one, other), 5) <= fill(held, max(one, other), 5)).all()


def test_all_there_is_fills_a_budget_of_its_size_exactly() -> None:
    assert fill(np.array([3, 5, 2]), Fraction(10), 1).tolist() == [1, 1, 1]
    assert fill(np.array([3, 5, 2]), Fraction(23), 3).tolist() == [3, 2, 2]
    assert fill(np.array([0, 0]), Fraction(0), 1).tolist() == [1, 1]
    assert fill(np.zeros(0, np.int32), Fraction(9), 1).tolist() == []

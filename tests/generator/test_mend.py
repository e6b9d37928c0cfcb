from collections import Counter

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.sparse import csr_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import (  # type: ignore[import-untyped]
    maximum_bipartite_matching,
)

from generator.mend import mend
from generator.schedule import schedule

Case = tuple[list[int], dict[int, frozenset[int]], list[int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Some periods of a sequence, with values barred at some of its steps."""
    made = schedule(draw(st.lists(st.integers(1, 4), min_size=2, max_size=6)))
    start = draw(st.sampled_from(made.rotations))
    values = np.roll(np.tile(made.slots, draw(st.integers(1, 4))), -start).tolist()
    barred = draw(
        st.dictionaries(
            st.integers(0, len(values) - 1),
            st.frozensets(
                st.integers(0, made.size - 1), min_size=1, max_size=max(1, made.size - 1)
            ),
            max_size=len(values),
        )
    )
    return values, barred, made.counts.tolist()


def places_for(
    values: list[int], spans: list[tuple[int, int]], barred: dict[int, frozenset[int]]
) -> int:
    """How many drawings can have a step of their own at once, by another's algorithm."""
    may = np.array(
        [
            [
                first <= step <= last and value not in barred.get(step, ())
                for step in range(len(values))
            ]
            for value, (first, last) in zip(values, spans, strict=True)
        ]
    )
    return int((maximum_bipartite_matching(csr_array(may)) >= 0).sum())


def within_one(values: list[int], period: list[int]) -> bool:
    length, drawn = sum(period), [0] * len(period)
    for step, value in enumerate(values, 1):
        drawn[value] += 1
        if any(abs(d * length - step * p) >= length for d, p in zip(drawn, period, strict=True)):
            return False
    return True


@given(cases())
def test_no_value_stands_where_it_is_barred(case: Case) -> None:
    values, barred, period = case
    mended = mend(values, barred, period)
    assert len(mended.values) == len(values)
    assert not any(mended.values[step] in bar for step, bar in barred.items())


@given(cases())
def test_as_many_values_as_possible_are_kept(case: Case) -> None:
    values, barred, period = case
    mended = mend(values, barred, period)
    anywhere = [(0, len(values) - 1)] * len(values)
    assert mended.forced == len(values) - places_for(values, anywhere, barred)
    kept = Counter(values) & Counter(mended.values)
    assert kept.total() >= len(values) - mended.forced


@given(cases())
def test_counts_are_within_one_at_every_length_wherever_that_is_possible(case: Case) -> None:
    values, barred, period = case
    length, drawn, spans = sum(period), [0] * len(period), []
    for value in values:
        k, count = drawn[value], period[value]
        spans.append((-(-(k * length + 1) // count) - 1, -(-(k + 1) * length // count) - 1))
        drawn[value] += 1
    assume(places_for(values, spans, barred) == len(values))
    assert within_one(mend(values, barred, period).values, period)


@given(cases())
def test_periods_are_exact_where_each_has_an_arrangement(case: Case) -> None:
    values, barred, period = case
    length = sum(period)
    firsts = [step - step % length for step in range(len(values))]
    assume(places_for(values, [(f, f + length - 1) for f in firsts], barred) == len(values))
    mended = mend(values, barred, period).values
    for first in range(0, len(values), length):
        assert Counter(mended[first : first + length]) == Counter(values[first : first + length])


def test_a_conflict_is_mended_by_the_nearest_swap() -> None:
    values = [0, 1, 2, 3, 4, 5]
    mended = mend(values, {2: frozenset({2}), 1: frozenset({2})}, [1] * 6)
    assert mended.values == [0, 1, 3, 2, 4, 5]


def test_where_no_swap_will_do_a_chain_of_moves_is_found() -> None:
    # 0 must leave the first step, and each of the others may go to one step only besides its own.
    barred = {0: frozenset({0, 2}), 1: frozenset({0}), 2: frozenset({1})}
    assert mend([0, 1, 2], barred, [1, 1, 1]) == ([1, 2, 0], 0)


def test_what_cannot_be_kept_is_replaced_and_counted() -> None:
    barred = dict.fromkeys(range(4), frozenset({0}))
    mended = mend([0, 1, 2, 3], barred, [1, 1, 1, 1])
    assert mended.forced == 1
    assert 0 not in mended.values


def test_a_sequence_without_conflicts_stays_as_it_is() -> None:
    assert mend([0, 1, 0, 1], {0: frozenset({1})}, [1, 1]) == ([0, 1, 0, 1], 0)

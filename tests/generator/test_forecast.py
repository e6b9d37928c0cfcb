import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from generator.forecast import (
    RATE,
    Interval,
    Likeness,
    count_of,
    distinct,
    enough,
    kept_of,
    total_of,
)

REPETITIONS = 60
ENOUGH = int(stats.binom.ppf(0.001, REPETITIONS, RATE))
"""Intervals that hold less often have a lower rate than stated, at odds of 999 to 1."""


@given(st.data())
def test_a_count_lies_between_what_was_seen_and_what_could_be(data: st.DataObject) -> None:
    whole = data.draw(st.integers(1, 10**7))
    of = data.draw(st.integers(1, whole))
    seen = data.draw(st.integers(0, of))
    found = count_of(seen, of, whole)
    assert seen <= found.low <= found.high <= whole - (of - seen)
    assert found.expected == pytest.approx(seen / of * whole)
    if of == whole:
        assert found.low == found.high == seen


def test_a_count_of_none_or_all_is_closed_on_that_side() -> None:
    assert count_of(0, 60, 2000).low == 0
    assert count_of(60, 60, 2000).high == 2000
    # The rule of three says 5% at a rate of 95%, which is one side of 90%; Jeffreys' is below it.
    assert 0.02 < count_of(0, 60, 2000).high / 2000 < 0.05


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.97])
def test_counts_of_finite_plans_lie_in_their_intervals_at_the_stated_rate(share: float) -> None:
    draw = np.random.default_rng(1)
    held = 0
    for _ in range(REPETITIONS):
        sort = draw.random(2000) < share
        found = count_of(int(sort[:60].sum()), 60, 2000)
        held += found.low <= sort.sum() <= found.high
    assert held >= ENOUGH


def test_totals_lie_in_their_intervals_at_the_stated_rate_though_kinds_differ() -> None:
    draw = np.random.default_rng(2)
    held = 0
    for _ in range(REPETITIONS * 5):
        values = {"a": draw.lognormal(6, 0.4, 1000), "b": draw.normal(3000, 50, 1000)}
        seen = {"a": values["a"][:20].tolist(), "b": values["b"][:40].tolist()}
        found = total_of(seen, {"a": 980, "b": 960})
        held += found.low <= sum(v.sum() for v in values.values()) <= found.high
    assert held >= stats.binom.ppf(0.001, REPETITIONS * 5, RATE)
    # Kinds that differ are no error: each has a mean of its own.
    assert held <= stats.binom.ppf(0.999, REPETITIONS * 5, RATE)


def test_the_total_of_items_that_are_all_written_is_known() -> None:
    assert total_of({"a": [3, 5]}, {"a": 0}) == Interval(8, 8, 8)
    with pytest.raises(ValueError, match="no spread"):
        total_of({"a": [3]}, {"a": 2})


def clusters(texts: NDArray[np.int64]) -> tuple[int, ...]:
    """Sizes of those that are the same; below 0 are texts like no other."""
    counts = Counter(texts[texts >= 0].tolist())
    return tuple(count for count in counts.values() if count > 1)


Law = Callable[[np.random.Generator, int], NDArray[np.int64]]


def some_of(share: float, texts: int) -> Law:
    return lambda draw, size: np.where(draw.random(size) < share, draw.integers(0, texts, size), -1)


def zipf(draw: np.random.Generator, size: int) -> NDArray[np.int64]:
    return draw.zipf(1.3, size)


@pytest.mark.parametrize(
    "law",
    [some_of(0, 1), some_of(0.05, 10), some_of(0.3, 1), some_of(1, 300), some_of(1, 3000), zipf],
    ids=["none alike", "stock texts", "one text", "few texts", "many texts", "zipf"],
)
@pytest.mark.parametrize("pilot", [54, 400])
def test_what_is_kept_lies_in_its_interval_whatever_the_repertoire(law: Law, pilot: int) -> None:
    draw = np.random.default_rng(3)
    held = 0
    for _ in range(REPETITIONS):
        texts = law(draw, 1800)
        lost = Likeness(1800, clusters(texts)).removed
        found = kept_of(Interval(1800, 1800), Likeness(pilot, clusters(texts[:pilot])))
        held += (
            found.kept.low <= 1800 - lost <= found.kept.high
            and found.duplicates.low <= lost <= found.duplicates.high
        )
    assert held >= ENOUGH


def test_sixty_documents_that_are_all_different_do_not_prove_that_a_run_repeats_nothing() -> None:
    found = kept_of(Interval(1900, 1900), Likeness(60, ()))
    assert found.duplicates.low == 0
    assert found.duplicates.high > 1000
    surer = kept_of(Interval(1900, 1900), Likeness(enough(1900, 0.1), ()))
    assert 0.09 < surer.duplicates.high / 1900 < 0.12


def test_a_single_document_says_nothing_of_duplicates() -> None:
    found = kept_of(Interval(5, 25), Likeness(1, ()))
    assert (found.kept.low, found.kept.high) == (1, 25)
    assert found.duplicates.high == 24


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=30), st.integers(2, 3000))
def test_no_repertoire_loses_more_than_one_of_equal_texts(weights: list[float], size: int) -> None:
    whole = sum(weights)
    shares = [weight / whole for weight in weights]
    different = sum(-math.expm1(-size * share) for share in shares)
    p = sum(share**2 for share in shares)
    assert different >= -math.expm1(-size * p) / p - 1e-6


@given(st.integers(1, 200), st.integers(1, 2000))
def test_draws_of_equally_likely_texts(texts: int, size: int) -> None:
    assert distinct(1 / texts, size) == pytest.approx(
        texts * (1 - (1 - 1 / texts) ** size), rel=1e-6
    )

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exempla.errors import BadInput
from exempla.source import Place
from generator.deal import Deal, DealtAxis, deal
from generator.schedule import whole_weights
from prompts.axis import Axis, AxisValue, Tool
from prompts.exclusion import excluded

HERE = Place(Path("nowhere"), 1)
Excludes = dict[tuple[int, int], dict[str, tuple[str, ...]]]


def axes_of(weights: Sequence[Sequence[float]], excludes: Excludes) -> list[Axis]:
    return [
        Axis(
            f"a{a}",
            "says",
            tuple(
                AxisValue(id=f"v{v}", text=f"{a} {v}", weight=w, excludes=excludes.get((a, v), {}))
                for v, w in enumerate(given)
            ),
            HERE,
        )
        for a, given in enumerate(weights)
    ]


@st.composite
def sparse(draw: st.DrawFn) -> list[Axis]:
    """Axes of at least six values with about one exclusion for each value of an axis."""
    weights = draw(
        st.lists(
            st.lists(st.sampled_from([0.5, 1.0, 1.0, 1.5, 2.0, 3.0]), min_size=6, max_size=20),
            min_size=2,
            max_size=5,
        )
    )
    places = [(a, v) for a, given in enumerate(weights) for v in range(len(given))]
    pairs = [(one, two) for one, two in itertools.combinations(places, 2) if one[0] != two[0]]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=15, unique=True))
    excludes: Excludes = {}
    for one, (a, v) in chosen:
        mine = excludes.setdefault(one, {})
        mine[f"a{a}"] = (*mine.get(f"a{a}", ()), f"v{v}")
    return axes_of(weights, excludes)


def dealt(axes: list[Axis], key: int = 0, period: int = 5) -> Deal:
    try:
        return deal(axes, "kind", period, key)
    except BadInput:
        assume(condition=False)
        raise


def lengths_over_one(axis: DealtAxis, length: int) -> int:
    """Lengths at which some value is a whole item or more from its exact share."""
    weights = np.array(whole_weights([value.weight for value in axis.axis.values]))
    drawn = np.zeros((length, len(weights)), dtype=np.int64)
    drawn[np.arange(length), axis.values(0, length)] = 1
    apart = drawn.cumsum(axis=0) * weights.sum() - np.outer(np.arange(1, length + 1), weights)
    return int((np.abs(apart).max(axis=1) >= weights.sum()).sum())


@given(sparse(), st.integers(0, 9), st.integers(0, 10**6))
def test_no_item_has_two_values_that_exclude_each_other(
    axes: list[Axis], key: int, first: int
) -> None:
    made = dealt(axes, key)
    tables = [(x.name, y.name, excluded(x, y)) for x, y in itertools.combinations(axes, 2)]
    for rank in range(first, first + 150):
        ids = made.at(rank).ids
        assert not any(ids[y] in table.get(ids[x], ()) for x, y, table in tables)


@settings(max_examples=50)
@given(sparse(), st.integers(0, 9))
def test_counts_are_exact_at_the_end_of_each_window(axes: list[Axis], key: int) -> None:
    """Promised wherever a window has any arrangement without a conflict, so where none is forced.

    With exclusions as sparse as here that is everywhere but in a window or two.
    """
    for axis in dealt(axes, key).axes:
        length = axis.window_length
        whole = sum(Fraction(value.weight) for value in axis.axis.values)
        for number in range(4):
            if axis.before and axis.window(number).forced:
                continue
            counts = Counter(axis.values(number * length, (number + 1) * length))
            for place, value in enumerate(axis.axis.values):
                assert counts[place] == length * Fraction(value.weight) / whole


def test_counts_are_within_one_at_nearly_every_length() -> None:
    """Promised where the periods of a window have an arrangement that is; here nearly all have.

    Five axes of twelve values, three of them weighted, with sixteen random exclusions.
    """
    over = 0
    weights = [[1.0] * 12, [1.0] * 12, [1.0] * 10 + [2.0] * 2, [0.5, 1.5] * 6, [1.0, 1.0, 3.0] * 4]
    for key in range(30):
        draw = random.Random(key)
        excludes: Excludes = {}
        for _ in range(16):
            a, b = draw.sample(range(5), 2)
            mine = excludes.setdefault((a, draw.randrange(12)), {})
            mine[f"a{b}"] = (*mine.get(f"a{b}", ()), f"v{draw.randrange(12)}")
        made = dealt(axes_of(weights, excludes), key)
        over += sum(lengths_over_one(axis, 1000) for axis in made.axes)
    assert over <= 30 * 5 * 1000 / 1000


@given(sparse(), st.integers(0, 10**6))
def test_an_item_is_the_same_from_wherever_it_is_computed(axes: list[Axis], rank: int) -> None:
    backwards = dealt(axes)
    there = [backwards.at(r) for r in range(rank + 40, rank - 1, -1)]
    forwards = dealt(axes)
    assert there[::-1] == [forwards.at(r) for r in range(rank, rank + 41)]


def test_only_axes_that_exclude_something_of_earlier_ones_are_rearranged() -> None:
    weights = [[1.0] * 4] * 4
    plain = dealt(axes_of(weights, {}))
    some = dealt(axes_of(weights, {(2, 0): {"a1": ("v0",), "a9": ("v0",)}}))
    assert [bool(axis.before) for axis in some.axes] == [False, False, True, False]
    for old, new in zip(plain.axes, some.axes, strict=True):
        assert (old.values(0, 2000) == new.values(0, 2000)) == (not new.before)


def test_slots_are_filled_evenly_also_where_exclusions_rearrange() -> None:
    values = tuple(
        AxisValue(
            id=f"v{n}", text=f"{n}{{x}}", lists={"x": tuple("abcde")}, excludes={"form": (f"f{n}",)}
        )
        for n in range(4)
    )
    forms = tuple(AxisValue(id=f"f{n}", text=f"f{n}") for n in range(4))
    for axes in (
        [Axis("form", "", forms, HERE), Axis("tone", "", values, HERE)],
        [Axis("tone", "", values, HERE), Axis("form", "", forms, HERE)],
    ):
        made = dealt(axes)
        words = Counter(made.at(rank).words["tone"] for rank in range(4 * 5 * 20))
        assert len(words) == 20
        assert set(words.values()) == {20}


def test_a_system_message_and_tools_count_for_the_id() -> None:
    tool = Tool(name="ring", description="Rings.", parameters={"type": "object"})
    parts = set()
    for more in ({}, {"system": "Answer."}, {"tools": (tool,)}):
        value = AxisValue.model_validate({"id": "v", "text": "desk", **more})
        made = dealt([Axis("desk", "", (value,), HERE)])
        assert made.at(0).words == {"desk": "desk"}
        parts.add(tuple(made.at(0).parts))
    assert len(parts) == 3


@pytest.mark.parametrize(
    ("excludes", "what"),
    [
        ({(0, 1): {"a1": ("v0", "v1")}}, "'v1' of 'a0' can go with no value of 'a1'"),
        ({(1, 0): {"a0": ("v0", "v1")}}, "'v0' of 'a1' can go with no value of 'a0'"),
        (
            {(0, 0): {"a2": ("v0",)}, (1, 1): {"a2": ("v1",)}},
            "'v0' of 'a0', 'v1' of 'a1' together exclude every value of 'a2'",
        ),
    ],
)
def test_values_that_leave_nothing_on_another_axis_are_refused(
    excludes: Excludes, what: str
) -> None:
    with pytest.raises(BadInput) as caught:
        deal(axes_of([[1.0] * 2] * 3, excludes), "tale", 5, 0)
    (problem,) = caught.value.problems
    assert f"in the kind 'tale', {what}" in problem.what


def test_values_that_cannot_stand_together_may_leave_nothing_between_them() -> None:
    excludes: Excludes = {
        (0, 0): {"a2": ("v0",), "a1": ("v1",)},
        (1, 1): {"a2": ("v1",)},
    }
    made = deal(axes_of([[1.0] * 2] * 3, excludes), "tale", 5, 0)
    for rank in range(200):
        ids = made.at(rank).ids
        assert (ids["a0"], ids["a1"]) != ("v0", "v1")
        assert (ids["a0"], ids["a2"]) != ("v0", "v0")
        assert (ids["a1"], ids["a2"]) != ("v1", "v1")

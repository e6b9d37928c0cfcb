from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import Constitution, load_constitution
from generator.cells import cells_of, counted, most, name_of, next_round, reach, shares
from generator.plan import Plan, PlanSettings, make_plan
from prompts.library import BUILT_IN as PROMPTS
from prompts.library import Library, load_library

World = tuple[Constitution, Library]
WEIGHTS = st.sampled_from([0.5, 1.0, 1.0, 3.0])
PRINCIPLES = 4


@pytest.fixture(scope="module")
def world() -> World:
    constitution = load_constitution(CONSTITUTION)
    library = load_library(PROMPTS, {p.id: p for p in constitution.principles}, variant="quick")
    few = constitution.principles[:PRINCIPLES]
    return replace(constitution, principles=few), library


def plan_of(
    world: World, accepted: int, weights: tuple[float, ...] = (1.0,) * PRINCIPLES, tries: float = 2
) -> Plan:
    constitution, library = world
    principles = {p.id: w for p, w in zip(constitution.principles, weights, strict=True)}
    kinds = {"story": weights[0], "exposition": weights[1]}
    return make_plan(
        constitution,
        library,
        PlanSettings(accepted=accepted, tries=tries, kinds=kinds, principles=principles),
    )


SIZED = st.tuples(st.integers(1, 90), st.tuples(*[WEIGHTS] * PRINCIPLES))


@settings(max_examples=20)
@given(SIZED)
def test_a_share_is_what_the_cell_has_of_the_first_items(
    world: World, sized: tuple[int, tuple[float, ...]]
) -> None:
    plan = plan_of(world, *sized)
    items = [plan.item(index) for index in range(len(plan))]
    counts = Counter((item.kind, item.principle) for item in items)
    found = {name_of(plan, cell): share for cell, share in enumerate(shares(plan).tolist())}
    assert {cell: share for cell, share in found.items() if share} == counts
    named = [name_of(plan, cell) for cell in cells_of(plan, plan.first(None)).tolist()]
    assert named == [(item.kind, item.principle) for item in items]


@settings(max_examples=20)
@given(SIZED, st.randoms())
def test_rounds_take_the_next_items_of_short_cells_until_these_are_full_or_had_their_tries(
    world: World, sized: tuple[int, tuple[float, ...]], chance: st.DataObject
) -> None:
    plan = plan_of(world, *sized)
    written, kept, wanted = counted(plan, [plan.first(None)]), shares(plan) * 0, shares(plan)
    rounds = [np.arange(len(plan))]
    while len(rounds[-1]):
        for cell in cells_of(plan, rounds[-1]).tolist():
            if kept[cell] < wanted[cell]:
                kept[cell] += chance.choice((0, 0, 1))  # type: ignore[attr-defined]
        rounds.append(next_round(plan, written, kept))
        written = counted(plan, rounds)
        asked = cells_of(plan, rounds[-1])
        assert (kept[asked] < wanted[asked]).all()
        assert (np.diff(rounds[-1]) > 0).all()
        assert (written <= most(plan)).all()
    assert ((kept == wanted) | (written == most(plan))).all()
    every = np.concatenate(rounds)
    assert len(set(every.tolist())) == len(every)
    assert every.max() < reach(plan)
    # No item of a cell is left out before its last one.
    last = every.max() + 1
    for cell in np.flatnonzero(written).tolist():
        own = np.flatnonzero(cells_of(plan, range(last)) == cell)
        assert set(own[: written[cell]].tolist()) <= set(every.tolist())


def test_a_cell_is_asked_for_what_it_lacks_over_the_smoothed_share_that_was_kept(
    world: World,
) -> None:
    plan = plan_of(world, 80, tries=10)
    written = shares(plan)
    assert set(written.tolist()) == {10}
    kept = np.array([10, 3, 0, 10, 10, 10, 10, 10])
    asked = counted(plan, [next_round(plan, written, kept)])
    # 7 / ((3 + 1) / (10 + 2)) = 21; 10 / (1 / 12) = 120, of which 90 tries are left.
    assert asked.tolist() == [0, 21, 90, 0, 0, 0, 0, 0]


def test_tries_are_counted_without_errors_of_rounding(world: World) -> None:
    plan = plan_of(world, 80, tries=1.1)
    assert set(most(plan).tolist()) == {11}


def test_a_plan_that_counts_what_is_written_ends_with_its_items(world: World) -> None:
    constitution, library = world
    assert reach(make_plan(constitution, library, PlanSettings(items=33))) == 33


def test_items_and_accepted_cannot_both_be_set() -> None:
    with pytest.raises(ValidationError, match=r"plan\.items and plan\.accepted are both set"):
        PlanSettings(items=5, accepted=5)
    with pytest.raises(ValidationError, match=r"plan\.tries is set without plan\.accepted"):
        PlanSettings(tries=2)

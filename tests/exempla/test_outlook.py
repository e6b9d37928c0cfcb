"""The forecast of a plan from its first items, on outcomes drawn from a law."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from exempla.errors import BadInput
from exempla.outlook import DEEPEST, Depths, Seen, cell_sizes, depth_counts, outlook
from exempla.pilot import check_size
from exempla.project import Project, load_project
from generator.forecast import RATE
from generator.item import Item
from generator.plan import Plan

ITEMS, PILOT, REPETITIONS = 2000, 60, 50
ENOUGH = int(stats.binom.ppf(0.001, REPETITIONS, RATE))
"""37 of 50: an interval that holds less often has a lower rate than 90%, at odds of 999 to 1."""
REASONS = ("truncated", "refusal", "grown")
STOCK, REPEATED = 10, 0.05
"""As the scripted engine repeats itself: a share of its texts are one of ten."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    settings = ["engine.name=scripted", f"plan.items={ITEMS}"]
    return load_project(tmp_path_factory.mktemp("empty"), settings)


@pytest.fixture(scope="module")
def plan(project: Project) -> Plan:
    return project.plan


@pytest.fixture(scope="module")
def items(plan: Plan) -> list[Item]:
    return [plan.item(index) for index in range(ITEMS)]


@pytest.fixture(scope="module")
def flat(plan: Plan) -> Depths:
    """Ideas in view cost nothing."""
    return {kind.name: [0.0] * (DEEPEST + 1) for kind in plan.kinds}


def drawn(items: Sequence[Item], seed: int) -> list[Seen]:
    """A run of which kinds differ in length, in how often they fail, and in why."""
    draw = np.random.default_rng(seed)
    places = sorted({item.kind for item in items})
    why = draw.choice(REASONS, len(items), p=(0.6, 0.3, 0.1)).tolist()
    run = []
    for item, reason in zip(items, why, strict=True):
        place = places.index(item.kind)
        failed = draw.random() < 0.05 + 0.08 * place
        size = draw.lognormal(6 + 0.5 * place, 0.3) * (draw.random() if failed else 1)
        stock = draw.random() < REPEATED and not failed
        cluster = str(draw.integers(STOCK)) if stock else None
        run.append(Seen(item, reason if failed else None, int(size * 4), int(size), cluster))
    return run


def truth(run: Sequence[Seen]) -> dict[str, float]:
    """What came of a run, named as `figures` names it."""
    found: dict[str, float] = {
        "prompts": sum(one.prompt_tokens for one in run),
        "answers": sum(one.answer_tokens for one in run),
    }
    for reason, count in Counter(one.reason for one in run if one.reason).items():
        found[f"reason {reason}"] = count
    for kind in ("", *{one.item.kind for one in run}):
        accepted = [o for o in run if o.reason is None and kind in ("", o.item.kind)]
        clusters = Counter(one.cluster for one in accepted if one.cluster)
        lost = clusters.total() - len(clusters)
        found[f"rejected {kind}"] = sum(
            o.reason is not None for o in run if kind in ("", o.item.kind)
        )
        found[f"accepted {kind}"] = len(accepted)
        found[f"duplicates {kind}"] = lost
        found[f"kept {kind}"] = len(accepted) - lost
    return found


def figures(told: Mapping[str, Any]) -> dict[str, Mapping[str, float]]:
    """The intervals of an outlook, by name."""
    names = ("rejected", "accepted", "duplicates", "kept")
    return {
        "prompts": told["tokens"]["prompts"],
        "answers": told["tokens"]["answers"],
        **{f"reason {reason}": found for reason, found in told["reasons"].items()},
        **{f"{name} ": told[name] for name in names},
        **{f"{name} {kind}": told["kinds"][kind][name] for kind in told["kinds"] for name in names},
    }


def test_every_figure_of_a_run_lies_in_its_interval_at_the_stated_rate(
    plan: Plan, items: list[Item], flat: Depths
) -> None:
    held: Counter[str] = Counter()
    for seed in range(REPETITIONS):
        run = drawn(items, seed)
        told = outlook(plan, run[:PILOT], flat)
        unmet = told["other_reasons"]
        for name, figure in truth(run).items():
            # A reason that the pilot did not meet has the interval of any other.
            found = figures(told).get(name, unmet)
            held[name] += found["low"] <= figure <= found["high"]
    assert len(held) == 2 + len(REASONS) + 4 * 5
    assert {name: count for name, count in held.items() if count < ENOUGH} == {}


def test_a_pilot_of_the_whole_plan_knows_it(plan: Plan, items: list[Item], flat: Depths) -> None:
    run = drawn(items, 0)
    found, known = figures(outlook(plan, run, flat)), truth(run)
    for name in ("prompts", "answers", "rejected ", "accepted ", "kept ", "accepted story"):
        assert found[name]["low"] == found[name]["high"] == known[name]


def test_a_pilot_sees_every_kind_and_principle_in_its_share(plan: Plan) -> None:
    pilot = [plan.item(index) for index in range(PILOT)]
    for names, whole in (
        (Counter(item.kind for item in pilot), len(plan.kinds)),
        (Counter(item.principle for item in pilot), len(plan.principles)),
    ):
        assert len(names) == whole
        assert all(abs(count - PILOT / whole) < 1 for count in names.values())


def test_a_cell_that_was_not_seen_has_no_figure(
    plan: Plan, items: list[Item], flat: Depths
) -> None:
    told = outlook(plan, drawn(items, 0)[:PILOT], flat)
    seen = {(o.item.kind, o.item.principle) for o in drawn(items, 0)[:PILOT]}
    for cell in told["cells"]:
        assert (cell["kept"] is not None) == ((cell["kind"], cell["principle"]) in seen)
    assert any("20 of 80 cells" in note for note in told["notes"])
    assert any("say little of duplicates" in note for note in told["notes"])


@pytest.mark.parametrize("length", [1, 60, 80, 777])
def test_cells_are_counted_as_the_plan_deals_them(plan: Plan, length: int) -> None:
    items = map(plan.item, range(length))
    counted = Counter((item.kind, item.principle) for item in items)
    assert +Counter(cell_sizes(plan, length)) == counted


@pytest.mark.parametrize(("items", "clauses"), [(0, 3), (7, 3), (200, 3), (1, 12), (75, 3)])
def test_depths_are_those_of_items_that_take_clauses_in_turn(items: int, clauses: int) -> None:
    depths = Counter(min(rank // clauses, DEEPEST) for rank in range(items))
    assert depth_counts(items, clauses) == [depths[depth] for depth in range(DEEPEST + 1)]


def test_prompts_that_grow_with_earlier_ideas_are_counted_in(
    plan: Plan, items: list[Item], flat: Depths
) -> None:
    run = drawn(items, 0)
    growing = {kind: [100.0 * depth for depth in range(DEEPEST + 1)] for kind in flat}
    more = sum(100 * plan.item(index).replicate for index in range(ITEMS))
    told = [outlook(plan, run[:PILOT], depths)["tokens"]["prompts"] for depths in (flat, growing)]
    assert told[1]["expected"] - told[0]["expected"] == pytest.approx(more)


def test_a_pilot_that_could_tell_nothing_of_a_kind_is_refused(plan: Plan) -> None:
    check_size(plan, 8)
    with pytest.raises(BadInput, match=r"fewer than 2 items of: [\s\S]*at least --pilot 8"):
        check_size(plan, 5)


def test_a_plan_too_small_to_tell_anything_says_so(tmp_path: Path) -> None:
    small = load_project(tmp_path, ["engine.name=scripted", "plan.items=5"])
    with pytest.raises(BadInput, match=r"raise plan\.items"):
        check_size(small.plan, 5)

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constitution.collection import Constitution
from constitution.principle import Clause, Principle
from exempla.errors import BadInput
from exempla.source import Place
from generator.item import Item
from generator.plan import BLOCK, Part, Plan, PlanSettings, make_plan
from prompts.axis import Axis, AxisValue
from prompts.kind import Kind
from prompts.library import Library
from prompts.seed import Seed, SeedFields

HERE = Place(Path("nowhere"), 1)
weights = st.sampled_from([0.5, 1.0, 1.0, 1.0, 2.0, 3.0])


def principle(name: str, clauses: int) -> Principle:
    points = tuple(
        Clause(f"{name}/{n:04x}", "In practice", f"Point {n} of {name}.", HERE)
        for n in range(clauses)
    )
    return Principle(name, name, f"Be {name}.", "Because.", points, (), 1.0, (), HERE)


def seed(name: str, principles: tuple[str, ...]) -> Seed:
    fields = SeedFields(
        id=name,
        premise=name,
        role="r",
        pressure="p",
        admirable="a",
        principles=principles,
        setting="yard",
        era="present",
        scale="street",
        pulls=("boredom",),
    )
    return Seed(fields, f"digest-{name}", HERE)


def axis(name: str, given: list[float]) -> Axis:
    values = (AxisValue(id=f"v{n}", text=f"{name} {n}", weight=w) for n, w in enumerate(given))
    return Axis(name, "says", tuple(values), HERE)


def kind(name: str, axes: tuple[str, ...], *, needs_seed: bool) -> Kind:
    needs = ("principle", "seed") if needs_seed else ("principle",)
    return Kind(name, "says", needs, axes, 0, None, None, (), (), frozenset(), HERE)  # type: ignore[arg-type]


def library_of(
    kinds: dict[str, Kind], axes: Mapping[str, Axis] | None = None, *seeds: Seed
) -> Library:
    axes = axes or {}
    return Library(Path(), kinds, {s.id: s for s in seeds}, axes, {}, axes)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Constitution, Library, PlanSettings]:
    names = [f"p{n}" for n in range(draw(st.integers(1, 7)))]
    principles = tuple(principle(name, draw(st.integers(1, 5))) for name in names)
    seeds = [seed(f"s-{name}", (name,)) for name in names]
    for n in range(draw(st.integers(0, 6))):
        touched = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        seeds.append(seed(f"t{n}", tuple(touched)))
    axes = {
        name: axis(name, draw(st.lists(weights, min_size=1, max_size=9)))
        for name in draw(st.sampled_from([(), ("genre",), ("genre", "tense")]))
    }
    kinds = {
        f"k{n}": kind(f"k{n}", tuple(axes), needs_seed=draw(st.booleans()))
        for n in range(draw(st.integers(1, 4)))
    }
    plan = PlanSettings(
        items=draw(st.integers(1, 400)),
        seed=draw(st.integers(0, 5)),
        kinds={name: draw(weights) for name in kinds},
        principles={name: draw(weights) for name in names if draw(st.booleans())},
    )
    library = library_of(kinds, axes, *seeds)
    return Constitution("test", "1", principles, "digest"), library, plan


World = tuple[Constitution, Library, PlanSettings]


def all_items(plan: Plan) -> list[Item]:
    return [plan.item(index) for index in range(len(plan))]


def assert_within_one(counts: Mapping[str, int], shares: Mapping[str, float], total: int) -> None:
    whole = sum(map(Fraction, shares.values()))
    for name, share in shares.items():
        assert abs(counts.get(name, 0) - total * Fraction(share) / whole) < 1, name


@given(worlds())
def test_kinds_and_principles_keep_to_their_shares_within_one(world: World) -> None:
    constitution, _library, wanted = world
    items = all_items(make_plan(*world))
    assert_within_one(Counter(item.kind for item in items), wanted.kinds, len(items))
    shares = {p.id: 1.0 for p in constitution.principles} | wanted.principles
    assert_within_one(Counter(item.principle for item in items), shares, len(items))


@given(worlds())
def test_axis_values_keep_to_their_shares_within_each_kind(world: World) -> None:
    _, library, _ = world
    by_kind: defaultdict[str, list[Item]] = defaultdict(list)
    for item in all_items(make_plan(*world)):
        by_kind[item.kind].append(item)
    for items in by_kind.values():
        for name, axis in library.axes.items():
            counts = Counter(item.axes[name] for item in items)
            shares = {value.id: value.weight for value in axis.values}
            assert_within_one(counts, shares, len(items))


@given(worlds())
def test_clauses_and_seeds_are_spread_evenly_within_each_cell(world: World) -> None:
    constitution, library, _ = world
    cells: defaultdict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in all_items(make_plan(*world)):
        cells[item.kind, item.principle].append(item)
    principles = {p.id: p for p in constitution.principles}
    for (kind_name, name), items in cells.items():
        equal = {clause.id: 1.0 for clause in principles[name].clauses}
        assert_within_one(Counter(item.clause for item in items), equal, len(items))
        if "seed" in library.kinds[kind_name].needs:
            seeds = {s.id: 1.0 for s in library.seeds_for(name)}
            assert_within_one(Counter(item.seed or "" for item in items), seeds, len(items))


@given(worlds())
def test_ids_are_unique_and_replicates_count_within_a_chain(world: World) -> None:
    items = all_items(make_plan(*world))
    assert len({item.id for item in items}) == len(items)
    seen: Counter[tuple[str, str]] = Counter()
    for item in items:
        assert item.replicate == seen[item.kind, item.clause]
        seen[item.kind, item.clause] += 1


@given(worlds(), st.integers(1, 300))
def test_a_larger_plan_begins_with_the_smaller_one(world: World, more: int) -> None:
    constitution, library, wanted = world
    larger = wanted.model_copy(update={"items": wanted.items + more})
    small, large = make_plan(*world), make_plan(constitution, library, larger)
    assert [small.item(i) for i in range(len(small))] == [large.item(i) for i in range(len(small))]


@given(worlds(), st.integers(1, 5))
def test_workers_share_the_plan_without_gap_or_overlap(world: World, count: int) -> None:
    plan = make_plan(*world)
    parts = [
        [
            int(index)
            for block in plan.blocks(Part(number, count), plan.first(None))
            for index in block
        ]
        for number in range(1, count + 1)
    ]
    assert sorted(index for part in parts for index in part) == list(range(len(plan)))
    chains = [{(plan.item(i).kind, plan.item(i).clause) for i in part} for part in parts]
    for number, mine in enumerate(chains):
        for other in chains[number + 1 :]:
            assert not mine & other


@settings(max_examples=20)
@given(worlds())
def test_items_far_away_are_computed_without_those_before_them(world: World) -> None:
    constitution, library, wanted = world
    plan = make_plan(constitution, library, wanted.model_copy(update={"items": 10**8}))
    far = plan.item(10**8 - 1)
    assert far.index == 10**8 - 1
    assert far.replicate > 10**4


@given(worlds())
def test_an_edited_seed_changes_the_ids_of_its_items_alone(world: World) -> None:
    constitution, library, wanted = world
    edited = next(iter(library.seeds.values()))
    changed = {**library.seeds, edited.id: replace(edited, digest="edited")}
    before = all_items(make_plan(constitution, library, wanted))
    after = all_items(make_plan(constitution, replace(library, seeds=changed), wanted))
    for old, new in zip(before, after, strict=True):
        assert (old.id != new.id) == (old.seed == edited.id)


def test_an_edited_entry_changes_the_ids_of_the_items_that_have_it_alone() -> None:
    def items(entry: str) -> list[Item]:
        value = AxisValue(id="v", text="in {town}", lists={"town": ("Ashby", entry, "Corve")})
        place = Axis("place", "says", (value, AxisValue(id="w", text="at sea")), HERE)
        world = (
            Constitution("c", "1", (principle("p", 2),), "d"),
            library_of({"k": kind("k", ("place",), needs_seed=False)}, {"place": place}),
            PlanSettings(items=60),
        )
        return all_items(make_plan(*world))

    before, after = items("Brock"), items("Brill")
    assert Counter(item.words["place"] for item in before) == {
        "at sea": 30,
        "in Ashby": 10,
        "in Brock": 10,
        "in Corve": 10,
    }
    for old, new in zip(before, after, strict=True):
        assert (old.id != new.id) == (old.words["place"] == "in Brock")


def test_within_a_block_each_chain_has_its_first_item_before_any_has_its_second() -> None:
    world = (
        Constitution("c", "1", (principle("p", 3), principle("q", 2)), "d"),
        library_of({"k": kind("k", (), needs_seed=False), "l": kind("l", (), needs_seed=False)}),
        PlanSettings(items=BLOCK + 100),
    )
    plan = make_plan(*world)
    for block in plan.blocks(Part(), plan.first(None)):
        items = [plan.item(int(index)) for index in block]
        met: Counter[tuple[str, str]] = Counter()
        turns = []
        for item in items:
            turns.append(met[item.kind, item.clause])
            met[item.kind, item.clause] += 1
        assert turns == sorted(turns)
        cells = [(item.kind, item.principle) for item in items]
        changes = sum(a != b for a, b in itertools.pairwise(cells))
        assert changes <= 4 * (max(turns) + 1)


def test_a_kind_that_needs_a_seed_refuses_a_principle_without_one() -> None:
    constitution = Constitution("c", "1", (principle("p", 1), principle("q", 1)), "d")
    library = library_of({"k": kind("k", (), needs_seed=True)}, {}, seed("s", ("p",)))
    with pytest.raises(BadInput, match="no seed touches 'q'"):
        make_plan(constitution, library, PlanSettings())
    make_plan(constitution, library, PlanSettings(principles={"q": 0}))


def test_exclusions_with_axes_that_a_kind_does_not_vary_are_no_matter_to_it() -> None:
    tone = Axis("tone", "says", (AxisValue(id="v0", text="t", excludes={"form": ("v0",)}),), HERE)
    axes = {"tone": tone, "form": axis("form", [1.0])}
    constitution = Constitution("c", "1", (principle("p", 1),), "d")
    both = {"k": kind("k", ("tone", "form"), needs_seed=False)}
    with pytest.raises(BadInput, match="can go with no value"):
        make_plan(constitution, library_of(both, axes), PlanSettings())
    one = {name: kind(name, (name,), needs_seed=False) for name in axes}
    make_plan(constitution, library_of(one, axes), PlanSettings())


@pytest.mark.parametrize("wanted", [{"kinds": {"strory": 1.0}}, {"principles": {"hnesty": 1.0}}])
def test_a_weight_for_an_unknown_name_is_refused(wanted: dict[str, dict[str, float]]) -> None:
    constitution = Constitution("c", "1", (principle("honesty", 1),), "d")
    library = library_of({"story": kind("story", (), needs_seed=False)})
    with pytest.raises(BadInput, match="Did you mean"):
        make_plan(constitution, library, PlanSettings.model_validate(wanted))

from fractions import Fraction

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from output.inventory import NONE, Ints
from output.shuffle import keys_of, places
from output.split import grouped, held_out

Seeds = dict[str, str | None]
Clusters = dict[str, str]

ids = st.integers(0, 25).map(lambda number: f"d{number}")
few = st.sampled_from("pqrstuvwxyz")
seeds_of = st.dictionaries(ids, st.none() | few, min_size=1)
clusters_of = st.dictionaries(ids, few)
shares = st.fractions(0, Fraction(1, 2))
numbers = st.integers(0, 2**63 - 1)


def validation_part(
    seeds: Seeds, clusters: Clusters, share: Fraction, number: int
) -> frozenset[str]:
    """The ids held out of documents with these seeds and clusters."""
    named = [f"seed {seed}" if seed else id for id, seed in seeds.items()]
    ties = _codes(list(seeds.values())), _codes([clusters.get(id) for id in seeds])
    mask = held_out(grouped(ties), places(keys_of(named), number, "split-2"), share)
    return frozenset(id for id, held in zip(seeds, mask.tolist(), strict=True) if held)


def _codes(names: list[str | None]) -> Ints:
    known = sorted({name for name in names if name is not None})
    return np.array([NONE if name is None else known.index(name) for name in names], np.int32)


def groups_of(seeds: Seeds, clusters: Clusters) -> list[set[str]]:
    """The connected groups, by growing each until nothing more is tied to it."""

    def tied(one: str, other: str) -> bool:
        same_seed = seeds[one] is not None and seeds[one] == seeds[other]
        return same_seed or (one in clusters and clusters[one] == clusters.get(other))

    left, found = set(seeds), []
    while left:
        group = {left.pop()}
        while grown := {id for id in left if any(tied(id, member) for member in group)}:
            group |= grown
            left -= grown
        found.append(group)
    return found


@given(seeds_of, clusters_of, shares, numbers)
def test_no_group_is_on_both_sides(
    seeds: Seeds, clusters: Clusters, share: Fraction, number: int
) -> None:
    held_out = validation_part(seeds, clusters, share, number)
    for group in groups_of(seeds, clusters):
        assert group <= held_out or not group & held_out


@given(seeds_of, clusters_of, shares, numbers)
def test_the_part_exceeds_its_share_by_less_than_one_of_its_groups(
    seeds: Seeds, clusters: Clusters, share: Fraction, number: int
) -> None:
    held_out = validation_part(seeds, clusters, share, number)
    assume(held_out)
    largest = max(len(group) for group in groups_of(seeds, clusters) if group <= held_out)
    assert len(held_out) <= share * len(seeds) + largest


@given(seeds_of, clusters_of, shares, numbers)
def test_no_single_group_more_would_bring_the_part_nearer_to_its_share(
    seeds: Seeds, clusters: Clusters, share: Fraction, number: int
) -> None:
    held_out = validation_part(seeds, clusters, share, number)
    target = share * len(seeds)
    for group in groups_of(seeds, clusters):
        if not group & held_out:
            with_it = abs(target - len(held_out) - len(group))
            assert with_it >= abs(target - len(held_out))


@given(seeds_of, clusters_of, shares, numbers)
def test_training_is_never_empty_and_validation_only_where_it_must_be(
    seeds: Seeds, clusters: Clusters, share: Fraction, number: int
) -> None:
    held_out = validation_part(seeds, clusters, share, number)
    assert len(held_out) < len(seeds)
    assert bool(held_out) == (share > 0 and len(groups_of(seeds, clusters)) > 1)


@given(seeds_of, clusters_of, shares, numbers)
def test_the_order_of_the_documents_does_not_matter(
    seeds: Seeds, clusters: Clusters, share: Fraction, number: int
) -> None:
    turned = dict(reversed(seeds.items()))
    assert validation_part(seeds, clusters, share, number) == validation_part(
        turned, clusters, share, number
    )


@given(st.sets(ids, min_size=1), st.sets(ids), shares, numbers)
def test_added_documents_move_no_more_single_documents_than_there_are_of_them(
    old: set[str], new: set[str], share: Fraction, number: int
) -> None:
    before = validation_part(dict.fromkeys(old), {}, share, number)
    after = validation_part(dict.fromkeys(old | new), {}, share, number)
    assert len(before ^ (after & old)) <= len(new - old)


def test_a_cluster_ties_seeds_together_by_way_of_other_documents() -> None:
    seeds: Seeds = {"a": "s", "b": "s", "c": "t", "d": "t", "e": "u", "f": None, "g": None}
    clusters = {"b": "1", "c": "1", "d": "2", "f": "2", "gone": "3"}
    parts = {validation_part(seeds, clusters, Fraction(1, 2), number) for number in range(40)}
    assert parts == {frozenset("eg")}


def test_a_share_too_small_for_any_group_holds_out_the_smallest() -> None:
    seeds: Seeds = {f"{seed}{number}": seed for seed in "abc" for number in range(10)}
    seeds |= {"d0": "d", "d1": "d"}
    assert validation_part(seeds, {}, Fraction(1, 100), 7) == {"d0", "d1"}


def test_a_group_too_large_for_the_share_leaves_room_for_small_ones() -> None:
    seeds: Seeds = {f"big{number}": "s" for number in range(9)}
    seeds |= dict.fromkeys(map(str, range(91)))
    for number in range(20):
        held_out = validation_part(seeds, {}, Fraction(1, 20), number)
        assert len(held_out) == 5
        assert "big0" not in held_out


def test_another_number_holds_out_another_part() -> None:
    seeds: Seeds = dict.fromkeys(map(str, range(1000)))
    one, other = (validation_part(seeds, {}, Fraction(1, 10), number) for number in (1, 2))
    assert len(one) == len(other) == 100
    assert len(one & other) < 30


def test_what_hangs_together_by_several_ties_is_one_group() -> None:
    ties = (
        np.array([0, 0, NONE, NONE, NONE, 1]),
        np.array([NONE, 3, 3, NONE, NONE, NONE]),
        np.array([0, 1, 2, 3, 3, 4]),
    )
    first, *others = grouped(ties).tolist()
    assert others[:2] == [first, first]
    assert others[2] == others[3] != first
    assert len({first, others[2], others[4]}) == 3

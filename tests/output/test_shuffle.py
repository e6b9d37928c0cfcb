from hypothesis import given
from hypothesis import strategies as st

from output.shuffle import shuffled

names = st.sets(st.text(max_size=4), max_size=30)
seeds = st.integers(0, 2**63 - 1)


@given(names, seeds)
def test_shuffling_keeps_each_name_once(names: set[str], seed: int) -> None:
    order = shuffled(names, seed, "rows-1")
    assert len(order) == len(names)
    assert set(order) == names


@given(st.lists(st.text(max_size=4), unique=True), seeds)
def test_the_order_does_not_depend_on_the_order_given(names: list[str], seed: int) -> None:
    assert shuffled(names, seed, "rows-1") == shuffled(reversed(names), seed, "rows-1")


@given(names, names, seeds)
def test_added_names_leave_the_others_in_order(old: set[str], new: set[str], seed: int) -> None:
    order = shuffled(old | new, seed, "rows-1")
    assert [name for name in order if name in old] == shuffled(old, seed, "rows-1")


def test_seed_and_purpose_each_make_another_order() -> None:
    names = [str(number) for number in range(100)]
    orders = [shuffled(names, 1, "rows-1"), shuffled(names, 2, "rows-1")]
    orders.append(shuffled(names, 1, "split-1"))
    assert len({tuple(order) for order in orders}) == 3


def test_the_order_is_the_one_of_earlier_versions() -> None:
    assert shuffled("abcdefgh", 7, "rows-1") == list("dfecbagh")

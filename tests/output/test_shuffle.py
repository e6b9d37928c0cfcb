import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from output.shuffle import Purpose, keys_of, places

names = st.lists(st.text(max_size=4), unique=True, max_size=30)
seeds = st.integers(0, 2**63 - 1)


def shuffled(names: list[str], seed: int, purpose: Purpose, copy: int = 0) -> list[str]:
    order = np.argsort(places(keys_of(names), seed, purpose, copy), kind="stable")
    return [names[number] for number in order.tolist()]


@given(names, seeds)
def test_the_order_does_not_depend_on_the_order_given(names: list[str], seed: int) -> None:
    order = shuffled(names, seed, "rows-2")
    assert sorted(order) == sorted(names)
    assert order == shuffled(names[::-1], seed, "rows-2")


@given(names, names, seeds)
def test_added_names_leave_the_others_in_order(old: list[str], new: list[str], seed: int) -> None:
    order = shuffled(list({*old, *new}), seed, "rows-2")
    assert [name for name in order if name in old] == shuffled(old, seed, "rows-2")


def test_seed_purpose_and_copy_each_make_another_order() -> None:
    names = [str(number) for number in range(100)]
    orders = [
        shuffled(names, 1, "rows-2"),
        shuffled(names, 2, "rows-2"),
        shuffled(names, 1, "split-2"),
        shuffled(names, 1, "draw-1"),
        shuffled(names, 1, "rows-2", copy=1),
    ]
    assert len(set(map(tuple, orders))) == len(orders)


def test_the_order_is_the_one_of_earlier_versions() -> None:
    assert shuffled(list("abcdefgh"), 7, "rows-2") == list("dfbcehga")

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.packed import packed, unpacked
from dedup.set_file import SetFile

hashes = st.lists(st.integers(0, 2**64 - 1), unique=True).map(
    lambda found: np.array(sorted(found), dtype=np.uint64)
)


@given(st.lists(hashes))
def test_packed_hashes_keep_their_upper_bits_and_their_order(sets: list[np.ndarray]) -> None:
    found = packed(sets)
    assert found.sizes.tolist() == [len(one) for one in sets]
    expected = np.concatenate([np.empty(0, dtype=np.uint64), *sets])
    lower = np.uint64(24)
    np.testing.assert_array_equal(unpacked(found.hashes), expected >> lower << lower)


def test_sets_lie_in_their_slots_in_whatever_order_they_come(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    sets = [np.sort(draw.integers(0, 2**40, size, dtype=np.uint64)) << 24 for size in range(20)]
    words = np.array([len(one) + number % 3 for number, one in enumerate(sets)], dtype=np.int32)
    order = draw.permutation(20)
    with SetFile(tmp_path / "sets", words) as file:
        for some in np.array_split(order, 4):
            file.write(some, packed([sets[slot] for slot in some]))
    found = file.sets(np.array([7, 0, 12]))
    for slot, start, size in zip([7, 0, 12], found.starts, found.sizes, strict=True):
        np.testing.assert_array_equal(found.hashes[start : start + size], sets[slot])
    again = file.packed(np.array([3, 19, 0]))
    assert again.sizes.tolist() == [3, 19, 0]
    np.testing.assert_array_equal(unpacked(again.hashes), np.concatenate([sets[3], sets[19]]))

import numpy as np
import pytest
from datasketch import MinHash
from numpy.typing import NDArray

from dedup.bands import banding
from dedup.jaccard import jaccard
from dedup.minhash import band_keys, signature

SIZE = banding(0.7).size


def overlapping(shared: int, total: int = 400, seed: int = 0) -> list[NDArray[np.uint64]]:
    """Two sets of `total` with so many in common."""
    pool = np.random.default_rng(seed).integers(2**64, size=2 * total, dtype=np.uint64)
    return [np.sort(pool[:total]), np.sort(pool[total - shared : 2 * total - shared])]


def datasketch_estimate(pair: list[NDArray[np.uint64]]) -> float:
    hashes = ((shingles >> np.uint64(32)).tolist() for shingles in pair)
    first, second = MinHash.generator(hashes, num_perm=SIZE, hashfunc=int, scheme="affine32")
    return float(first.jaccard(second))


def estimate(pair: list[NDArray[np.uint64]]) -> float:
    first, second = (signature(shingles, SIZE) for shingles in pair)
    return float((first == second).mean())


def test_estimates_agree_with_those_of_datasketch_within_their_error() -> None:
    source = np.random.default_rng(0)
    pairs = []
    for seed in range(1000):
        total = int(source.choice([1, 8, 60, 300, 1200]))
        pairs.append(overlapping(int(source.integers(total + 1)), total, seed))
    true = np.array([jaccard(first, second) for first, second in pairs])
    deviation = np.sqrt(true * (1 - true) / SIZE)  # of one estimate (Broder 1997)
    ours, theirs = np.array([[estimate(pair), datasketch_estimate(pair)] for pair in pairs]).T
    # Ours is as near the truth as theirs or nearer, and five deviations are rarer than one in 10⁶.
    assert (abs(ours - true) <= 5 * deviation).all()
    assert (abs(ours - theirs) <= 5 * np.sqrt(2) * deviation).all()
    unsettled = deviation > 0
    errors = (ours - true)[unsettled] / deviation[unsettled]
    assert abs(errors.mean()) < 0.15
    assert errors.std() < 1.1


@pytest.mark.parametrize("total", [1, 3, 20])
def test_sets_smaller_than_a_signature_fill_it_without_bias(total: int) -> None:
    pairs = [overlapping(1, total, seed) for seed in range(400)]
    true = 1 / (2 * total - 1)
    deviation = np.sqrt(true * (1 - true) / SIZE / len(pairs))
    assert abs(np.mean([estimate(pair) for pair in pairs]) - true) <= 4 * deviation


def test_a_signature_depends_on_the_set_alone() -> None:
    (one, _) = overlapping(100)
    again = np.concatenate([one[::-1], one])
    assert (signature(one, 64) == signature(again, 64)).all()


def test_no_shingles_give_zeros() -> None:
    assert signature(np.empty(0, dtype=np.uint64), 12).tolist() == [0] * 12


def test_bands_have_equal_keys_where_all_their_values_are_equal() -> None:
    first = np.arange(12, dtype=np.uint32)
    second = first.copy()
    second[5] = 99
    keys = np.zeros((2, 4), dtype=np.uint32)
    band_keys(first, keys[0])
    band_keys(second, keys[1])
    assert (keys[0] == keys[1]).tolist() == [True, False, True, True]

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH

from dedup.bands import Banding, banding, candidates
from dedup.minhash import signatures

RANDOM = np.random.default_rng(0)


def test_the_default_threshold_gives_many_short_bands() -> None:
    assert banding(0.7) == Banding(42, 6)


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.99, 0.999, 1])
def test_a_pair_right_at_the_threshold_is_nearly_always_found(threshold: float) -> None:
    cut = banding(threshold)
    assert 1 - (1 - threshold**cut.rows) ** cut.bands >= 0.99
    assert cut.size <= 252


def test_candidates_are_the_pairs_that_datasketch_finds() -> None:
    cut = Banding(10, 2)
    pool = RANDOM.integers(2**64, size=60, dtype=np.uint64)
    sets = [np.sort(RANDOM.choice(pool, size=20, replace=False)) for _ in range(60)]
    signed = signatures(sets, cut.size)
    index = MinHashLSH(num_perm=cut.size, params=tuple(cut))
    sketches = [MinHash(hashvalues=row, scheme="affine32") for row in signed]
    for position, sketch in enumerate(sketches):
        index.insert(position, sketch)
    expected = {
        (position, other)
        for position, sketch in enumerate(sketches)
        for other in index.query(sketch)
        if position < other
    }
    pairs = candidates(signed, cut)
    assert {(first, second) for first, second in pairs.tolist()} == expected
    assert len(pairs) == len(expected) > 100


def test_a_bucket_gives_all_its_pairs() -> None:
    signed = np.array([[1, 2], [9, 9], [1, 2], [1, 2]], dtype=np.uint32)
    assert candidates(signed, Banding(1, 2)).tolist() == [[0, 2], [0, 3], [2, 3]]


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_signatures_give_no_candidates(count: int) -> None:
    assert candidates(np.zeros((count, 4), dtype=np.uint32), Banding(2, 2)).shape == (0, 2)

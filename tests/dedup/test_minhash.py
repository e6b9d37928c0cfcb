import numpy as np
import pytest

from dedup.jaccard import jaccard
from dedup.minhash import signatures


def overlapping(shared: int, total: int = 400) -> list[np.ndarray[tuple[int], np.dtype[np.uint64]]]:
    """Two sets of 400 with so many in common."""
    pool = np.random.default_rng(0).integers(2**64, size=2 * total, dtype=np.uint64)
    return [np.sort(pool[:total]), np.sort(pool[total - shared : 2 * total - shared])]


@pytest.mark.parametrize("shared", [0, 100, 200, 300, 400])
def test_signatures_agree_about_as_often_as_their_sets(shared: int) -> None:
    sets = overlapping(shared)
    first, second = signatures(sets, 1024)
    true = jaccard(sets[0], sets[1])
    tolerance = 4 * np.sqrt(true * (1 - true) / 1024)  # four standard deviations of the estimate
    assert abs((first == second).mean() - true) <= tolerance


def test_a_signature_depends_on_its_own_set_and_the_seed_alone() -> None:
    one, other = overlapping(100)
    both = signatures([one, other], 64)
    assert (signatures([other], 64)[0] == both[1]).all()
    assert (signatures([other], 64, seed=2)[0] != both[1]).any()


def test_no_sets_give_no_signatures() -> None:
    assert signatures([], 12).shape == (0, 12)

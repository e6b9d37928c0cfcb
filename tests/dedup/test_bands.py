from itertools import pairwise

import numpy as np
import pytest

from dedup.bands import Banding, banding, buckets, optimised


def test_the_default_threshold_gives_many_short_bands() -> None:
    assert banding(0.7) == optimised(0.7) == Banding(52, 6)


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.99, 0.999, 1])
def test_a_pair_right_at_the_threshold_is_nearly_always_found(threshold: float) -> None:
    cut = banding(threshold)
    assert 1 - (1 - threshold**cut.rows) ** cut.bands >= 0.99
    assert cut.size <= 312


def test_buckets_are_the_runs_of_equal_keys_of_each_band() -> None:
    columns = np.array([[1, 9, 1, 1, 9], [3, 4, 5, 6, 3]], dtype=np.uint32)
    found = buckets(columns)
    runs = [found.members[start:end].tolist() for start, end in pairwise(found.starts)]
    assert runs == [[0, 2, 3], [1, 4], [0, 4]]


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_texts_share_no_bucket(count: int) -> None:
    found = buckets(np.zeros((2, count), dtype=np.uint32))
    assert (found.members.tolist(), found.starts.tolist()) == ([], [0])

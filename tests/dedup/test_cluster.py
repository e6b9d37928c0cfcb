import numpy as np

from dedup.cluster import clusters


def test_positions_that_hang_together_share_a_number() -> None:
    labels = clusters(6, np.array([[0, 4], [2, 4], [1, 5]])).tolist()
    assert labels[0] == labels[2] == labels[4]
    assert labels[1] == labels[5]
    assert len(set(labels)) == 3


def test_without_pairs_every_position_is_alone() -> None:
    assert sorted(clusters(3, np.empty((0, 2), dtype=np.int64)).tolist()) == [0, 1, 2]
    assert clusters(0, np.empty((0, 2), dtype=np.int64)).tolist() == []

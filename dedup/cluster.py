"""Clusters: texts that hang together through near-duplicates, for reports and for splits.

Who is kept is not decided here. In a chain A~B~C the ends may have nothing in common, so a cluster
can hold several kept texts; it only says what must not be told apart by a split.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from dedup.bands import Pairs


def clusters(count: int, pairs: Pairs) -> NDArray[np.int64]:
    """The number of the connected component of each of `count` positions."""
    ends = (pairs[:, 0], pairs[:, 1])
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), ends), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    return np.asarray(labels, dtype=np.int64)

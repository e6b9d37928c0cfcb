"""Clusters: texts that hang together through near-duplicates, for reports and for splits.

Who is kept is not decided here. In a chain A~B~C the ends may have nothing in common, so a cluster
can hold several kept texts; it only says what must not be told apart by a split.
"""

import numpy as np
from numpy.typing import NDArray

from dedup.bands import Buckets
from dedup.jaccard import Sets, jaccard, set_of
from exempla.compiled import compiled

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@compiled
def root(parents: Ints, text: int) -> int:
    """The text that stands for the cluster of another; paths are halved on the way (Tarjan)."""
    while parents[text] != text:
        parents[text] = parents[parents[text]]
        text = parents[text]
    return text


@compiled
def join(parents: Ints, one: int, other: int) -> None:
    """Make one cluster of two; the smaller root stands for both."""
    one, other = root(parents, one), root(parents, other)
    parents[max(one, other)] = min(one, other)


@compiled
def join_all(parents: Ints, ones: Ints, others: Ints) -> None:
    """Make one cluster of each of some pairs."""
    for pair in range(len(ones)):
        join(parents, ones[pair], others[pair])


@compiled
def flatten(parents: Ints) -> None:
    """Put the root of each text in the place of its parent."""
    for text in range(len(parents)):
        parents[text] = root(parents, text)


@compiled
def close(parents: Ints, buckets: Buckets, sets: Sets, threshold: float, done: Bools) -> None:
    """Join what is near and in one bucket; what is in one cluster already is not compared.

    Args:
        parents: The clusters so far, by text; in the end, the root of each text.
        buckets: Of texts.
        sets: Of the texts that are in buckets.
        threshold: From which similarity texts are near each other.
        done: Texts that are joined already with all that they are near to, by text.
    """
    for bucket in range(len(buckets.starts) - 1):
        members = buckets.members[buckets.starts[bucket] : buckets.starts[bucket + 1]]
        members = members[~done[members]]
        if len(members) < 2:
            continue
        roots = np.array([root(parents, text) for text in members])
        members = members[np.argsort(roots, kind="mergesort")]
        roots.sort()
        begin = 0
        for end in range(1, len(members)):
            if roots[end] == roots[end - 1]:
                continue
            # Those of one root against all that follow.
            for text in members[begin:end]:
                for mate in members[end:]:
                    if root(parents, text) == root(parents, mate):
                        continue
                    if jaccard(set_of(sets, text), set_of(sets, mate), threshold) > 0:
                        join(parents, text, mate)
            begin = end
    flatten(parents)

"""A validation part that does not leak into training.

Documents that share a story seed, a duplicate cluster or an id hang together, also by way of
others: they make a group, and a group is held out whole or not at all. A document with none of
them in common with another is a group of its own.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from output.inventory import NONE, Ints, Inventory
from output.shuffle import Keys, places

Split = Literal["train", "validation"]
Mask = NDArray[np.bool_]


def held_out(groups: Ints, named: Keys, share: Fraction) -> Mask:
    """Which documents to hold out.

    Groups come in an order that their documents decide, and each that fits into what is left of
    the share is held out; at the end the smallest of the others too, if that brings the part nearer
    to the share. What that guarantees, for a share of at most a half:

    - No group is on both sides.
    - The part exceeds the share by less than one of its groups, and no group that is left would
      bring it nearer: with documents that are groups of their own, it is met to half a document.
    - Training always has a document. Validation has one too if the share is positive and there
      are at least two groups: if none is small enough for the share, the smallest is held out.
    - Documents added later leave the order of the groups that they do not join as it was. Where all
      groups are single documents, no more of them change sides than there are new ones.

    Args:
        groups: The number of each document's group, shape (documents,).
        named: The place of each document; a group comes where the first of its documents does.
        share: Of the number of documents, at most 1/2.
    """
    if not share or not len(groups):
        return np.zeros(len(groups), np.bool_)
    numbers = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(numbers).tolist()
    target = share * len(groups)
    chosen, left, count = _fill(_in_order(numbers, named), sizes, math.floor(target))
    smallest = min(left, key=lambda group: sizes[group], default=None)
    if smallest is not None:
        nearer = sizes[smallest] < 2 * (target - count)
        if nearer or (not chosen and len(left) > 1):
            chosen.append(smallest)
    return np.isin(numbers, chosen)


def grouped(ties: Sequence[Ints]) -> Ints:
    """The number of each document's group, counted from 0.

    Args:
        ties: Arrays with a number a document: those with the same one, other than `NONE`, in any
            of the arrays hang together.
    """
    count = len(ties[0])
    documents: list[Ints] = [np.zeros(0, np.int64)]
    labels: list[Ints] = [np.zeros(0, np.int64)]
    first = count
    for tie in ties:
        tied = np.flatnonzero(tie != NONE)
        documents.append(tied)
        labels.append(tie[tied].astype(np.int64) + first)
        first += int(tie.max(initial=NONE)) + 1
    rows, columns = np.concatenate(documents), np.concatenate(labels)
    graph = coo_array((np.ones(len(rows), np.bool_), (rows, columns)), shape=(first, first))
    found: Ints = connected_components(graph, directed=False)[1][:count]
    return found


def split_places(inventory: Inventory, seed: int) -> Keys:
    """The place of each document: its story seed's, or its own where it has none.

    A story seed gives the better one, because it stays when documents of the same one are added.
    """
    keys = inventory.keys.copy()
    seeded = inventory.seed != NONE
    keys[seeded] = inventory.seed_keys[inventory.seed[seeded]]
    return places(keys, seed, "split-2")


def _in_order(groups: Ints, named: Keys) -> list[int]:
    """The groups by the first place that a document of each has."""
    order = np.lexsort((groups, named))
    firsts = np.unique(groups[order], return_index=True)[1]
    return list(groups[order[np.sort(firsts)]].tolist())


def _fill(
    order: Sequence[int], sizes: Sequence[int], most: int
) -> tuple[list[int], list[int], int]:
    """Which groups fit one after another into so many, which do not, and how many that makes."""
    chosen: list[int] = []
    left: list[int] = []
    count = 0
    for group in order:
        if sizes[group] <= most - count:
            chosen.append(group)
            count += sizes[group]
        else:
            left.append(group)
    return chosen, left, count

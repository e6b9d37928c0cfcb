"""A validation part that does not leak into training.

Documents that share a story seed or a duplicate cluster hang together, also by way of others: they
make a group, and a group is held out whole or not at all. A document with neither is a group of its
own.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from output.shuffle import shuffled

Split = Literal["train", "validation"]

Label = tuple[Literal["cluster", "document", "seed"], str]


def validation_part(
    seeds: Mapping[str, str | None], clusters: Mapping[str, str], share: float, seed: int
) -> frozenset[str]:
    """The ids of the documents to hold out.

    Groups come in an order that `seed` and their names decide, and each that fits into what is left
    of the share is held out; at the end the smallest of the others too, if that brings the part
    nearer to the share. What that guarantees, for a share of at most a half:

    - No seed and no cluster is on both sides.
    - The part exceeds the share by less than one of its groups, and no group that is left would
      bring it nearer: with documents that are groups of their own, it is met to half a document.
    - Training always has a document. Validation has one too if the share is positive and there
      are at least two groups: if none is small enough for the share, the smallest is held out.
    - Documents added later leave the order of the groups that they do not join as it was. Where all
      groups are single documents, no more of them change sides than there are new ones.

    Args:
        seeds: every document's story seed, by the document's id; at least one document.
        clusters: the duplicate cluster of those that have one, by id; others are ignored.
        share: of the documents, at most 0.5.
        seed: the recipe's.
    """
    groups = _groups(seeds, clusters)
    order = [groups[name] for name in shuffled(groups, seed, "split-1")]
    target = share * len(seeds)
    held_out: list[str] = []
    left: list[list[str]] = []
    for group in order:
        if len(group) <= target - len(held_out):
            held_out += group
        else:
            left.append(group)
    smallest = min(left, key=len)
    nearer = len(smallest) < 2 * (target - len(held_out))
    needed = not held_out and share > 0 and len(left) > 1
    return frozenset(held_out + smallest if nearer or needed else held_out)


def _groups(seeds: Mapping[str, str | None], clusters: Mapping[str, str]) -> dict[str, list[str]]:
    """The groups by a name that lasts: the smallest of its seeds, without seeds the smallest id.

    A seed gives the better name, because it stays when documents of the same seed are added.
    """
    parents: dict[Label, Label] = {}

    def root(label: Label) -> Label:
        while (parent := parents.setdefault(label, label)) != label:
            parents[label] = label = parents.setdefault(parent, parent)
        return label

    for id in seeds:
        first, *others = _labels(id, seeds, clusters)
        for other in others:
            parents[root(other)] = root(first)
    members: dict[Label, list[str]] = {}
    for id in seeds:
        label = next(_labels(id, seeds, clusters))
        members.setdefault(root(label), []).append(id)
    return {_name(ids, seeds): ids for ids in members.values()}


def _labels(
    id: str, seeds: Mapping[str, str | None], clusters: Mapping[str, str]
) -> Iterator[Label]:
    """What ties a document to others; its own id if nothing does."""
    seed, cluster = seeds[id], clusters.get(id)
    if seed is not None:
        yield "seed", seed
    if cluster is not None:
        yield "cluster", cluster
    if seed is None and cluster is None:
        yield "document", id


def _name(ids: list[str], seeds: Mapping[str, str | None]) -> str:
    named = [seed for id in ids if (seed := seeds[id]) is not None]
    return f"seed {min(named)}" if named else f"document {min(ids)}"

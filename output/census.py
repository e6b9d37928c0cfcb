"""Counts of what a split holds, for the manifest."""

import numpy as np

from output.inventory import NONE, Ints, Inventory
from output.manifest import Count, Part
from output.split import Mask


def count_part(inventory: Inventory, times: Ints) -> Part:
    """Count what one split holds.

    Args:
        inventory: All records.
        times: How often each is in the split, shape (records,).
    """
    often, how_many = np.unique(times[times > 0], return_counts=True)
    whole = _count(inventory, times, times > 0)
    return Part(
        documents=whole.documents,
        tokens=whole.tokens,
        kinds=_by_kind(inventory, times),
        principles=_by_principle(inventory, times),
        coverage=_coverage(inventory, times),
        repeats=dict(zip(often.tolist(), how_many.tolist(), strict=True)),
        lengths=_lengths(inventory.tokens, times),
    )


def _by_kind(inventory: Inventory, times: Ints) -> dict[str, Count]:
    counted = {
        name: _count(inventory, times, inventory.kind == code)
        for code, name in enumerate(inventory.kinds)
    }
    return {name: counted[name] for name in sorted(counted) if counted[name].documents}


def _by_principle(inventory: Inventory, times: Ints) -> dict[str, Count]:
    """A document counts for each of its principles."""
    sets: dict[str, list[int]] = {}
    for code, names in enumerate(inventory.principle_sets):
        for name in set(names) - {""}:
            sets.setdefault(name, []).append(code)
    counted = {
        name: _count(inventory, times, np.isin(inventory.principles, codes))
        for name, codes in sets.items()
    }
    return {name: counted[name] for name in sorted(counted) if counted[name].documents}


def _coverage(inventory: Inventory, times: Ints) -> dict[str, dict[str, int]]:
    """Rows by kind and first principle."""
    sets = inventory.principle_sets
    rows = np.bincount(
        inventory.kind.astype(np.int64) * len(sets) + inventory.principles,
        weights=times,
        minlength=len(inventory.kinds) * len(sets),
    )
    found: dict[str, dict[str, int]] = {}
    for kind, counts in zip(inventory.kinds, rows.reshape(-1, len(sets)).tolist(), strict=True):
        for names, count in zip(sets, counts, strict=True):
            if names[0] and count:
                column = found.setdefault(kind, {})
                column[names[0]] = column.get(names[0], 0) + int(count)
    return {kind: dict(sorted(found[kind].items())) for kind in sorted(found)}


def _count(inventory: Inventory, times: Ints, which: Mask) -> Count:
    taken = times * which
    tokens = inventory.tokens[taken > 0]
    known = not (tokens == NONE).any()
    weighed = tokens.astype(np.int64) @ taken[taken > 0].astype(np.int64)
    return Count(documents=int(taken.sum(dtype=np.int64)), tokens=int(weighed) if known else None)


def _lengths(tokens: Ints, times: Ints) -> dict[int, int]:
    counted = (times > 0) & (tokens != NONE)
    # The bits of one less than a length: none for 1, 1 for 2, 2 for 3 and 4, 3 for 5 to 8.
    powers = np.frexp(np.maximum(tokens[counted], 1) - 1)[1]
    rows = np.bincount(powers, weights=times[counted])
    return {2**power: int(count) for power, count in enumerate(rows.tolist()) if count}

"""What quotas count in: a cell, a kind and a principle, and how many items of it are written.

A cell's share is what it has of the plan's first N items. Where N documents are to be kept, the
plan is written in rounds: first those N items, then for each cell that fell short the next items of
that cell beyond them. Items are computed however far away, so their ids do not depend on rounds.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from generator.plan import Plan
from generator.schedule import Ints

Indexes = range | Ints
"""Numbers of items in a plan, ascending."""


def name_of(plan: Plan, cell: int) -> tuple[str, str]:
    """A cell's kind and principle."""
    kind, principle = divmod(cell, len(plan.principles))
    return plan.kinds[kind].name, plan.principles[principle].id


def cells_of(plan: Plan, indexes: Indexes) -> Ints:
    """The cell of each item; same shape as `indexes`."""
    cells: Ints = plan.cell_shares.slots[np.asarray(indexes) % plan.cell_shares.period]
    return cells


def shares(plan: Plan) -> Ints:
    """How many of the plan's items each cell has, shape (cells,)."""
    turns, rest = divmod(len(plan), plan.cell_shares.period)
    counts: Ints = turns * plan.cell_shares.counts
    return counts + np.bincount(plan.cell_shares.slots[:rest], minlength=len(counts))


def most(plan: Plan) -> Ints:
    """How many items of each cell are written at most, shape (cells,)."""
    if plan.settings.accepted is None:
        return shares(plan)
    # By whole numbers, because 1.1 x 10 is more than 11 in floating point.
    hundredths = round(plan.settings.tries * 100)
    counts: Ints = -(-shares(plan) * hundredths // 100)
    return counts


def reach(plan: Plan) -> int:
    """The index that every item which may be written stays below."""
    if plan.settings.accepted is None:
        return len(plan)
    wanted = most(plan)
    return 1 + max(
        len(plan) - 1,
        *(
            int(_numbered(plan, cell, [wanted[cell] - 1])[0])
            for cell in np.flatnonzero(wanted).tolist()
        ),
    )


def next_round(plan: Plan, written: Ints, kept: Ints) -> Ints:
    """The items to write after those so far; none where no cell is both short and open.

    A cell that lacks s documents gets s / r more items, rounded up, as far as it may have them,
    where r is the share of its items that were kept, by Laplace's rule of succession:
    (kept + 1) / (written + 2).

    Args:
        plan: The plan; its `accepted` is what is to be kept.
        written: The items of each cell that have an outcome, its first ones, shape (cells,).
        kept: Of those, the ones that were kept.
    """
    short = shares(plan) - kept
    asked = -(-short * (written + 2) // (kept + 1))
    room = most(plan) - written
    found = [
        _numbered(
            plan, cell, np.arange(written[cell], written[cell] + min(asked[cell], room[cell]))
        )
        for cell in np.flatnonzero((short > 0) & (room > 0)).tolist()
    ]
    return np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def _numbered(plan: Plan, cell: int, numbers: Sequence[int] | Ints) -> Ints:
    """The items of a cell that have these numbers in it, counted from 0."""
    steps = np.flatnonzero(plan.cell_shares.slots == cell)
    turns, ranks = np.divmod(np.asarray(numbers, dtype=np.int64), len(steps))
    indexes: Ints = turns * plan.cell_shares.period + steps[ranks]
    return indexes


def counted(plan: Plan, rounds: Iterable[Indexes]) -> Ints:
    """How many items of each cell the rounds have, shape (cells,)."""
    size = plan.cell_shares.size
    none = np.zeros(size, dtype=np.int64)
    return sum((np.bincount(cells_of(plan, each), minlength=size) for each in rounds), none)

"""Rearranging a sequence of values in which some may not stand where they do.

A sequence keeps to its shares within one at every length exactly if the k-th drawing of a value
of share s falls between the steps ceil((k - 1) / s) and ceil(k / s) (Steiner and Yeomans, as in
`schedule`). So to mend a sequence is to match its drawings to the steps that each may take, and a
matching that is nearly whole is completed by the shortest chains of moves: mostly one swap.
"""

from collections import deque
from collections.abc import Collection, Sequence
from typing import NamedTuple

Spans = Sequence[tuple[int, int]]
"""For each drawing, the first and the last step it may take."""


class Mended(NamedTuple):
    """A sequence without a value where it is barred."""

    values: list[int]
    forced: int
    """Steps at which a value stands that is over its share, because no other could."""


def mend(values: Sequence[int], barred: Sequence[Collection[int]], period: Sequence[int]) -> Mended:
    """Move values to where they may stand, as few and as near as will do.

    Three reaches are tried in turn: a drawing keeps its sequence within one of the shares at every
    length, then stays in its period, then in the sequence. Within each, moves are found wherever
    an arrangement exists. What is left gets the allowed value that is furthest below its share.

    Args:
        values: Whole periods of a schedule, begun at any of its rotations.
        barred: For each step, the values that may not stand there; never all of them.
        period: How often each value is drawn in a period.
    """
    holes = {step for step, value in enumerate(values) if value in barred[step]}
    if not holes:
        return Mended(list(values), 0)
    held = list(range(len(values)))
    free = sorted(holes)
    length = sum(period)
    for spans in (
        _balanced(values, period),
        [(step - step % length, step - step % length + length - 1) for step in held],
        [(0, len(values) - 1)] * len(values),
    ):
        free = [
            drawing for drawing in free if not _place(drawing, values, barred, spans, held, holes)
        ]
        if not free:
            break
    mended = [values[drawing] for drawing in held]
    for step in sorted(holes):
        mended[step] = _furthest_below(mended, step, holes, barred[step], period)
        holes.discard(step)
    return Mended(mended, len(free))


def _balanced(values: Sequence[int], period: Sequence[int]) -> Spans:
    length = sum(period)
    drawn = [0] * len(period)
    spans: list[tuple[int, int]] = []
    for value in values:
        k, count = drawn[value], period[value]
        spans.append((k * length // count, ((k + 1) * length - 1) // count))
        drawn[value] += 1
    return spans


def _place(
    drawing: int,
    values: Sequence[int],
    barred: Sequence[Collection[int]],
    spans: Spans,
    held: list[int],
    holes: set[int],
) -> bool:
    """Fill one hole: the drawing takes a step, whose drawing takes the next, up to a hole.

    The shortest such chain, found breadth first from the drawing's own step outwards.

    Args:
        drawing: Holds no step.
        values: Of each drawing; a drawing is named by the step it had.
        barred: For each step, the values that may not stand there.
        spans: For each drawing, the steps in reach.
        held: The drawing at each step; changed where a chain is found.
        holes: Steps without a drawing; the one that is filled is taken out.
    """
    came: dict[int, int | None] = {}
    waiting: deque[int | None] = deque([None])  # None: the drawing itself, at no step
    tried: set[tuple[int, int, int]] = set()
    while waiting:
        at = waiting.popleft()
        mover, home = (drawing, drawing) if at is None else (held[at], at)
        value, (first, last) = values[mover], spans[mover]
        if (value, first, last) in tried:
            continue  # drawings of one value and span reach the same steps
        tried.add((value, first, last))
        for step in sorted(range(first, last + 1), key=lambda step: abs(step - home)):
            if step in came or value in barred[step]:
                continue
            came[step] = at
            if step in holes:
                _move(drawing, step, came, held)
                holes.discard(step)
                return True
            waiting.append(step)
    return False


def _move(drawing: int, step: int, came: dict[int, int | None], held: list[int]) -> None:
    while (before := came[step]) is not None:
        held[step] = held[before]
        step = before
    held[step] = drawing


def _furthest_below(
    values: Sequence[int],
    step: int,
    holes: Collection[int],
    barred: Collection[int],
    period: Sequence[int],
) -> int:
    """The allowed value that has been drawn least for its share up to a step."""
    drawn = [0] * len(period)
    for earlier in range(step):
        if earlier not in holes:
            drawn[values[earlier]] += 1
    allowed = [value for value, count in enumerate(period) if count and value not in barred]
    return min(allowed, key=lambda value: (drawn[value] + 1) / period[value])

"""Rearranging a sequence of values in which some may not stand where they do.

A sequence keeps to its shares within one at every length exactly if the k-th drawing of a value
of share s falls between the steps ceil((k - 1) / s) and ceil(k / s) (Steiner and Yeomans, as in
`schedule`). So to mend a sequence is to match its drawings to the steps that each may take, and a
matching that is nearly whole is completed by the shortest chains of moves: mostly one swap.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Mended(NamedTuple):
    """A sequence without a value where it is barred."""

    values: list[int]
    forced: int
    """Steps at which a value stands that is over its share, because no other could."""


Barred = Mapping[int, frozenset[int]]
"""For steps at which not every value may stand: those that may not."""
NONE: frozenset[int] = frozenset()


def mend(values: Sequence[int], barred: Barred, period: Sequence[int]) -> Mended:
    """Move values to where they may stand, as few and as near as will do.

    Three reaches are tried in turn: a drawing keeps its sequence within one of the shares at every
    length, then stays in its period, then in the sequence. Within each, moves are found wherever
    an arrangement exists. What is left gets the allowed value that is furthest below its share.

    Args:
        values: Whole periods of a schedule, begun at any of its rotations.
        barred: Never all values.
        period: How often each value is drawn in a period.
    """
    holes = {step for step, bar in barred.items() if values[step] in bar}
    if not holes:
        return Mended(list(values), 0)
    task = _Task(values, barred, period, list(range(len(values))), holes)
    free = sorted(holes)
    for reach in (task.balanced, task.in_period, task.anywhere):
        free = [d for d in free if not (task.swap(d, reach) or task.chain(d, reach))]
        if not free:
            break
    mended = [values[drawing] for drawing in task.held]
    for step in sorted(holes):
        mended[step] = task.furthest_below(mended, step)
        holes.discard(step)
    return Mended(mended, len(free))


Reach = Callable[[int], tuple[int, int]]
"""The first and the last step that a drawing may take."""


@dataclass(frozen=True, slots=True)
class _Task:
    """A sequence being mended. A drawing is named by the step it had at first."""

    values: Sequence[int]
    """Of each drawing."""
    barred: Barred
    period: Sequence[int]
    held: list[int]
    """The drawing at each step."""
    holes: set[int]
    """Steps without a drawing."""

    def balanced(self, drawing: int) -> tuple[int, int]:
        """Where the sequence keeps within one of the shares at every length."""
        value, length = self.values[drawing], sum(self.period)
        k, count = self.values[:drawing].count(value), self.period[value]
        return k * length // count, ((k + 1) * length - 1) // count

    def in_period(self, drawing: int) -> tuple[int, int]:
        """Where the counts at the end of the period stay exact."""
        length = sum(self.period)
        first = drawing - drawing % length
        return first, first + length - 1

    def anywhere(self, drawing: int) -> tuple[int, int]:
        """Where the counts at the end of the sequence stay exact."""
        return 0, len(self.values) - 1

    def swap(self, drawing: int, reach: Reach) -> bool:
        """Change places with the nearest drawing that may stand where this one could not.

        The shortest chain there is, and mostly enough.
        """
        if drawing not in self.holes:
            return False
        bar, value = self.barred[drawing], self.values[drawing]
        for step in _outwards(drawing, *reach(drawing)):
            other = self.held[step]
            if step in self.holes or self.values[other] in bar or self._bars(step, value):
                continue
            first, last = reach(other)
            if first <= drawing <= last:
                self.held[step], self.held[drawing] = drawing, other
                self.holes.discard(drawing)
                return True
        return False

    def chain(self, drawing: int, reach: Reach) -> bool:
        """Fill one hole: the drawing takes a step, whose drawing takes the next, up to a hole.

        Finds the shortest such chain if there is one, breadth first, nearest first.
        """
        came: dict[int, int | None] = {}
        waiting: deque[int | None] = deque([None])  # None: the drawing itself, which has no step
        tried: set[tuple[int, int, int]] = set()
        while waiting:
            at = waiting.popleft()
            mover, home = (drawing, drawing) if at is None else (self.held[at], at)
            value, (first, last) = self.values[mover], reach(mover)
            if (value, first, last) in tried:
                continue  # drawings of one value and reach can take the same steps
            tried.add((value, first, last))
            for step in _outwards(home, first, last):
                if step in came or self._bars(step, value):
                    continue
                came[step] = at
                if step in self.holes:
                    self._move(drawing, step, came)
                    return True
                waiting.append(step)
        return False

    def furthest_below(self, values: Sequence[int], step: int) -> int:
        """The allowed value that has been drawn least for its share up to a step."""
        drawn = [0] * len(self.period)
        for earlier in range(step):
            if earlier not in self.holes:
                drawn[values[earlier]] += 1
        allowed = [value for value in range(len(drawn)) if not self._bars(step, value)]
        return min(allowed, key=lambda value: (drawn[value] + 1) / self.period[value])

    def _bars(self, step: int, value: int) -> bool:
        return value in self.barred.get(step, NONE)

    def _move(self, drawing: int, step: int, came: Mapping[int, int | None]) -> None:
        self.holes.discard(step)
        while (before := came[step]) is not None:
            self.held[step] = self.held[before]
            step = before
        self.held[step] = drawing


def _outwards(home: int, first: int, last: int) -> Iterator[int]:
    """The steps from `first` to `last`, those nearest to `home` first."""
    for distance in range(max(home - first, last - home) + 1):
        if first <= home - distance <= last:
            yield home - distance
        if distance and first <= home + distance <= last:
            yield home + distance

"""The order in which one kind's items read the values of an axis."""

import math
import random
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property

from generator.schedule import Schedule

TURNS_KEPT = 256
"""Orders of starts that are kept; the items in work at one time fall into far fewer turns."""


@dataclass(frozen=True)
class Reading:
    """A schedule read in blocks, begun elsewhere after each.

    Every possible start has its block once a turn, so that every value meets every principle
    equally often. In which order is shuffled for each axis and turn, so that no two axes move in
    step. Blocks are whole periods: at the end of each period, counts are exact.
    """

    shares: Schedule
    block: int
    """Items of the kind from one start to the next."""
    key: str
    _orders: dict[int, list[int]] = field(default_factory=dict, init=False, repr=False)

    def values(self, first: int, end: int) -> list[int]:
        """The values for the ranks from `first` to before `end`."""
        found: list[int] = []
        period = len(self._steps)
        while first < end:
            number = first // self.block
            length = min(end, (number + 1) * self.block) - first
            step = (self._start(number) + first) % period
            found += (self._steps * ((step + length) // period + 1))[step : step + length]
            first += length
        return found

    def uses(self, rank: int, value: int) -> int:
        """How many ranks before this one, which has it, have the value."""
        period = len(self._steps)
        start = self._start(rank // self.block)
        drawn, seen = self._drawn[value], self._ranks[(start + rank) % period]
        # From the start of the period that the rank is in, round the end of the table.
        within = (seen - bisect_left(drawn, start)) % len(drawn)
        return rank // period * len(drawn) + within

    def _start(self, number: int) -> int:
        turn, place = divmod(number, len(self._starts))
        order = self._orders.get(turn)
        if order is None:
            order = list(self._starts)
            random.Random(f"{self.key}/{turn}").shuffle(order)  # noqa: S311 - no secret
            if len(self._orders) >= TURNS_KEPT:
                self._orders.clear()
            self._orders[turn] = order
        return order[place]

    @cached_property
    def _starts(self) -> list[int]:
        return self.shares.rotations

    @cached_property
    def _steps(self) -> list[int]:
        values: list[int] = self.shares.slots.tolist()
        return values

    @cached_property
    def _ranks(self) -> list[int]:
        ranks: list[int] = self.shares.ranks.tolist()
        return ranks

    @cached_property
    def _drawn(self) -> list[list[int]]:
        """The steps at which each value is drawn."""
        drawn: list[list[int]] = [[] for _ in range(self.shares.size)]
        for step, value in enumerate(self._steps):
            drawn[value].append(step)
        return drawn


def read(shares: Schedule, period: int, key: str) -> Reading:
    """Read a schedule in a kind of which a period of the plan holds `period` items."""
    return Reading(shares, math.lcm(period, shares.period), key)

"""Endless sequences in which every value keeps to its share, at every length.

The chairman assignment problem: draw one of k values at each step so that after n steps each has
been drawn n times its share, within one. Serving the values by earliest deadline achieves it
(R. Tijdeman, The chairman assignment problem, Discrete Mathematics 32, 1980; G. Steiner and
S. Yeomans, Level schedules for mixed-model, just-in-time processes, Management Science 39, 1993).
The sequence repeats once the weights come out even, so a period of it is a table and any step of
it is looked up, however far away.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def whole_weights(weights: Sequence[float]) -> list[int]:
    """The smallest whole numbers in the proportion of weights given to two decimals."""
    hundredths = [round(weight * 100) for weight in weights]
    divisor = math.gcd(*hundredths) or 1
    return [weight // divisor for weight in hundredths]


@dataclass(frozen=True)
class Schedule:
    """One period of a balanced sequence of the values 0 to k - 1."""

    slots: Ints
    """The value at each step, shape (period,)."""
    size: int
    """k, values of weight 0 included."""

    @property
    def period(self) -> int:
        """Steps until the sequence repeats."""
        return len(self.slots)

    @cached_property
    def counts(self) -> Ints:
        """Steps of a period at which each value is drawn, shape (k,)."""
        return np.bincount(self.slots, minlength=self.size)

    @cached_property
    def ranks(self) -> Ints:
        """For each step, how often its value was drawn before in the period, shape (period,)."""
        order = np.argsort(self.slots, kind="stable")
        starts = np.concatenate(([0], np.cumsum(self.counts)[:-1]))
        ranks = np.empty_like(self.slots)
        ranks[order] = np.arange(self.period) - starts[self.slots[order]]
        return ranks

    @cached_property
    def rotations(self) -> list[int]:
        """The steps from which the sequence may be begun and still keeps to the shares within one.

        Where all weights are equal, every step.
        """
        drawn = np.zeros((self.period, self.size), dtype=np.int64)
        np.add.at(drawn, (np.arange(1, self.period), self.slots[:-1]), 1)
        ahead = drawn.cumsum(axis=0) * self.period - np.outer(np.arange(self.period), self.counts)
        good = (ahead > ahead.max(axis=0) - self.period) & (ahead < ahead.min(axis=0) + self.period)
        return [int(step) for step in np.flatnonzero(good.all(axis=1))]


def schedule(weights: Sequence[int]) -> Schedule:
    """Build the sequence for whole weights, of which at least one is above 0.

    Values of one weight form a class. The classes are served by earliest deadline, and the values
    of a class in turn: a share that is within one for the class is so for each of its n values,
    because rounding x and then x / n is the same as rounding x / n. With one or two classes every
    stretch of the sequence keeps to the shares, so it may be begun anywhere.
    """
    classes: dict[int, list[int]] = {}
    for value, weight in enumerate(weights):
        if weight:
            classes.setdefault(weight, []).append(value)
    members = list(classes.values())
    shares = [weight * len(values) for weight, values in classes.items()]
    total = sum(shares)
    drawn = [0] * len(shares)
    slots = np.empty(total, dtype=np.int64)
    for step in range(total):
        # A class may be served once that leaves it less than one ahead, and must be before it
        # would fall one behind.
        served = min(
            (c for c, share in enumerate(shares) if drawn[c] * total < (step + 1) * share),
            key=lambda c: -(-(drawn[c] + 1) * total // shares[c]),
        )
        slots[step] = members[served][drawn[served] % len(members[served])]
        drawn[served] += 1
    return Schedule(slots, len(weights))


def cross(first: Schedule, second: Schedule) -> tuple[Ints, Ints]:
    """Two sequences side by side, such that every value of one meets every value of the other.

    Both keep to their shares within one. Where their periods have a common divisor g, the second
    is begun anew, one step further, each time both come out even, so that after g such blocks
    each step of the one has met each step of the other exactly once.

    Returns:
        The values of the first and of the second at each step of one common period.
    """
    block = math.lcm(first.period, second.period)
    starts: dict[int, int] = {}
    for rotation in second.rotations:
        starts.setdefault(rotation % math.gcd(first.period, second.period), rotation)
    steps = np.arange(block)
    return (
        np.tile(first.slots[steps % first.period], len(starts)),
        np.concatenate(
            [second.slots[(steps + start) % second.period] for _, start in sorted(starts.items())]
        ),
    )

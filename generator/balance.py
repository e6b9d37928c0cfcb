"""Where the axes of a kind cannot be dealt well: exclusions are too many, or axes go in step."""

import math
from collections.abc import Iterator
from itertools import combinations

from exempla.errors import Problem
from generator.deal import DealtAxis
from generator.partners import bars
from generator.plan import Plan
from generator.schedule import whole_weights
from prompts.axis import Axis

TRIED = 1024
"""Items of each kind that are dealt to see whether shares are kept, in whole windows."""
LONG = 25
"""Items in the period of an axis. Shorter ones are begun elsewhere so often (see `Reading`) that
their values meet whatever their periods are."""


def balance_problems(plan: Plan) -> Iterator[Problem]:
    """What exclusions make impossible, by weights and as items are dealt; axes that go in step."""
    for kind, deal in zip(plan.kinds, plan.deals, strict=True):
        for one, two in combinations(deal.axes, 2):
            yield from _in_step(one.axis, two.axis, kind.name)
        for place, dealt in enumerate(deal.axes):
            found = [
                problem
                for other in deal.axes[:place]
                for one, two in ((dealt.axis, other.axis), (other.axis, dealt.axis))
                for problem in _too_heavy(one, two, kind.name)
            ]
            yield from found or _forced(dealt, kind.name)


def _in_step(axis: Axis, other: Axis, kind: str) -> Iterator[Problem]:
    """Two long axes whose periods have a common divisor of half the shorter one, or more."""
    periods = [sum(whole_weights([v.weight for v in it.values])) for it in (axis, other)]
    if min(periods) >= LONG and 2 * math.gcd(*periods) >= min(periods):
        yield other.place.problem(
            f"in the kind '{kind}', '{axis.name}' and '{other.name}' are read in step, the one "
            f"every {periods[0]} items and the other every {periods[1]}: the same values will "
            "meet again and again",
            "Add a value to one of them, take one away, or change a weight.",
        )


def _too_heavy(axis: Axis, other: Axis, kind: str) -> Iterator[Problem]:
    """Values that are due more often than all they can go with."""
    table = bars(axis, other)
    if not any(table):
        return
    own = whole_weights([value.weight for value in axis.values])
    others = whole_weights([value.weight for value in other.values])
    for value, weight, bar in zip(axis.values, own, table, strict=True):
        left = sum(others) - sum(others[number] for number in bar)
        if bar and weight * sum(others) > left * sum(own):
            yield axis.place_of(value.id).problem(
                f"in the kind '{kind}', '{value.id}' is due in {weight / sum(own):.0%} of the "
                f"items, and what it can go with of '{other.name}' in {left / sum(others):.0%}",
                f"'{axis.name}' and '{other.name}' cannot both keep to their shares: "
                "take back an exclusion, or change a weight.",
            )


def _forced(dealt: DealtAxis, kind: str) -> Iterator[Problem]:
    """An axis that is dealt values over their shares, because no others may stand there."""
    if not dealt.before:
        return
    windows = -(-TRIED // dealt.window_length)
    items = windows * dealt.window_length
    forced = sum(dealt.window(number).forced for number in range(windows))
    if forced:
        names = ", ".join(f"'{other.axis.name}'" for other, _ in dealt.before)
        yield dealt.axis.place.problem(
            f"in the kind '{kind}', {forced} of the first {items} items have a value of "
            f"'{dealt.axis.name}' beyond its share, through exclusions with {names}",
            "Take back an exclusion; 'exempla plan --axes' shows what the counts come to.",
        )

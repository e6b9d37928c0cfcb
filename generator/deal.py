"""The axes as one kind deals them: each read in its order, exclusions kept, slots filled.

Axes are settled in the kind's order. One that excludes nothing of an axis before it is read
directly. Any other is settled a window at a time, a whole number of the periods of its schedule:
what it reads there is rearranged (see `mend`) so that no item has two values that exclude each
other. What is promised then:

- never two values that exclude each other, at any rank;
- in each window, counts exact at its end if any arrangement there allows it, beside the axes
  before it; else as many items as possible keep them;
- exact at the end of each period too, and within one at every length, where the windows'
  periods each have an arrangement with that.

Exclusions are to be few: with a few dozen among a dozen axes every window has such arrangements.
`balance` tells of those that have not.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from exempla.errors import BadInput, Problem
from generator.fill import Words
from generator.mend import NONE, mend
from generator.partners import Bars, bars, dead_ends
from generator.reading import Reading, read
from generator.schedule import schedule, whole_weights
from prompts.axis import Axis, AxisValue

LEAST_WINDOW = 64
"""Ranks: room to swap where periods are short."""
RANKS_KEPT = 8192
"""Of windows and pages: more than the items that are put in order together (`plan.BLOCK`)."""
PAGE = 128
"""Ranks of a kind that are dealt at once."""


class Card(NamedTuple):
    """A value of an axis, ready to be dealt."""

    id: str
    text: str
    frame: str
    """Its system message and tools as canonical JSON, or nothing."""
    words: Words | None
    """Where its text has slots."""


class Window(NamedTuple):
    """Ranks of one axis that are settled together."""

    values: list[int]
    uses: list[int]
    """Where words have slots: how often the axis dealt the rank's value before, nearly so after a
    forced value."""
    forced: int
    """Ranks whose value is over its share, because no other could stand there."""


class DealtAxis:
    """An axis as one kind deals it."""

    def __init__(
        self, axis: Axis, reading: Reading, before: Sequence[tuple["DealtAxis", Bars]]
    ) -> None:
        """Prepare the values.

        Args:
            axis: Whose values are dealt.
            reading: Their order.
            before: Axes that are settled earlier, and what each of their values excludes here.
        """
        self.axis = axis
        self.before = before
        self.cards = [_card(value, reading.key) for value in axis.values]
        self.ids = [card.id for card in self.cards]
        self.texts = [card.text for card in self.cards]
        self.plain = not any(card.words or card.frame for card in self.cards)
        """Whether the words of every value stand fast, and are all there is."""
        self._reading = reading
        self._period: list[int] = reading.shares.counts.tolist()
        length = reading.shares.period
        self.window_length = -(-LEAST_WINDOW // length) * length
        self.window = lru_cache(maxsize=RANKS_KEPT // self.window_length + 2)(self._window)
        """The settled window of a number, kept for a while."""

    def use(self, rank: int, value: int) -> int:
        """How often the axis dealt the rank's value before."""
        if self.before:
            number, place = divmod(rank, self.window_length)
            return self.window(number).uses[place]
        return self._reading.uses(rank, value)

    def values(self, first: int, end: int) -> list[int]:
        """The values, by number, for the ranks from `first` to before `end`."""
        if not self.before:
            return self._reading.values(first, end)
        length = self.window_length
        numbers = range(first // length, (end - 1) // length + 1)
        found = [value for number in numbers for value in self.window(number).values]
        offset = first - numbers.start * length
        return found[offset : offset + end - first]

    def _window(self, number: int) -> Window:
        first, end = number * self.window_length, (number + 1) * self.window_length
        barred: dict[int, frozenset[int]] = {}
        for other, table in self.before:
            for place, value in enumerate(other.values(first, end)):
                if table[value]:
                    barred[place] = barred.get(place, NONE) | table[value]
        values, forced = mend(self._reading.values(first, end), barred, self._period)
        return Window(values, [] if self.plain else self._uses(values, first), forced)

    def _uses(self, values: list[int], first: int) -> list[int]:
        periods = first // sum(self._period)
        drawn = [periods * count for count in self._period]
        uses: list[int] = []
        for value in values:
            uses.append(drawn[value])
            drawn[value] += 1
        return uses


class Dealt(NamedTuple):
    """What an item gets of its kind's axes."""

    ids: dict[str, str]
    """Of the value on each axis."""
    words: dict[str, str]
    """What each axis gives the writer."""
    parts: Sequence[str]
    """What counts for the item's id."""


class _Page(NamedTuple):
    """Some ranks of a kind, dealt at once: a slice of an axis costs little more than a value."""

    ids: list[tuple[str, ...]]
    texts: list[tuple[str, ...]]
    values: list[list[int]]
    """Of each axis that has slots or frames."""


class Deal:
    """The axes of one kind, dealt together."""

    def __init__(self, axes: Sequence[DealtAxis]) -> None:
        self.axes = tuple(axes)
        self._names = tuple(dealt.axis.name for dealt in axes)
        self._special = tuple(dealt for dealt in axes if not dealt.plain)
        self._page = lru_cache(maxsize=RANKS_KEPT // PAGE + 2)(self._dealt)

    def at(self, rank: int) -> Dealt:
        """What the kind's item of this rank gets."""
        if not self.axes:
            return Dealt({}, {}, ())
        number, place = divmod(rank, PAGE)
        page = self._page(number)
        texts = page.texts[place]
        ids = dict(zip(self._names, page.ids[place], strict=True))
        words = dict(zip(self._names, texts, strict=True))
        if not self._special:
            return Dealt(ids, words, texts)
        frames: list[str] = []
        for dealt, values in zip(self._special, page.values, strict=True):
            card = dealt.cards[values[place]]
            if card.words:
                words[dealt.axis.name] = card.words.of_use(dealt.use(rank, values[place]))
            if card.frame:
                frames.append(card.frame)
        return Dealt(ids, words, (*words.values(), *frames))

    def _dealt(self, number: int) -> _Page:
        first, end = number * PAGE, (number + 1) * PAGE
        columns = [dealt.values(first, end) for dealt in self.axes]
        ids = (map(d.ids.__getitem__, values) for d, values in zip(self.axes, columns, strict=True))
        texts = (
            map(d.texts.__getitem__, values) for d, values in zip(self.axes, columns, strict=True)
        )
        return _Page(
            list(zip(*ids, strict=True)),
            list(zip(*texts, strict=True)),
            [values for d, values in zip(self.axes, columns, strict=True) if not d.plain],
        )


def deal(axes: Sequence[Axis], kind: str, period: int, key: int) -> Deal:
    """Deal axes to a kind of which a period of the plan holds `period` items.

    Raises:
        BadInput: values that may stand together leave nothing to deal on a later axis, or a value
            excludes all of another axis.
    """
    dealt: list[DealtAxis] = []
    problems: list[Problem] = []
    for axis in axes:
        tables = [bars(other.axis, axis) for other in dealt]
        problems += dead_ends([other.axis for other in dealt], axis, kind)
        shares = schedule(whole_weights([value.weight for value in axis.values]))
        reading = read(shares, period, f"{key}/{kind}/{axis.name}")
        before = [(o, table) for o, table in zip(dealt, tables, strict=True) if any(table)]
        dealt.append(DealtAxis(axis, reading, before))
    if problems:
        raise BadInput(*problems)
    return Deal(dealt)


def _card(value: AxisValue, key: str) -> Card:
    words = Words(value.text, value.lists, f"{key}/{value.id}") if value.lists else None
    return Card(value.id, value.text, _frame(value), words)


def _frame(value: AxisValue) -> str:
    if value.system is None and not value.tools:
        return ""
    frame: Mapping[str, object] = {
        "system": value.system,
        "tools": [tool.model_dump() for tool in value.tools],
    }
    return json.dumps(frame, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

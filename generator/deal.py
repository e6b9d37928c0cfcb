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

    def values(self, first: int, end: int) -> list[int]:
        """The values, by number, for the ranks from `first` to before `end`."""
        if not self.before:
            return self._reading.values(first, end)
        length = self.window_length
        found: list[int] = []
        for number in range(first // length, (end - 1) // length + 1):
            found += self.window(number).values
        return found[first % length :][: end - first]

    def uses(self, first: int, values: Sequence[int]) -> list[int]:
        """How often each of the values from rank `first` on was dealt before.

        Nearly so where values were forced.
        """
        following: dict[int, int] = {}
        found: list[int] = []
        for rank, value in enumerate(values, first):
            use = following[value] if value in following else self._use(rank, value)
            found.append(use)
            following[value] = use + 1
        return found

    def _window(self, number: int) -> Window:
        first, end = number * self.window_length, (number + 1) * self.window_length
        barred: dict[int, frozenset[int]] = {}
        for other, table in self.before:
            for place, value in enumerate(other.values(first, end)):
                if table[value]:
                    barred[place] = barred.get(place, NONE) | table[value]
        values, forced = mend(self._reading.values(first, end), barred, self._period)
        return Window(values, forced)

    def _use(self, rank: int, value: int) -> int:
        if not self.before:
            return self._reading.uses(rank, value)
        number, place = divmod(rank, self.window_length)
        periods = number * self.window_length // sum(self._period)
        return periods * self._period[value] + self.window(number).values[:place].count(value)


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
    special: list[list[tuple[Card, int]]]
    """Of each axis that has slots or frames, the values and how often each was dealt before."""


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
        for dealt, cards in zip(self._special, page.special, strict=True):
            card, use = cards[place]
            if card.words:
                words[dealt.axis.name] = card.words.of_use(use)
            if card.frame:
                frames.append(card.frame)
        return Dealt(ids, words, (*words.values(), *frames))

    def _dealt(self, number: int) -> _Page:
        first, end = number * PAGE, (number + 1) * PAGE
        ids: list[list[str]] = []
        texts: list[list[str]] = []
        special: list[list[tuple[Card, int]]] = []
        for dealt in self.axes:
            values = dealt.values(first, end)
            ids.append(list(map(dealt.ids.__getitem__, values)))
            texts.append(list(map(dealt.texts.__getitem__, values)))
            if not dealt.plain:
                cards = map(dealt.cards.__getitem__, values)
                special.append(list(zip(cards, dealt.uses(first, values), strict=True)))
        return _Page(list(zip(*ids, strict=True)), list(zip(*texts, strict=True)), special)


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

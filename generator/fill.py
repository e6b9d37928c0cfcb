"""Words with slots, filled evenly from lists that people wrote."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

from prompts.slots import cut

CYCLES_KEPT = 64
"""Shuffled lists that are kept of a slot; the uses in work at one time fall into fewer."""


class Words:
    """The words of one axis value, for each use of it."""

    def __init__(self, text: str, lists: Mapping[str, Sequence[str]], key: str) -> None:
        """Cut the text once.

        Args:
            text: With slots.
            lists: The entries for each slot, at least as many as it stands in the text.
            key: Of the plan, the kind, the axis and the value.
        """
        pieces = cut(text)
        times = Counter(pieces.slots)
        self._hands = [_Hands(lists[slot], m, f"{key}/{slot}") for slot, m in times.items()]
        # The hands come one after the other; each slot takes the next entry of its own.
        ends = itertools.accumulate(times.values(), initial=0)
        following = {slot: itertools.count(end) for slot, end in zip(times, ends, strict=False)}
        marks = [f"{{{next(following[slot])}}}" for slot in pieces.slots]
        self._frame = "".join(
            itertools.chain.from_iterable(itertools.zip_longest(pieces.fixed, marks, fillvalue=""))
        )

    def of_use(self, use: int) -> str:
        """The words with the slots filled for this use, counted from 0."""
        entries: list[str] = []
        for hands in self._hands:
            entries += hands.at(use)
        return self._frame.format(*entries)


class _Hands:
    """Entries of a list dealt `size` at a time, from a pack that is shuffled anew each cycle.

    Where the hands do not come out even, the rest sits out a cycle; who does goes round the list,
    so no entry is dealt more than two times more often than another.
    """

    def __init__(self, entries: Sequence[str], size: int, key: str) -> None:
        self._entries = entries
        self._size = size
        self._key = key
        self._cycle = len(entries) // size
        self._packs: dict[int, list[str]] = {}

    def at(self, use: int) -> list[str]:
        """`size` different entries."""
        cycle, place = divmod(use, self._cycle)
        pack = self._packs.get(cycle)
        if pack is None:
            pack = self._shuffled(cycle)
            if len(self._packs) >= CYCLES_KEPT:
                self._packs.clear()
            self._packs[cycle] = pack
        return pack[place * self._size : (place + 1) * self._size]

    def _shuffled(self, cycle: int) -> list[str]:
        count, dealt = len(self._entries), self._cycle * self._size
        first = cycle * (count - dealt)
        pack = [self._entries[(first + step) % count] for step in range(count - dealt, count)]
        # Sorted by random numbers, at a third of the time that a new random.Random takes.
        numbers = hashlib.shake_128(f"{self._key}/{cycle}".encode()).digest(4 * dealt)
        drawn = [numbers[first : first + 4] for first in range(0, 4 * dealt, 4)]
        return [pack[place] for place in sorted(range(dealt), key=drawn.__getitem__)]

"""Words with slots, filled evenly from lists that people wrote."""

import random
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
        self._frame = "%s".join(piece.replace("%", "%%") for piece in pieces.fixed)
        self._hands = [_Hands(lists[slot], m, f"{key}/{slot}") for slot, m in times.items()]
        place = {slot: index for index, slot in enumerate(times)}
        stood: Counter[str] = Counter()
        self._order: list[tuple[int, int]] = []
        for slot in pieces.slots:
            self._order.append((place[slot], stood[slot]))
            stood[slot] += 1

    def of_use(self, use: int) -> str:
        """The words with the slots filled for this use, counted from 0."""
        dealt = [hands.at(use) for hands in self._hands]
        return self._frame % tuple(dealt[slot][nth] for slot, nth in self._order)


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
        random.Random(f"{self._key}/{cycle}").shuffle(pack)  # noqa: S311 - no secret
        return pack

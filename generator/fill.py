"""Words with slots, filled evenly from lists that people wrote."""

import hashlib
import itertools
import struct
from collections import Counter
from collections.abc import Mapping, Sequence

from prompts.slots import cut

USES_AT_ONCE = 16
"""Uses for which a slot's list is shuffled in one go."""
PACKS_KEPT = 64
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
        self._cycles = -(-USES_AT_ONCE // self._cycle)
        self._uses = self._cycles * self._cycle
        self._packs: dict[int, list[str]] = {}

    def at(self, use: int) -> list[str]:
        """`size` different entries."""
        number, place = divmod(use, self._uses)
        pack = self._packs.get(number)
        if pack is None:
            pack = self._shuffled(number)
            if len(self._packs) >= PACKS_KEPT:
                self._packs.clear()
            self._packs[number] = pack
        return pack[place * self._size : (place + 1) * self._size]

    def _shuffled(self, number: int) -> list[str]:
        """The packs of some cycles, one after the other."""
        count, dealt = len(self._entries), self._cycle * self._size
        drawn = self._random(number, self._cycles * dealt)
        pack: list[str] = []
        for cycle in range(self._cycles):
            order = sorted(range(cycle * dealt, (cycle + 1) * dealt), key=drawn.__getitem__)
            # Those that sit out come first; the place within the cycle counts on from them.
            first = (number * self._cycles + cycle + 1) * (count - dealt) - cycle * dealt
            pack += [self._entries[(first + place) % count] for place in order]
        return pack

    def _random(self, number: int, count: int) -> tuple[int, ...]:
        """Sorting by these shuffles in less than half the time that a new random.Random takes."""
        digest = hashlib.shake_128(f"{self._key}/{number}".encode()).digest(4 * count)
        return struct.unpack(f">{count}I", digest)

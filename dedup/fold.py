"""What becomes of a character by itself when a text is normalised, as a table for compiled code.

A text can be folded character by character where none of its characters composes with one before
it and marks stand in their canonical order: that is how Unicode's quick check tells that a text is
in a normal form (Unicode Standard Annex 15, section 9). Where some do, or where a capital sigma
takes its form from its place in a word, the text has to be normalised as a whole.
"""

import unicodedata
from functools import cache
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.normalize import folded

UNKNOWN, LETTER, RUN, SPACE, NOTHING, CONTEXT = range(6)
"""Kinds of characters: not met so far; folded to one character of a word; to several, blanks too;
to what parts words; to nothing; and those that depend on others."""

KIND, ORDER = 29, 21
"""The bit at which an entry's kind begins, and that at which its order does."""

_BLOCK = 256
_CHARACTERS = 1 << 21
"""As many as four bytes of UTF-8 can name."""
_RUNS = 1 << 13
"""Room for all of Unicode's, of which there are 4345 in version 14."""
_VOWELS_AND_FINALS = [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]
"""Hangul letters that compose by a formula, so that no decomposition lists them."""


class Entries(NamedTuple):
    """The table as arrays."""

    entries: NDArray[np.uint32]
    """By code point. The upper 3 bits are the kind. The next 8 are the canonical combining class
    of the last character that is given. The others are the code point that is given, or the place
    of several in `runs`."""
    runs: NDArray[np.uint32]
    """At each place, how many code points are given, then these."""


class Folding:
    """The table, whose entries are made when their characters are first met."""

    def __init__(self) -> None:
        self.entries = Entries(
            np.zeros(_CHARACTERS, dtype=np.uint32),  # not touched, so most of it takes no memory
            np.zeros(_RUNS, dtype=np.uint32),
        )
        self._used = 0
        self._lock = Lock()

    def learn(self, text: str) -> None:
        """Make the entries of all characters of a text, and of their neighbours."""
        with self._lock:
            for block in sorted({ord(character) // _BLOCK for character in text}):
                start = block * _BLOCK
                if self.entries.entries[start] >> KIND == UNKNOWN:
                    # The first is set last: it tells other threads that the block is there.
                    for code in reversed(range(start, start + _BLOCK)):
                        self.entries.entries[code] = self._entry(code)

    def _entry(self, code: int) -> int:
        character = chr(code)
        composed = unicodedata.normalize("NFKC", character)
        given = folded(character)
        order = unicodedata.combining(given[-1]) if given else 0
        starts_late = unicodedata.combining(composed[0]) > 0 and len(given) > 1
        if composed[0] in _composing() or "Σ" in composed or starts_late:
            return CONTEXT << KIND
        if not given:
            return NOTHING << KIND
        if given == " ":
            return SPACE << KIND | ord(given)
        if len(given) == 1:
            return LETTER << KIND | order << ORDER | ord(given)
        place, self._used = self._used, self._used + len(given) + 1
        self.entries.runs[place : self._used] = [len(given), *map(ord, given)]
        return RUN << KIND | order << ORDER | place


@cache
def _composing() -> frozenset[str]:
    """Characters that may become one with the character before them."""
    decompositions = (unicodedata.decomposition(chr(code)) for code in range(0x20000))
    canonical = (it.split() for it in decompositions if it and not it.startswith("<"))
    seconds = {chr(int(parts[1], 16)) for parts in canonical if len(parts) == 2}
    return frozenset(seconds.union(map(chr, _VOWELS_AND_FINALS)))

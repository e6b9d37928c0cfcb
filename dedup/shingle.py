"""Shingles: the overlapping runs of words that stand for a text, as 64-bit hashes.

Two texts are as similar as their sets of shingles (A. Broder, "On the resemblance and containment
of documents", 1997). 64 bits make a chance collision in a corpus of 10⁸ distinct shingles rarer
than one in a thousand.
"""

from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Shingles = NDArray[np.uint64]
"""Hashes of the distinct shingles of one text, in ascending order."""

WIDTH = 5
"""Words in a shingle."""

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ over the golden ratio (Knuth, TAOCP 3, section 6.4)
_HALF = np.uint64(32)


def shingles(text: str) -> Shingles:
    """The shingles of a normalised text: one of all its words if they are few, none without words.

    The same in every process and on every machine, unlike Python's own `hash`.
    """
    words = np.fromiter(map(_word_hash, text.split()), dtype=np.uint64)
    if not words.size:
        return words
    width = min(WIDTH, words.size)
    count = words.size - width + 1
    hashes = np.zeros(count, dtype=np.uint64)
    for offset in range(width):
        # Every step is a bijection of the hash so far, so runs of words collide only by chance.
        hashes = (hashes ^ words[offset : offset + count]) * _ODD
        hashes ^= hashes >> _HALF
    return np.unique(hashes)


@lru_cache(maxsize=1 << 16)  # most words of a text are among the commonest of its language
def _word_hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")

"""Texts side by side in one array of bytes, as compiled code takes them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from exempla.compiled import compiled

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

PADDING = 64
"""Bytes behind all texts, so that more can be read and written at once than there is."""


class Texts(NamedTuple):
    """Some texts."""

    data: Bytes
    """In UTF-8; a blank behind each text, `PADDING` behind the last, and what else there is."""
    spans: Ints
    """Where each begins and ends, shape (texts, 2)."""

    def octets(self, row: int) -> bytes:
        """One of them."""
        begin, end = self.spans[row]
        return self.data[begin:end].tobytes()


def joined(texts: Sequence[bytes]) -> Texts:
    """Put texts in UTF-8 side by side."""
    octets = bytearray(b" ").join([*texts, bytes(PADDING)])  # for whose type code is compiled once
    data = np.frombuffer(octets, dtype=np.uint8)
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    ends = np.cumsum(sizes + 1) - 1
    return Texts(data, np.column_stack([ends - sizes, ends]))


@compiled
def characters(texts: Texts) -> NDArray[np.uint32]:
    """How many each has."""
    counts = np.empty(len(texts.spans), dtype=np.uint32)
    for row in range(len(counts)):
        count = 0
        for octet in texts.data[texts.spans[row, 0] : texts.spans[row, 1]]:
            count += octet & 0xC0 != 0x80  # not a byte within one
        counts[row] = count
    return counts


@compiled
def packed_together(texts: Texts) -> Bytes:
    """The bytes of all, without any in between."""
    octets = np.empty(np.sum(texts.spans[:, 1] - texts.spans[:, 0]), dtype=np.uint8)
    place = 0
    for row in range(len(texts.spans)):
        for index in range(texts.spans[row, 0], texts.spans[row, 1]):
            octets[place] = texts.data[index]
            place += 1
    return octets

"""Strings out of lines of JSON, in compiled code.

Lines that are plainly right are read here, and all others left to orjson, which alone says what is
wrong: what is taken here orjson takes too, and to the same text.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.json_value import (
    BACKSLASH,
    BLANK,
    CLOSE,
    COMMA,
    MINUS,
    NEWLINE,
    NINE,
    NULL,
    OPEN,
    QUOTE,
    STEP,
    TOGETHER,
    WRONG,
    ZERO,
    A,
    Bytes,
    U,
    blanks_end,
    escaped,
    key_end,
    stands,
    value_end,
)
from dedup.texts import PADDING
from exempla.compiled import compiled

Ints = NDArray[np.int64]

NOT_TAKEN = -1
"""Where the text of a line begins that has to be read in another way."""

_ID = np.frombuffer(b"id", dtype=np.uint8)
_DIGITS = 18
"""Of an integer that surely fits into 64 bits."""


class Taken(NamedTuple):
    """What is taken from some lines, a row each."""

    data: Bytes
    """Of `dedup.texts.Texts`, with the JSON of ids in between."""
    texts: Ints
    """Where the text of each begins and ends, shape (lines, 2); or `NOT_TAKEN`."""
    ids: Ints
    """The same of the id; of no length where it is missing or null."""


@compiled
def take(data: Bytes, lines: Ints, key: Bytes) -> Taken:
    """Take the text and the `id` from lines; an id that is a string, a short integer or a truth.

    Args:
        data: Lines, each with a newline at its end.
        lines: Where those begin and end that are wanted, shape (lines, 2).
        key: Of the text in the object that a line is; in UTF-8, of nothing that JSON would escape.
    """
    size = np.sum(lines[:, 1] - lines[:, 0]) + PADDING
    texts = np.full((len(lines), 2), NOT_TAKEN)
    taken = Taken(np.empty(size, dtype=np.uint8), texts, np.zeros((len(lines), 2), dtype=np.int64))
    place = 0
    for row in range(len(lines)):
        text, id_, id_end = _members(data, lines[row, 0], key)
        if text == WRONG:
            continue
        end = _unescape(data, text, taken.data, place)
        taken.texts[row] = place, end
        taken.data[end] = BLANK
        place = end + 1
        taken.ids[row] = place, place + id_end - id_
        for index in range(id_, id_end):
            taken.data[place] = data[index]
            place += 1
    return taken


@compiled
def _members(data: Bytes, index: int, key: Bytes) -> tuple[int, int, int]:
    """Where the text begins, behind its quote, and where the value of the id begins and ends.

    The text is wrong if anything about the line is odd.
    """
    text, id_, id_end, none = WRONG, 0, 0, (WRONG, 0, 0)
    index = blanks_end(data, index)
    if data[index] != OPEN:
        return none
    while data[index] != CLOSE:
        begin = blanks_end(data, index + 1)
        value = key_end(data, begin)
        if value == WRONG:
            return none
        index = value_end(data, value)
        if index == WRONG:
            return none
        if stands(data, begin + 1, key) and data[begin + 1 + len(key)] == QUOTE:
            if text != WRONG or data[value] != QUOTE:
                return none
            text = value + 1
        if stands(data, begin + 1, _ID) and data[begin + 3] == QUOTE:
            if id_end or not _is_plain_id(data, value, index):
                return none
            id_, id_end = value, index
        index = blanks_end(data, index)
        if data[index] != COMMA and data[index] != CLOSE:
            return none
    if data[blanks_end(data, index + 1)] != NEWLINE:
        return none
    if stands(data, id_, NULL):
        id_end = id_
    return text, id_, id_end


@compiled
def _is_plain_id(data: Bytes, begin: int, end: int) -> bool:
    first = data[begin]
    if first == QUOTE or (first >= A and first <= U):  # true, false or null
        return True
    for index in range(begin, end):
        if data[index] != MINUS and (data[index] < ZERO or data[index] > NINE):
            return False
    return end - begin <= _DIGITS


@compiled
def _unescape(data: Bytes, index: int, out: Bytes, place: int) -> int:
    """Write out the right string that begins at a place; gives where it ends."""
    while True:
        index, place = _copy_plain(data, index, out, place)
        if data[index] == QUOTE:
            return place
        code, index = escaped(data, index + 1)
        if code < 0x80:
            out[place] = code
            place += 1
            continue
        width = 2 + (code > 0x7FF) + (code > 0xFFFF)
        for step in range(width - 1, 0, -1):
            out[place + step] = 0x80 | (code & 0x3F)
            code >>= 6
        out[place] = (0xF00 >> width & 0xFF) | code
        place += width


@compiled
def _copy_plain(data: Bytes, index: int, out: Bytes, place: int) -> tuple[int, int]:
    """Write out what is before the next quote or backslash, and after it what is of no use."""
    while index + STEP <= len(data):
        others = np.uint8(0)
        for step in range(TOGETHER):
            octet = data[np.uint64(index) + step]
            out[np.uint64(place) + step] = octet
            others |= np.uint8((octet == QUOTE) | (octet == BACKSLASH))
        if others:
            break
        index, place = index + STEP, place + STEP
    while data[index] != QUOTE and data[index] != BACKSLASH:
        out[place] = data[index]
        index, place = index + 1, place + 1
    return index, place

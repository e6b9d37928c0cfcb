"""Strings out of lines of JSON, in compiled code.

Lines that are plainly right are read here, and all others left to orjson, which alone says what is
wrong: what is taken here orjson takes too, and to the same text. Grammar and escapes are those of
RFC 8259; what is valid UTF-8 says table 3-7 of the Unicode Standard.

Nothing here looks for the end of a line: at its newline nothing but the end is accepted.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.texts import PADDING
from exempla.compiled import compiled

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

NOT_TAKEN = -1
"""Where the text of a line begins that has to be read in another way."""

_WRONG = -1
_TAB, _NEWLINE, _RETURN, _BLANK, _QUOTE, _COMMA, _MINUS, _POINT = b'\t\n\r ",-.'
_ZERO, _NINE, _COLON, _BACKSLASH, _PLUS, _DELETE = b"09:\\+\x7f"
_OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST = b"{}[]"
_A, _E, _F, _U = b"aefu"
_SMALL = 0x20
"""The bit that makes a letter of ASCII small."""
_ID, _TRUE, _FALSE, _NULL = (
    np.frombuffer(word, dtype=np.uint8) for word in (b"id", b"true", b"false", b"null")
)
_MEANT = np.full(256, _WRONG)
"""The character that a letter behind a backslash stands for."""
_MEANT[list(b'"\\/bfnrt')] = list(b'"\\/\b\f\n\r\t')
_DEPTH = 64
"""Lists and objects within one another; orjson allows more."""
_DIGITS = 18
"""Of an integer that surely fits into 64 bits."""
_NUMBER = 40
"""Characters of a number that surely is finite, if its exponent has two digits."""
_STEP = 64
"""Bytes that are looked at together, because processors do that at once."""
_TOGETHER = np.uint64(_STEP)
"""Without a sign, because numba takes care of indices that count from the end, which is slow."""


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
        if text == _WRONG:
            continue
        end = _unescape(data, text, taken.data, place)
        taken.texts[row] = place, end
        taken.data[end] = _BLANK
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
    text, id_, id_end, none = _WRONG, 0, 0, (_WRONG, 0, 0)
    index = _blanks_end(data, index)
    if data[index] != _OPEN:
        return none
    while data[index] != _CLOSE:
        begin = _blanks_end(data, index + 1)
        value = _key_end(data, begin)
        if value == _WRONG:
            return none
        index = _value_end(data, value)
        if index == _WRONG:
            return none
        if _stands(data, begin + 1, key) and data[begin + 1 + len(key)] == _QUOTE:
            if text != _WRONG or data[value] != _QUOTE:
                return none
            text = value + 1
        if _stands(data, begin + 1, _ID) and data[begin + 3] == _QUOTE:
            if id_end or not _is_plain_id(data, value, index):
                return none
            id_, id_end = value, index
        index = _blanks_end(data, index)
        if data[index] != _COMMA and data[index] != _CLOSE:
            return none
    if data[_blanks_end(data, index + 1)] != _NEWLINE:
        return none
    if _stands(data, id_, _NULL):
        id_end = id_
    return text, id_, id_end


@compiled
def _is_plain_id(data: Bytes, begin: int, end: int) -> bool:
    first = data[begin]
    if first == _QUOTE or (first >= _A and first <= _U):  # true, false or null
        return True
    for index in range(begin, end):
        if data[index] != _MINUS and (data[index] < _ZERO or data[index] > _NINE):
            return False
    return end - begin <= _DIGITS


@compiled
def _stands(data: Bytes, index: int, word: Bytes) -> bool:
    """Whether a word, in which no newline is, stands at a place."""
    for octet in word:
        if data[index] != octet:
            return False
        index += 1
    return True


@compiled
def _blanks_end(data: Bytes, index: int) -> int:
    while data[index] == _BLANK or data[index] == _TAB or data[index] == _RETURN:
        index += 1
    return index


@compiled
def _key_end(data: Bytes, index: int) -> int:
    """Where the value begins whose key begins at a place; wrong if the key has escapes."""
    if data[index] != _QUOTE:
        return _WRONG
    end = _string_end(data, index + 1)
    for place in range(index, end):
        if data[place] == _BACKSLASH:
            return _WRONG
    if end == _WRONG:
        return _WRONG
    index = _blanks_end(data, end)
    return _blanks_end(data, index + 1) if data[index] == _COLON else _WRONG


@compiled
def _value_end(data: Bytes, index: int) -> int:
    """The end of the value that begins at a place."""
    depth, objects = 0, np.uint64(0)  # the lowest bit: whether the innermost is an object
    while True:
        octet = data[index]
        opened = octet in (_OPEN, _OPEN_LIST)
        if opened:
            if depth == _DEPTH:
                return _WRONG
            depth += 1
            objects = objects << np.uint64(1) | np.uint64(octet == _OPEN)
            index = _blanks_end(data, index + 1)
            opened = data[index] != (_CLOSE if octet == _OPEN else _CLOSE_LIST)
        else:
            index = _scalar_end(data, index)
        while not opened:
            if index == _WRONG or depth == 0:
                return index
            index = _blanks_end(data, index)
            if data[index] == _COMMA:
                index = _blanks_end(data, index + 1)
                break
            if data[index] != (_CLOSE if objects & np.uint64(1) else _CLOSE_LIST):
                return _WRONG
            depth, objects, index = depth - 1, objects >> np.uint64(1), index + 1
        if objects & np.uint64(1):
            index = _key_end(data, index)
            if index == _WRONG:
                return _WRONG


@compiled
def _scalar_end(data: Bytes, index: int) -> int:
    if data[index] == _QUOTE:
        return _string_end(data, index + 1)
    if _stands(data, index, _TRUE) or _stands(data, index, _NULL):
        return index + 4
    if _stands(data, index, _FALSE):
        return index + 5
    return _number_end(data, index)


@compiled
def _number_end(data: Bytes, index: int) -> int:
    begin = index
    index += data[index] == _MINUS
    digits = _digits_end(data, index)
    if digits == index or (data[index] == _ZERO and digits > index + 1):
        return _WRONG
    index = digits
    if data[index] == _POINT:
        index = _digits_end(data, index + 1)
        if index == digits + 1:
            return _WRONG
    if data[index] | _SMALL == _E:
        index += 1
        index += data[index] == _MINUS or data[index] == _PLUS
        digits = _digits_end(data, index)
        if digits == index or digits > index + 2:
            return _WRONG
        index = digits
    return index if index <= begin + _NUMBER else _WRONG


@compiled
def _digits_end(data: Bytes, index: int) -> int:
    while data[index] >= _ZERO and data[index] <= _NINE:
        index += 1
    return index


@compiled
def _string_end(data: Bytes, index: int) -> int:
    """Behind the closing quote of a string whose characters begin at a place."""
    while True:
        index = _plain_end(data, index)
        octet = data[index]
        if octet == _QUOTE:
            return index + 1
        if octet == _BACKSLASH:
            code, index = _escaped(data, index + 1)
            if code == _WRONG:
                return _WRONG
        elif octet < _BLANK:
            return _WRONG
        else:
            width = _character_width(data, index)
            if width == _WRONG:
                return _WRONG
            index += width


@compiled
def _plain_end(data: Bytes, index: int) -> int:
    """The end of characters of ASCII that stand for themselves."""
    while index + _STEP <= len(data):
        others = np.uint8(0)
        for step in range(_TOGETHER):
            octet = data[np.uint64(index) + step]
            control = (octet < _BLANK) | (octet >= _DELETE)
            others |= np.uint8(control | (octet == _QUOTE) | (octet == _BACKSLASH))
        if others:
            break
        index += _STEP
    while True:
        octet = data[index]
        if octet < _BLANK or octet > _DELETE or octet in (_QUOTE, _BACKSLASH):
            return index
        index += 1


@compiled
def _escaped(data: Bytes, index: int) -> tuple[int, int]:
    """The code point that is meant by what is behind a backslash, and the end of that."""
    if data[index] != _U:
        return _MEANT[data[index]], index + 1
    code = _hexadecimal(data, index + 1)
    index += 5
    if code < 0xD800 or code > 0xDFFF:
        return code, index
    if code > 0xDBFF or data[index] != _BACKSLASH or data[index + 1] != _U:
        return _WRONG, index
    low = _hexadecimal(data, index + 2)
    if low < 0xDC00 or low > 0xDFFF:
        return _WRONG, index
    return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), index + 6


@compiled
def _hexadecimal(data: Bytes, index: int) -> int:
    """The number that four digits are."""
    number = 0
    for place in range(index, index + 4):
        octet = data[place]
        letter = octet | _SMALL
        if octet >= _ZERO and octet <= _NINE:
            number = number << 4 | (octet - _ZERO)
        elif letter >= _A and letter <= _F:
            number = number << 4 | (letter - _A + 10)
        else:
            return _WRONG
    return number


@compiled
def _character_width(data: Bytes, index: int) -> int:
    """The bytes that a character of UTF-8 takes, two or more."""
    first, second = data[index], data[index + 1]
    if first < 0xC2 or first > 0xF4 or second & 0xC0 != 0x80:
        return _WRONG
    if first < 0xE0:
        return 2
    if (first == 0xE0 and second < 0xA0) or (first == 0xED and second > 0x9F):
        return _WRONG
    if data[index + 2] & 0xC0 != 0x80:
        return _WRONG
    if first < 0xF0:
        return 3
    if (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
        return _WRONG
    return 4 if data[index + 3] & 0xC0 == 0x80 else _WRONG


@compiled
def _unescape(data: Bytes, index: int, out: Bytes, place: int) -> int:
    """Write out the right string that begins at a place; gives where it ends."""
    while True:
        index, place = _copy_plain(data, index, out, place)
        if data[index] == _QUOTE:
            return place
        code, index = _escaped(data, index + 1)
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
    while index + _STEP <= len(data):
        others = np.uint8(0)
        for step in range(_TOGETHER):
            octet = data[np.uint64(index) + step]
            out[np.uint64(place) + step] = octet
            others |= np.uint8((octet == _QUOTE) | (octet == _BACKSLASH))
        if others:
            break
        index, place = index + _STEP, place + _STEP
    while data[index] != _QUOTE and data[index] != _BACKSLASH:
        out[place] = data[index]
        index, place = index + 1, place + 1
    return index, place

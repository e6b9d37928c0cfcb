"""The grammar of JSON, in compiled code: where the value that begins at a place ends.

What is plainly right is found here and everything else called wrong, so that orjson may say what
it is: what is right here orjson takes too. Grammar and escapes are those of RFC 8259; what is valid
UTF-8 says table 3-7 of the Unicode Standard.

Nothing here looks for the end of a line: at its newline nothing but the end is accepted.
"""

import numpy as np
from numpy.typing import NDArray

from exempla.compiled import compiled

Bytes = NDArray[np.uint8]

WRONG = -1
TAB, NEWLINE, RETURN, BLANK, QUOTE, COMMA, MINUS, POINT = b'\t\n\r ",-.'
ZERO, NINE, COLON, BACKSLASH, PLUS, DELETE = b"09:\\+\x7f"
OPEN, CLOSE, OPEN_LIST, CLOSE_LIST = b"{}[]"
A, E, F, U = b"aefu"
SMALL = 0x20
"""The bit that makes a letter of ASCII small."""
TRUE, FALSE, NULL = (np.frombuffer(word, dtype=np.uint8) for word in (b"true", b"false", b"null"))
DEPTH = 64
"""Lists and objects within one another; orjson allows more."""
NUMBER = 40
"""Characters of a number that surely is finite, if its exponent has two digits."""
STEP = 64
"""Bytes that are looked at together, because processors do that at once."""
TOGETHER = np.uint64(STEP)
"""Without a sign, because numba takes care of indices that count from the end, which is slow."""

_MEANT = np.full(256, WRONG)
"""The character that a letter behind a backslash stands for."""
_MEANT[list(b'"\\/bfnrt')] = list(b'"\\/\b\f\n\r\t')


@compiled
def stands(data: Bytes, index: int, word: Bytes) -> bool:
    """Whether a word, in which no newline is, stands at a place."""
    for octet in word:
        if data[index] != octet:
            return False
        index += 1
    return True


@compiled
def blanks_end(data: Bytes, index: int) -> int:
    """Where what is not blank begins, at a place or behind it."""
    while data[index] == BLANK or data[index] == TAB or data[index] == RETURN:
        index += 1
    return index


@compiled
def key_end(data: Bytes, index: int) -> int:
    """Where the value begins whose key begins at a place; wrong if the key has escapes."""
    if data[index] != QUOTE:
        return WRONG
    end = _string_end(data, index + 1)
    for place in range(index, end):
        if data[place] == BACKSLASH:
            return WRONG
    if end == WRONG:
        return WRONG
    index = blanks_end(data, end)
    return blanks_end(data, index + 1) if data[index] == COLON else WRONG


@compiled
def value_end(data: Bytes, index: int) -> int:
    """The end of the value that begins at a place."""
    depth, objects = 0, np.uint64(0)  # the lowest bit: whether the innermost is an object
    while True:
        octet = data[index]
        opened = octet in (OPEN, OPEN_LIST)
        if opened:
            if depth == DEPTH:
                return WRONG
            depth += 1
            objects = objects << np.uint64(1) | np.uint64(octet == OPEN)
            index = blanks_end(data, index + 1)
            opened = data[index] != (CLOSE if octet == OPEN else CLOSE_LIST)
        else:
            index = _scalar_end(data, index)
        while not opened:
            if index == WRONG or depth == 0:
                return index
            index = blanks_end(data, index)
            if data[index] == COMMA:
                index = blanks_end(data, index + 1)
                break
            if data[index] != (CLOSE if objects & np.uint64(1) else CLOSE_LIST):
                return WRONG
            depth, objects, index = depth - 1, objects >> np.uint64(1), index + 1
        if objects & np.uint64(1):
            index = key_end(data, index)
            if index == WRONG:
                return WRONG


@compiled
def _scalar_end(data: Bytes, index: int) -> int:
    if data[index] == QUOTE:
        return _string_end(data, index + 1)
    if stands(data, index, TRUE) or stands(data, index, NULL):
        return index + 4
    if stands(data, index, FALSE):
        return index + 5
    return _number_end(data, index)


@compiled
def _number_end(data: Bytes, index: int) -> int:
    begin = index
    index += data[index] == MINUS
    digits = _digits_end(data, index)
    if digits == index or (data[index] == ZERO and digits > index + 1):
        return WRONG
    index = digits
    if data[index] == POINT:
        index = _digits_end(data, index + 1)
        if index == digits + 1:
            return WRONG
    if data[index] | SMALL == E:
        index += 1
        index += data[index] == MINUS or data[index] == PLUS
        digits = _digits_end(data, index)
        if digits == index or digits > index + 2:
            return WRONG
        index = digits
    return index if index <= begin + NUMBER else WRONG


@compiled
def _digits_end(data: Bytes, index: int) -> int:
    while data[index] >= ZERO and data[index] <= NINE:
        index += 1
    return index


@compiled
def _string_end(data: Bytes, index: int) -> int:
    """Behind the closing quote of a string whose characters begin at a place."""
    while True:
        index = _plain_end(data, index)
        octet = data[index]
        if octet == QUOTE:
            return index + 1
        if octet == BACKSLASH:
            code, index = escaped(data, index + 1)
            if code == WRONG:
                return WRONG
        elif octet < BLANK:
            return WRONG
        else:
            width = _character_width(data, index)
            if width == WRONG:
                return WRONG
            index += width


@compiled
def _plain_end(data: Bytes, index: int) -> int:
    """The end of characters of ASCII that stand for themselves."""
    while index + STEP <= len(data):
        others = np.uint8(0)
        for step in range(TOGETHER):
            octet = data[np.uint64(index) + step]
            control = (octet < BLANK) | (octet >= DELETE)
            others |= np.uint8(control | (octet == QUOTE) | (octet == BACKSLASH))
        if others:
            break
        index += STEP
    while True:
        octet = data[index]
        if octet < BLANK or octet > DELETE or octet in (QUOTE, BACKSLASH):
            return index
        index += 1


@compiled
def escaped(data: Bytes, index: int) -> tuple[int, int]:
    """The code point that is meant by what is behind a backslash, and the end of that."""
    if data[index] != U:
        return _MEANT[data[index]], index + 1
    code = _hexadecimal(data, index + 1)
    index += 5
    if code < 0xD800 or code > 0xDFFF:
        return code, index
    if code > 0xDBFF or data[index] != BACKSLASH or data[index + 1] != U:
        return WRONG, index
    low = _hexadecimal(data, index + 2)
    if low < 0xDC00 or low > 0xDFFF:
        return WRONG, index
    return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), index + 6


@compiled
def _hexadecimal(data: Bytes, index: int) -> int:
    """The number that four digits are."""
    number = 0
    for place in range(index, index + 4):
        octet = data[place]
        letter = octet | SMALL
        if octet >= ZERO and octet <= NINE:
            number = number << 4 | (octet - ZERO)
        elif letter >= A and letter <= F:
            number = number << 4 | (letter - A + 10)
        else:
            return WRONG
    return number


@compiled
def _character_width(data: Bytes, index: int) -> int:
    """The bytes that a character of UTF-8 takes, two or more."""
    first, second = data[index], data[index + 1]
    if first < 0xC2 or first > 0xF4 or second & 0xC0 != 0x80:
        return WRONG
    if first < 0xE0:
        return 2
    if (first == 0xE0 and second < 0xA0) or (first == 0xED and second > 0x9F):
        return WRONG
    if data[index + 2] & 0xC0 != 0x80:
        return WRONG
    if first < 0xF0:
        return 3
    if (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
        return WRONG
    return 4 if data[index + 3] & 0xC0 == 0x80 else WRONG

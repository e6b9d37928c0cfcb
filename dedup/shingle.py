"""Shingles: the overlapping runs of words that stand for a text, as 64-bit hashes.

Two texts are as similar as their sets of shingles (A. Broder, "On the resemblance and containment
of documents", 1997). 64 bits make a chance collision in a corpus of 10⁸ distinct shingles rarer
than one in a thousand.

Some scripts are written without spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese.
Where more than half of a text's letters, marks and digits are of these, each character of these
scripts is a word of its own, so that a shingle is a run of characters.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.fold import KIND, LETTER, NOTHING, ORDER, RUN, SPACE, Entries
from dedup.normalize import folded
from exempla.compiled import compiled, mixed

Shingles = NDArray[np.uint64]
"""Hashes of the distinct shingles of one text, in ascending order."""
Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]

WIDTH = 5
"""Words in a shingle."""

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ over the golden ratio (Knuth, TAOCP 3, section 6.4)
_HALF = np.uint64(32)
_BLANK = 32
UNFIT, _FULL = -1, -2
_GIVEN = (1 << ORDER) - 1

_LOWEST_SPACELESS = 0x0E00
_ASCII = np.array(
    [0 if folded(chr(code)) == " " else ord(folded(chr(code))) for code in range(128)],
    dtype=np.uint64,
)
"""What becomes of each of its characters: one of a word, or 0 for what parts words."""
_POWERS = np.array([pow(int(_ODD), place, 2**64) for place in range(64)], dtype=np.uint64)
_ROUND = np.uint64(len(_POWERS))
_ZERO = np.uint64(0)
_ONE = np.uint64(1)


@compiled
def chained(value: np.uint64, part: np.uint64) -> np.uint64:
    """A hash of what was hashed so far and one part more.

    For each part a bijection of the hash so far, so that runs of parts collide only by chance.
    """
    value = (value ^ part) * _ODD
    return value ^ (value >> _HALF)


@compiled
def _spaceless(code: np.int64) -> np.bool_:
    """Whether a character is of a script that is written without spaces between words."""
    return (
        code <= 0x0EFF  # Thai, Lao
        or 0x1000 <= code <= 0x109F  # Burmese
        or 0x1780 <= code <= 0x17FF  # Khmer
        or 0x3005 <= code <= 0x302D  # marks of repetition
        or 0x3031 <= code <= 0x30FF  # kana
        or 0x31F0 <= code <= 0x31FF  # more kana
        or 0x3400 <= code <= 0x9FFF  # Chinese characters
        or 0xA9E0 <= code <= 0xA9FF  # more Burmese
        or 0xAA60 <= code <= 0xAA7F  # more Burmese
        or 0xF900 <= code <= 0xFAFF  # Chinese characters of older codes
        or 0x1AFF0 <= code <= 0x1B16F  # old kana
        or 0x20000 <= code <= 0x3FFFF  # rare Chinese characters
    )


class Words(NamedTuple):
    """The words of a text."""

    size: int
    """How many; or `_FULL` where there was no room for more hashes, `UNFIT` where the text cannot
    be folded by the table."""
    hashes: Hashes
    """The first `size` are theirs."""
    letters: int
    """Characters in words."""
    spaceless: int
    """Those of scripts without spaces between words."""


@compiled
def _character(data: Bytes, index: int | np.uint64) -> tuple[np.int64, int]:
    """The code point that begins at a byte of UTF-8, and how many bytes it takes."""
    code = np.int64(data[index])
    if code < 0x80:
        return code, 1
    code = code << 6 | (data[index + 1] & 63)
    if code < 0xE0 << 6:
        return code & 0x7FF, 2
    code = code << 6 | (data[index + 2] & 63)
    if code < 0xF0 << 12:
        return code & 0xFFFF, 3
    return (code << 6 | (data[index + 3] & 63)) & 0x1FFFFF, 4


class _Word(NamedTuple):
    """A word as far as it was read."""

    hash: np.uint64
    """The sum of its characters, each times the power of an odd number that its place has."""
    place: np.uint64
    """Of the next character."""


@compiled
def _with_letter(word: _Word, letter: np.uint64) -> _Word:
    value, place = word
    if place == _ROUND:
        value, place = mixed(value), _ONE
    return _Word(value + letter * _POWERS[place], place + _ONE)


@compiled
def _plain(data: Bytes, at: np.uint64, table: Entries) -> tuple[np.uint64, np.uint64]:
    """What becomes of a character, 0 if it parts words, and how many bytes it takes.

    No bytes if it is not one letter or blank, whatever is beside it.
    """
    code, width = _character(data, at)
    entry = table.entries[code]
    if entry >> KIND == SPACE:
        return _ZERO, np.uint64(width)
    letter = np.uint64(entry & _GIVEN)
    if entry >> ORDER == LETTER << (KIND - ORDER) and letter < _LOWEST_SPACELESS:
        return letter, np.uint64(width)
    return _ZERO, _ZERO


@compiled
def _read_plain(
    data: Bytes, index: int, word: _Word, table: Entries, hashes: Hashes, count: int
) -> tuple[int, _Word, int, int]:
    """Read on while characters are plain; also gives how many were letters.

    Without branches that depend on where words end, which processors cannot foresee.
    """
    value, place = word
    at, end, filled, letters = np.uint64(index), np.uint64(len(data)), np.uint64(count), _ZERO
    while at < end:
        letter, width = _ASCII[data[at] & 127], _ONE
        if data[at] > 127:
            letter, width = _plain(data, at, table)
            if width == 0:
                break
        inside = np.uint64(letter != 0)
        mask = _ZERO - inside  # all ones, or all zeros
        hashes[filled] = value
        filled += np.uint64(place != 0) & ~inside
        if place == _ROUND:
            value, place = mixed(value), _ONE
        value = value + letter * _POWERS[place] & mask
        place = place + _ONE & mask
        letters += inside
        at += width
    signed = np.int64(at), np.int64(filled), np.int64(letters)
    return int(signed[0]), _Word(value, place), int(signed[1]), int(signed[2])


@compiled
def _read(data: Bytes, settled: bool, apart: bool, table: Entries, hashes: Hashes) -> Words:
    """Fold a text and hash its words; `apart` makes words of characters."""
    count = letters = spaceless = index = 0
    last, after_alone = np.int64(0), False
    none = _Word(_ZERO, _ZERO)
    word = none
    while index < len(data):
        if count + len(data) - index > len(hashes):
            return Words(_FULL, hashes, 0, 0)
        if not (settled or after_alone):
            begin = index
            index, word, count, more = _read_plain(data, index, word, table, hashes, count)
            letters += more
            if index > begin:
                last = np.int64(0)
                continue
        code, width = _character(data, index)
        index += width
        entry = np.int64(table.entries[code])
        kind, given, size = entry >> KIND, entry & _GIVEN, np.int64(1)
        if settled:
            given = code
        elif kind == LETTER:
            order = entry >> ORDER & 255
            if 0 < order < last:
                return Words(UNFIT, hashes, 0, 0)
            last = order
        elif kind == SPACE:
            last = np.int64(0)
        elif kind == RUN:
            last, size = entry >> ORDER & 255, np.int64(table.runs[given])
        elif kind == NOTHING:
            continue
        else:
            return Words(UNFIT, hashes, 0, 0)
        for step in range(size):
            code = np.int64(table.runs[given + 1 + step]) if size > 1 else given
            blank = code == _BLANK
            alone = False
            if code >= _LOWEST_SPACELESS and _spaceless(code):
                spaceless += 1
                alone = apart
            if word.place > 0 and (blank or alone or after_alone):
                if count == len(hashes):
                    return Words(_FULL, hashes, 0, 0)
                hashes[count] = word.hash
                count += 1
                word = none
            if not blank:
                letters += 1
                word = _with_letter(word, np.uint64(code))
                after_alone = alone
    for place in range(count):
        hashes[place] = mixed(hashes[place])
    return Words(count, hashes, letters, spaceless)


@compiled
def words_of(data: Bytes, settled: bool, table: Entries, hashes: Hashes) -> Words:
    """Hash the words of a text.

    Args:
        data: In UTF-8, with a blank at the end.
        settled: Whether the text is normalised already.
        table: What becomes of each character.
        hashes: Where to put them; a larger array is made where there is no room.
    """
    apart = False
    while True:
        words = _read(data, settled, apart, table, hashes)
        if words.size == _FULL:
            hashes = np.empty(2 * len(hashes), dtype=np.uint64)
        elif not apart and 2 * words.spaceless > words.letters:
            apart = True
        else:
            return words


@compiled
def shingles_of(words: Words) -> Hashes:
    """The shingles of a text in their order: one of all its words if they are few."""
    width = min(WIDTH, max(words.size, 1))
    shingles = np.empty(max(words.size, 0) - width + 1, dtype=np.uint64)
    for start in range(len(shingles)):
        shingle = np.uint64(0)
        for offset in range(width):
            shingle = chained(shingle, words.hashes[start + offset])
        shingles[start] = shingle
    return shingles

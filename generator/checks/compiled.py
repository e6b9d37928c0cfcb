"""The inner loops of the checks, compiled by numba; imported where a text is checked, not before.

numba's import takes most of a second, and the first call on a machine compiles for some seconds;
what was compiled is kept beside this file or in the user's cache.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])
Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

_START, _PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)
"""Of FNV-1a, by which bytes are hashed before the result is mixed."""


def _compiled(function: FunctionT) -> FunctionT:
    return cast(FunctionT, njit(cache=True, nogil=True)(function))


@_compiled
def _room(count: int) -> int:
    """A power of two at least twice as large: slots of an open hash table."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@_compiled
def _mixed(value: np.uint64) -> np.uint64:
    # The finaliser of SplitMix64 (Steele et al. 2014): every bit of the input reaches every other.
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@_compiled
def _numbered(keys: Hashes) -> Numbers:
    """Numbers from 0 in place of keys, in the order in which they first come."""
    size = _room(len(keys))
    slots = np.full(size, -1, dtype=np.int64)
    seen = np.empty(len(keys), dtype=np.uint64)
    numbers = np.empty(len(keys), dtype=np.int64)
    count = 0
    for index in range(len(keys)):
        slot = np.int64(_mixed(keys[index]) & np.uint64(size - 1))
        while slots[slot] >= 0 and seen[slots[slot]] != keys[index]:
            slot = (slot + 1) & (size - 1)
        if slots[slot] < 0:
            slots[slot] = count
            seen[count] = keys[index]
            count += 1
        numbers[index] = slots[slot]
    return numbers


@_compiled
def _space(data: Bytes, index: int) -> int:
    """How many bytes of white space, as `str.split` knows it, one character of it takes; or 0."""
    byte = data[index]
    if byte <= 32:
        return 1 if byte == 32 or 9 <= byte <= 13 or 28 <= byte <= 31 else 0
    if byte == 0xC2 and index + 1 < len(data):
        return 2 if data[index + 1] in (0x85, 0xA0) else 0
    if 0xE1 <= byte <= 0xE3 and index + 2 < len(data):
        second, third = data[index + 1], data[index + 2]
        if byte == 0xE1:
            return 3 if second == 0x9A and third == 0x80 else 0
        if byte == 0xE3:
            return 3 if second == 0x80 and third == 0x80 else 0
        if second == 0x80:
            return 3 if third <= 0x8A or third in (0xA8, 0xA9, 0xAF) else 0
        return 3 if second == 0x81 and third == 0x9F else 0
    return 0


@_compiled
def _parted(data: Bytes) -> tuple[Hashes, Numbers]:
    """What stands between white space in UTF-8 text: a hash and a length in characters each."""
    hashes = np.empty(len(data) // 2 + 1, dtype=np.uint64)
    lengths = np.empty(len(hashes), dtype=np.int64)
    value, length, count, index = _START, 0, 0, 0
    while index < len(data):
        byte = data[index]
        # The bytes with which white space begins; most others are told apart by this alone.
        width = _space(data, index) if byte <= 32 or 0xC2 <= byte <= 0xE3 else 0
        if width == 0:
            value = (value ^ np.uint64(byte)) * _PRIME
            length += (byte & 0xC0) != 0x80
            index += 1
            continue
        if length:
            hashes[count], lengths[count] = _mixed(value), length
            count += 1
            value, length = _START, 0
        index += width
    if length:
        hashes[count], lengths[count] = _mixed(value), length
        count += 1
    return hashes[:count], lengths[:count]


@_compiled
def repeated_ngrams(data: Bytes, top: Floats, duplicate: Floats) -> tuple[int, float, float]:
    """How far the words of a text are towards the limits on repeated n-grams.

    Args:
        data: The lower-cased text in UTF-8; words are what white space parts.
        top: The limits on the most frequent n-gram, by n; 0 where n has none.
        duplicate: The limits on all n-grams that occur more than once, by n; 0 where n has none.

    Returns:
        The number of words, and the largest share of characters of each sort as a fraction of its
        limit.
    """
    hashes, lengths = _parted(data)
    words = _numbered(hashes)
    count = len(words)
    ends = np.zeros(count + 1, dtype=np.int64)
    for index in range(count):
        ends[index + 1] = ends[index] + lengths[index]
    grams = words
    worst_top = worst_duplicate = 0.0
    for n in range(2, len(top)):
        if count < n:
            break
        keys = np.empty(count - n + 1, dtype=np.uint64)
        for start in range(len(keys)):
            # Both are numbers below the count of words, so that the pair is exact.
            keys[start] = (np.uint64(grams[start]) << np.uint64(32)) | np.uint64(
                words[start + n - 1]
            )
        grams = _numbered(keys)
        counts = np.bincount(grams)
        most = counts.max()
        if most == 1:
            break  # no longer n-gram repeats either
        if top[n] > 0:
            longest = 0
            for start in range(len(grams)):
                if counts[grams[start]] == most:
                    longest = max(longest, ends[start + n] - ends[start])
            worst_top = max(worst_top, most * longest / ends[count] / top[n])
        if duplicate[n] > 0:
            covered = reached = 0
            for start in range(len(grams)):
                if counts[grams[start]] > 1:
                    covered += ends[start + n] - ends[max(start, reached)]
                    reached = start + n
            worst_duplicate = max(worst_duplicate, covered / ends[count] / duplicate[n])
    return count, worst_top, worst_duplicate


OTHER, LETTER, LEAD_OF_TWO, LEAD_OF_THREE = 0, 1, 2, 3
_SORTS = np.array(
    # Letters beyond ASCII count; of their lead bytes, 0xC2 begins signs, 0xE2 and 0xE3 may.
    [LETTER if chr(byte).isalnum() or byte > 127 else OTHER for byte in range(256)],
    dtype=np.uint8,
)
_SORTS[0xC2], _SORTS[0xE2], _SORTS[0xE3] = LEAD_OF_TWO, LEAD_OF_THREE, LEAD_OF_THREE


@_compiled
def tokens(data: Bytes) -> tuple[Hashes, Numbers, Numbers]:
    """The words of lower-cased UTF-8 text, as runs of letters and digits.

    Returns:
        For each word its hash, the place of its first byte, and the place after its last.
    """
    hashes = np.empty(len(data) // 2 + 1, dtype=np.uint64)
    starts = np.empty(len(hashes), dtype=np.int64)
    ends = np.empty(len(hashes), dtype=np.int64)
    count, index, first = 0, 0, -1
    value = _START
    while index < len(data):
        byte = data[index]
        sort, width = _SORTS[byte], 1
        if sort == LEAD_OF_TWO:
            sort, width = OTHER, 2
        elif sort == LEAD_OF_THREE:
            signs = index + 1 < len(data) and data[index + 1] <= 0x81
            sort, width = (OTHER, 3) if signs else (LETTER, 1)
        if sort == LETTER:
            if first < 0:
                first = index
            value = (value ^ np.uint64(byte)) * _PRIME
        elif first >= 0:
            hashes[count], starts[count], ends[count] = _mixed(value), first, index
            value, first = _START, -1
            count += 1
        index += width
    if first >= 0:
        hashes[count], starts[count], ends[count] = _mixed(value), first, len(data)
        count += 1
    return hashes[:count], starts[:count], ends[:count]


@_compiled
def ngrams(words: Hashes, size: int) -> Hashes:
    """A hash of each run of `size` words; runs of other sizes have others."""
    found = np.empty(max(len(words) - size + 1, 0), dtype=np.uint64)
    base, power = np.uint64(0x9E3779B97F4A7C15), np.uint64(1)
    for _ in range(size):
        power *= base
    value = np.uint64(0)
    for index in range(len(words)):
        value = value * base + words[index]
        if index >= size:
            value -= words[index - size] * power
        if index >= size - 1:
            found[index - size + 1] = _mixed(value + np.uint64(size))
    return found


@_compiled
def stored(keys: Hashes, values: Numbers, spare: int) -> tuple[Hashes, Numbers]:
    """An open hash table with `spare` slots a key; of equal keys the first value stays.

    Returns:
        The keys and the values by slot; a value of -1 is an empty slot.
    """
    size = _room(spare * len(keys) // 2)
    slot_keys = np.zeros(size, dtype=np.uint64)
    slot_values = np.full(size, -1, dtype=np.int64)
    for index in range(len(keys)):
        slot = np.int64(keys[index] & np.uint64(size - 1))
        while slot_values[slot] >= 0 and slot_keys[slot] != keys[index]:
            slot = (slot + 1) & (size - 1)
        if slot_values[slot] < 0:
            slot_keys[slot], slot_values[slot] = keys[index], values[index]
    return slot_keys, slot_values


@_compiled
def _value(key: np.uint64, slot_keys: Hashes, slot_values: Numbers) -> np.int64:
    slot = np.int64(key & np.uint64(len(slot_keys) - 1))
    while slot_values[slot] >= 0:
        if slot_keys[slot] == key:
            return np.int64(slot_values[slot])
        slot = (slot + 1) & (len(slot_keys) - 1)
    return np.int64(-1)


@_compiled
def sieve(keys: Hashes) -> Bytes:
    """A bit for each key by its upper bits: tells in one small array that a key is not there."""
    bits = np.zeros(_room(8 * len(keys)) // 8, dtype=np.uint8)
    mask = np.uint64(8 * len(bits) - 1)
    for key in keys:
        bit = (key >> np.uint64(32)) & mask
        bits[bit >> np.uint64(3)] |= np.uint8(1) << np.uint8(bit & np.uint64(7))
    return bits


@_compiled
def first_known(
    found: Hashes, bits: Bytes, slot_keys: Hashes, slot_values: Numbers
) -> tuple[int, int]:
    """The first of these keys that is in a table: where it stands, and its value; or -1."""
    mask = np.uint64(8 * len(bits) - 1)
    for index in range(len(found)):
        bit = (found[index] >> np.uint64(32)) & mask
        if (bits[bit >> np.uint64(3)] >> np.uint8(bit & np.uint64(7))) & 1:
            value = _value(found[index], slot_keys, slot_values)
            if value >= 0:
                return index, int(value)
    return -1, -1


@_compiled
def all_values(words: Hashes, slot_keys: Hashes, slot_values: Numbers) -> int:
    """The bits of the values of all words that are in a table, together."""
    bits = 0
    for word in words:
        value = _value(word, slot_keys, slot_values)
        if value > 0:
            bits |= int(value)
    return bits


@_compiled
def foreign_bytes(
    data: Bytes,
    words: Hashes,
    starts: Numbers,
    ends: Numbers,
    slot_keys: Hashes,
    slot_values: Numbers,
    languages: int,
    own: int,
    passage: int,
    usual: float,
) -> Numbers:
    """How many bytes of a text stand in passages of each other language.

    A passage is a paragraph, or several short ones; one whose letters are mostly not Latin stands
    alone.

    Args:
        data: The lower-cased text in UTF-8.
        words: With `starts` and `ends`, its words.
        starts: See `words`.
        ends: See `words`.
        slot_keys: With `slot_values`, function words and, as bits, the languages that have them.
        slot_values: See `slot_keys`.
        languages: How many there are.
        own: The one that is expected.
        passage: Words from which the language of a passage is told.
        usual: The share of function words that running text has at least.

    Returns:
        By language, and at the end for other scripts.
    """
    foreign = np.zeros(languages + 1, dtype=np.int64)
    counts = np.zeros(languages, dtype=np.int64)
    first = count = latin = other = 0
    for index in range(len(words)):
        for place in range(starts[index], ends[index]):
            byte = data[place]
            if byte < 0xCD:
                latin += byte < 0x80 or byte >= 0xC3
            elif byte == 0xE1:
                latin += 0xB8 <= data[place + 1] <= 0xBB
                other += not 0xB8 <= data[place + 1] <= 0xBB
            else:
                other += 1
        value = _value(words[index], slot_keys, slot_values)
        if value > 0:
            for number in range(languages):
                counts[number] += (value >> number) & 1
        count += 1
        final = index + 1 == len(words)
        broken = final
        if not final:
            for place in range(ends[index], starts[index + 1] - 1):
                broken |= data[place] == 10 and data[place + 1] == 10
        strange = other > latin
        if not broken or (count < passage and not strange and not final):
            continue
        size = ends[index] - starts[first]
        if strange:
            foreign[languages] += size
        elif count >= passage:
            most = counts.argmax()
            least = max(usual * count, 1.5 * counts[own])
            if most != own and counts[most] >= least:
                foreign[most] += size
        first, count, latin, other = index + 1, 0, 0, 0
        counts[:] = 0
    return foreign


@_compiled
def most_alike(
    words: Hashes,
    slot_keys: Hashes,
    slot_values: Numbers,
    offsets: Numbers,
    postings: Numbers,
    weights: Floats,
    totals: Floats,
    window: int,
    least: int,
) -> tuple[int, float]:
    """The piece of which some window of a text holds the largest share of the weight.

    Args:
        words: Of the text.
        slot_keys: With `slot_values`, the number of each word that counts.
        slot_values: See `slot_keys`.
        offsets: By word, where its pieces begin in `postings`; one more than there are words.
        postings: The pieces that have a word.
        weights: Of each word.
        totals: Of each piece, the weights of its words together.
        window: How many words of the text are looked at together; windows overlap by half.
        least: Words that must be shared.

    Returns:
        The piece and the share; -1 and 0 where none shares enough words.
    """
    numbers = np.empty(len(words), dtype=np.int64)
    for index in range(len(words)):
        numbers[index] = _value(words[index], slot_keys, slot_values)
    seen = np.full(len(weights), -1, dtype=np.int64)
    shared = np.zeros(len(totals), dtype=np.float64)
    counts = np.zeros(len(totals), dtype=np.int64)
    touched = np.empty(len(totals), dtype=np.int64)
    best, best_share = -1, 0.0
    for start in range(0, max(len(words) - window // 2, 1), window // 2):
        touches = 0
        for index in range(start, min(start + window, len(words))):
            word = numbers[index]
            if word < 0 or seen[word] == start:
                continue
            seen[word] = start
            for place in range(offsets[word], offsets[word + 1]):
                piece = postings[place]
                if counts[piece] == 0:
                    touched[touches] = piece
                    touches += 1
                counts[piece] += 1
                shared[piece] += weights[word]
        for place in range(touches):
            piece = touched[place]
            share = shared[piece] / totals[piece]
            if counts[piece] >= least and share > best_share:
                best, best_share = piece, share
            counts[piece], shared[piece] = 0, 0.0
    return best, best_share

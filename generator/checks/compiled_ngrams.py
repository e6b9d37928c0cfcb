"""Repeated n-grams of a text, compiled by numba."""

import numpy as np

from exempla.compiled import compiled, mixed
from generator.checks.compiled import (
    PRIME,
    START,
    Bytes,
    Floats,
    Hashes,
    Numbers,
    room,
)


@compiled
def _numbered(keys: Hashes) -> Numbers:
    """Numbers from 0 in place of keys, in the order in which they first come."""
    size = room(len(keys))
    slots = np.full(size, -1, dtype=np.int64)
    seen = np.empty(len(keys), dtype=np.uint64)
    numbers = np.empty(len(keys), dtype=np.int64)
    count = 0
    for index in range(len(keys)):
        slot = np.int64(mixed(keys[index]) & np.uint64(size - 1))
        while slots[slot] >= 0 and seen[slots[slot]] != keys[index]:
            slot = (slot + 1) & (size - 1)
        if slots[slot] < 0:
            slots[slot] = count
            seen[count] = keys[index]
            count += 1
        numbers[index] = slots[slot]
    return numbers


@compiled
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


@compiled
def _parted(data: Bytes) -> tuple[Hashes, Numbers]:
    """What stands between white space in UTF-8 text: a hash and a length in characters each."""
    hashes = np.empty(len(data) // 2 + 1, dtype=np.uint64)
    lengths = np.empty(len(hashes), dtype=np.int64)
    value, length, count, index = START, 0, 0, 0
    while index < len(data):
        byte = data[index]
        # The bytes with which white space begins; most others are told apart by this alone.
        width = _space(data, index) if byte <= 32 or 0xC2 <= byte <= 0xE3 else 0
        if width == 0:
            value = (value ^ np.uint64(byte)) * PRIME
            length += (byte & 0xC0) != 0x80
            index += 1
            continue
        if length:
            hashes[count], lengths[count] = mixed(value), length
            count += 1
            value, length = START, 0
        index += width
    if length:
        hashes[count], lengths[count] = mixed(value), length
        count += 1
    return hashes[:count], lengths[:count]


@compiled
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

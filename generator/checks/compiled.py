"""Words as hashes, and tables of them, compiled; imported where a text is checked."""

import numpy as np
from numpy.typing import NDArray

from exempla.compiled import compiled, mixed

Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

START, PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)
"""Of FNV-1a, by which bytes are hashed before the result is mixed."""


@compiled
def room(count: int) -> int:
    """A power of two at least twice as large: slots of an open hash table."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


OTHER, LETTER, LEAD_OF_TWO, LEAD_OF_THREE = 0, 1, 2, 3
_SORTS = np.array(
    # Letters beyond ASCII count; of their lead bytes, 0xC2 begins signs, 0xE2 and 0xE3 may.
    [LETTER if chr(byte).isalnum() or byte > 127 else OTHER for byte in range(256)],
    dtype=np.uint8,
)
_SORTS[0xC2], _SORTS[0xE2], _SORTS[0xE3] = LEAD_OF_TWO, LEAD_OF_THREE, LEAD_OF_THREE


@compiled
def tokens(data: Bytes) -> tuple[Hashes, Numbers, Numbers]:
    """The words of lower-cased UTF-8 text, as runs of letters and digits.

    Returns:
        For each word its hash, the place of its first byte, and the place after its last.
    """
    hashes = np.empty(len(data) // 2 + 1, dtype=np.uint64)
    starts = np.empty(len(hashes), dtype=np.int64)
    ends = np.empty(len(hashes), dtype=np.int64)
    count, index, first = 0, 0, -1
    value = START
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
            value = (value ^ np.uint64(byte)) * PRIME
        elif first >= 0:
            hashes[count], starts[count], ends[count] = mixed(value), first, index
            value, first = START, -1
            count += 1
        index += width
    if first >= 0:
        hashes[count], starts[count], ends[count] = mixed(value), first, len(data)
        count += 1
    return hashes[:count], starts[:count], ends[:count]


@compiled
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
            found[index - size + 1] = mixed(value + np.uint64(size))
    return found


@compiled
def stored(keys: Hashes, values: Numbers, spare: int) -> tuple[Hashes, Numbers]:
    """An open hash table with `spare` slots a key; of equal keys the first value stays.

    Returns:
        The keys and the values by slot; a value of -1 is an empty slot.
    """
    size = room(spare * len(keys) // 2)
    slot_keys = np.zeros(size, dtype=np.uint64)
    slot_values = np.full(size, -1, dtype=np.int64)
    for index in range(len(keys)):
        slot = np.int64(keys[index] & np.uint64(size - 1))
        while slot_values[slot] >= 0 and slot_keys[slot] != keys[index]:
            slot = (slot + 1) & (size - 1)
        if slot_values[slot] < 0:
            slot_keys[slot], slot_values[slot] = keys[index], values[index]
    return slot_keys, slot_values


@compiled
def value_of(key: np.uint64, slot_keys: Hashes, slot_values: Numbers) -> np.int64:
    """What a table made by `stored` has for a key; -1 where it has none."""
    slot = np.int64(key & np.uint64(len(slot_keys) - 1))
    while slot_values[slot] >= 0:
        if slot_keys[slot] == key:
            return np.int64(slot_values[slot])
        slot = (slot + 1) & (len(slot_keys) - 1)
    return np.int64(-1)


@compiled
def sieve(keys: Hashes) -> Bytes:
    """A bit for each key by its upper bits: tells in one small array that a key is not there."""
    bits = np.zeros(room(8 * len(keys)) // 8, dtype=np.uint8)
    mask = np.uint64(8 * len(bits) - 1)
    for key in keys:
        bit = (key >> np.uint64(32)) & mask
        bits[bit >> np.uint64(3)] |= np.uint8(1) << np.uint8(bit & np.uint64(7))
    return bits


@compiled
def first_known(
    found: Hashes, bits: Bytes, slot_keys: Hashes, slot_values: Numbers
) -> tuple[int, int]:
    """The first of these keys that is in a table: where it stands, and its value; or -1."""
    mask = np.uint64(8 * len(bits) - 1)
    for index in range(len(found)):
        bit = (found[index] >> np.uint64(32)) & mask
        if (bits[bit >> np.uint64(3)] >> np.uint8(bit & np.uint64(7))) & 1:
            value = value_of(found[index], slot_keys, slot_values)
            if value >= 0:
                return index, int(value)
    return -1, -1


@compiled
def all_values(words: Hashes, slot_keys: Hashes, slot_values: Numbers) -> int:
    """The bits of the values of all words that are in a table, together."""
    bits = 0
    for word in words:
        value = value_of(word, slot_keys, slot_values)
        if value > 0:
            bits |= int(value)
    return bits

"""What stands in the passages and windows of a text, compiled by numba."""

import numpy as np

from exempla.compiled import compiled
from generator.checks.compiled import Bytes, Floats, Hashes, Numbers, value_of


@compiled
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
        value = value_of(words[index], slot_keys, slot_values)
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


@compiled
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
        numbers[index] = value_of(words[index], slot_keys, slot_values)
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

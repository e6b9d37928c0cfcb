"""What is remembered of a text: enough to tell that it is a copy, or that it may be near another.

Texts themselves are not: those of candidates are read once more, and their shingles made again.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.bands import Banding
from dedup.fold import Entries, Folding
from dedup.minhash import band_keys, signature
from dedup.normalize import normalize
from dedup.shingle import UNFIT, Bytes, Hashes, Shingles, shingles_of, words_of
from dedup.texts import Texts, joined
from exempla.compiled import compiled, mixed

Ints = NDArray[np.int64]

_FOLDING = Folding()
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ over the golden ratio (Knuth, TAOCP 3, section 6.4)
_OTHER_ODD = np.uint64(0xD1342543DE82EF95)  # a multiplier of Steele and Vigna's (2021), table 3


class Signed(NamedTuple):
    """Texts as they are compared, one row each."""

    keys: NDArray[np.uint32]
    """One for each band, shape (texts, bands). Texts that share one are candidates."""
    digests: NDArray[np.uint64]
    """128 bits of the normalised text, shape (texts, 2): equal where it is equal."""
    words: NDArray[np.int32]
    """How many it has, shape (texts,); none where nothing can be compared. It has no more shingles
    than words."""


def sign(texts: Sequence[bytes], cut: Banding) -> Signed:
    """Sign texts in UTF-8. Gives way to other threads, so that two of them sign twice as many."""
    return sign_texts(joined(texts), cut)


def sign_texts(texts: Texts, cut: Banding) -> Signed:
    """The same of texts that are side by side already."""
    count = len(texts.spans)
    signed = Signed(
        np.zeros((count, cut.bands), dtype=np.uint32),
        np.zeros((count, 2), dtype=np.uint64),
        np.zeros(count, dtype=np.int32),
    )

    def work(some: Texts, rows: Ints, settled: bool) -> Ints:
        return _sign(some, rows, settled, _FOLDING.entries, cut.size, signed)

    _folded(texts, work)
    return signed


def shingle_set(text: bytes) -> Shingles:
    """The distinct shingles of a text in UTF-8, ascending; none where it has no words."""
    (found,) = shingle_sets(joined([text]))
    return found


def shingle_sets(texts: Texts) -> list[Shingles]:
    """The same of several texts."""
    found = [np.empty(0, dtype=np.uint64)] * len(texts.spans)

    def work(some: Texts, rows: Ints, settled: bool) -> Ints:
        left = np.zeros(len(rows), dtype=np.bool_)
        for index, row in enumerate(rows.tolist()):
            begin, end = some.spans[index]
            fit, found[row] = _shingles(some.data[begin : end + 1], settled, _FOLDING.entries)
            left[index] = not fit
        return rows[left]

    _folded(texts, work)
    for shingles in found:
        shingles.sort()  # by numpy, which is faster at it than what numba compiles
    return [_distinct(shingles) for shingles in found]


def _folded(texts: Texts, work: Callable[[Texts, Ints, bool], Ints]) -> None:
    """Have work done on all texts: as they are, with the table learned, and normalised.

    Args:
        texts: All.
        work: Takes texts, which they are, and whether they are normalised already; gives those that
            the table cannot fold.
    """
    rows = work(texts, np.arange(len(texts.spans)), False)
    if len(rows):
        for row in rows.tolist():
            _FOLDING.learn(_decoded(texts.octets(row)))
        rows = work(Texts(texts.data, texts.spans[rows]), rows, False)
    if len(rows):
        plain = [normalize(_decoded(texts.octets(row))).encode() for row in rows.tolist()]
        work(joined(plain), rows, True)


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")  # halves of pairs are legal in JSON


@compiled
def _sign(
    texts: Texts,
    rows: Ints,
    settled: bool,
    table: Entries,
    size: int,
    signed: Signed,
) -> Ints:
    """Sign texts into the rows they are for; gives those that cannot be folded."""
    hashes = np.empty(4096, dtype=np.uint64)
    left = np.zeros(len(rows), dtype=np.bool_)
    for index in range(len(rows)):
        begin, end = texts.spans[index]
        words = words_of(texts.data[begin : end + 1], settled, table, hashes)
        hashes = words.hashes
        if words.size == UNFIT:
            left[index] = True
            continue
        row = rows[index]
        shingles = shingles_of(words)
        band_keys(signature(shingles, size), signed.keys[row])
        signed.words[row] = words.size
        signed.digests[row] = _digest(hashes[: words.size])
    return rows[left]


@compiled
def _digest(hashes: Hashes) -> tuple[np.uint64, np.uint64]:
    """128 bits of all words in their order."""
    first = second = np.uint64(len(hashes))
    for word in hashes:
        first = (first ^ word) * _ODD
        second = (second + word) * _OTHER_ODD
        second ^= second >> np.uint64(32)
    return mixed(first), mixed(second)


@compiled
def _shingles(data: Bytes, settled: bool, table: Entries) -> tuple[bool, Hashes]:
    """Whether a text can be folded, and its shingles."""
    words = words_of(data, settled, table, np.empty(1024, dtype=np.uint64))
    return words.size != UNFIT, shingles_of(words)


@compiled
def _distinct(ascending: Hashes) -> Shingles:
    """Without repetitions."""
    count = min(len(ascending), 1)
    for place in range(1, len(ascending)):
        if ascending[place] != ascending[count - 1]:
            ascending[count] = ascending[place]
            count += 1
    return ascending[:count].copy()

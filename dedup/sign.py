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
from exempla.compiled import compiled, mixed

Ints = NDArray[np.int64]

_FOLDING = Folding()
_PADDING = b"   "
"""So that a character's bytes can be read where a text in bad UTF-8 ends in the midst of them."""


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
    signed = Signed(
        np.zeros((len(texts), cut.bands), dtype=np.uint32),
        np.zeros((len(texts), 2), dtype=np.uint64),
        np.zeros(len(texts), dtype=np.int32),
    )

    def work(data: Bytes, starts: Ints, rows: Ints, settled: bool) -> Ints:
        return _sign(data, starts, rows, settled, _FOLDING.entries, cut.size, signed)

    _folded(texts, work)
    return signed


def shingle_set(text: bytes) -> Shingles:
    """The distinct shingles of a text in UTF-8, ascending; none where it has no words."""
    found = np.empty(0, dtype=np.uint64)

    def work(data: Bytes, starts: Ints, rows: Ints, settled: bool) -> Ints:
        nonlocal found
        fit, found = _shingles(data[: starts[1]], settled, _FOLDING.entries)
        return rows[:0] if fit else rows

    _folded([text], work)
    found.sort()  # by numpy, which is faster at it than what numba compiles
    return _distinct(found)


def _folded(texts: Sequence[bytes], work: Callable[[Bytes, Ints, Ints, bool], Ints]) -> None:
    """Have work done on all texts: as they are, with the table learned, and normalised.

    Args:
        texts: In UTF-8.
        work: Takes joined texts, where each begins, which they are, and whether they are
            normalised already; gives those that the table cannot fold.
    """
    rows = work(*_joined(texts), np.arange(len(texts)), False)
    if len(rows):
        left = [texts[row] for row in rows.tolist()]
        for text in left:
            _FOLDING.learn(_decoded(text))
        rows = work(*_joined(left), rows, False)
    if len(rows):
        plain = [normalize(_decoded(texts[row])).encode() for row in rows.tolist()]
        work(*_joined(plain), rows, True)


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")  # halves of pairs are legal in JSON


def _joined(texts: Sequence[bytes]) -> tuple[Bytes, Ints]:
    """Texts one after the other, each with a blank at its end, and where each begins."""
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
    data = np.frombuffer(b" ".join([*texts, _PADDING]), dtype=np.uint8)
    return data, np.concatenate([[0], np.cumsum(sizes)])


@compiled
def _sign(
    data: Bytes,
    starts: Ints,
    rows: Ints,
    settled: bool,
    table: Entries,
    size: int,
    signed: Signed,
) -> Ints:
    """Sign joined texts into the rows they are for; gives those that cannot be folded."""
    hashes = np.empty(4096, dtype=np.uint64)
    left = np.zeros(len(rows), dtype=np.bool_)
    for index in range(len(rows)):
        words = words_of(data[starts[index] : starts[index + 1]], settled, table, hashes)
        hashes = words.hashes
        if words.size == UNFIT:
            left[index] = True
            continue
        row = rows[index]
        shingles = shingles_of(words)
        band_keys(signature(shingles, size), signed.keys[row])
        signed.words[row] = words.size
        digest = np.uint64(words.size)
        for place in range(words.size):
            digest = mixed(digest ^ hashes[place])
        signed.digests[row, 0] = digest
        signed.digests[row, 1] = words.digest
    return rows[left]


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

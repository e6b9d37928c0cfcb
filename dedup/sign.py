"""What is remembered of a text: enough to tell that it is a copy, or that it may be near another.

Texts themselves are not: those of candidates are read once more, and their shingles made again.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.bands import Banding
from dedup.minhash import signatures
from dedup.normalize import normalize
from dedup.shingle import Shingles, shingles


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
    plain = [normalize(text.decode("utf-8", "surrogatepass")) for text in texts]
    signed = signatures([shingles(text) for text in plain], cut.size)
    words = np.array([len(text.split()) for text in plain], dtype=np.int32)
    digests = [blake2b(text.encode(), digest_size=16).digest() for text in plain]
    keys = np.zeros((len(texts), cut.bands), dtype=np.uint32)
    for row in range(cut.rows):
        keys = keys * np.uint32(0x9E3779B1) ^ signed[:, row :: cut.rows]
    return Signed(keys, np.frombuffer(b"".join(digests), dtype=np.uint64).reshape(-1, 2), words)


def shingle_set(text: bytes) -> Shingles:
    """The distinct shingles of a text in UTF-8, ascending; none where it has no words."""
    return shingles(normalize(text.decode("utf-8", "surrogatepass")))

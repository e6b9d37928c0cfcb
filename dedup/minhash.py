"""MinHash signatures: short rows that agree about as often as their sets do.

Under a random permutation of all shingles, two sets have the same first element with a probability
equal to their Jaccard similarity (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive
Datasets, section 3.3). A signature is the first element under each of many permutations.
"""

from collections.abc import Sequence

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray

from dedup.shingle import Shingles

Signatures = NDArray[np.uint32]
"""One row a set, one column a permutation."""

_UPPER = np.uint64(32)


def signatures(sets: Sequence[Shingles], size: int, seed: int = 1) -> Signatures:
    """Sign each set with `size` permutations; rows compare only if size and seed are the same.

    32 bits a value: a set holds thousands of shingles, and what two of them share by chance is
    found out when the pair is verified.
    """
    # Python's own integers: datasketch passes each hash through `hashfunc`, here the identity.
    hashes = ((shingles >> _UPPER).tolist() for shingles in sets)
    sketches = MinHash.generator(hashes, num_perm=size, seed=seed, hashfunc=int, scheme="affine32")
    signed = np.empty((len(sets), size), dtype=np.uint32)
    for row, sketch in zip(signed, sketches, strict=True):
        row[:] = sketch.hashvalues
    return signed

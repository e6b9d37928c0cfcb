"""The second pass: the shingles of the documents that are compared, laid down where they are used.

Documents come as they stand in their files, and are compared family by family: each has a room in
the file, as wide as its words allow, so that those of a family lie side by side.
"""

import errno
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dedup.columns import mapped, release
from dedup.jaccard import Sets
from dedup.packed import WIDTH, PackedSets, unpacked

Ints = NDArray[np.int64]


class SetFile:
    """Shingle sets on disk, in slots; written to in its block, and read afterwards too."""

    def __init__(self, path: Path, words: NDArray[np.int32]) -> None:
        """Make the file.

        Args:
            path: It.
            words: Of the document of each slot, which has no more shingles than words.

        Raises:
            OSError: it cannot be made.
        """
        self._starts = np.concatenate([[0], np.cumsum(words, dtype=np.int64)])
        self._sizes = np.zeros(len(words), dtype=np.int64)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.truncate(self._file, int(self._starts[-1]) * WIDTH)
        self._hashes = mapped(path, np.uint8, (int(self._starts[-1]), WIDTH))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def write(self, slots: Ints, sets: PackedSets) -> None:
        """Put sets into slots.

        Raises:
            OSError: the disk is full.
        """
        ends = np.cumsum(sets.sizes, dtype=np.int64).tolist()
        self._sizes[slots] = sets.sizes
        begin = 0
        for start, end in zip(self._starts[slots].tolist(), ends, strict=True):
            octets = sets.hashes[begin:end]
            if os.pwrite(self._file, octets.data, start * WIDTH) < octets.nbytes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            begin = end

    def sets(self, slots: Ints) -> Sets:
        """The sets of some slots."""
        sizes, hashes = self.packed(slots)
        ends = np.cumsum(sizes, dtype=np.int64)
        return Sets(unpacked(hashes), ends - sizes, sizes.astype(np.int64))

    def packed(self, slots: Ints) -> PackedSets:
        """The sets of some slots as they are kept."""
        sizes = self._sizes[slots]
        rows = [
            self._hashes[start : start + size]
            for start, size in zip(self._starts[slots].tolist(), sizes.tolist(), strict=True)
        ]
        hashes = np.concatenate([np.empty((0, WIDTH), dtype=np.uint8), *rows])
        release(self._hashes)
        return PackedSets(sizes.astype(np.int32), hashes)

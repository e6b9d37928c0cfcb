"""Columns on disk: arrays of fixed width, appended to once and then mapped into memory.

Keys are laid out for both ways in which they are read: in blocks of documents, in which those of
one band lie together, a page long. A band is then read through in pages, without the others.
"""

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

Ints = NDArray[np.int64]

BLOCK = mmap.PAGESIZE // np.dtype(np.uint32).itemsize
"""Documents whose keys of one band fill a page."""


def mapped(path: Path, dtype: DTypeLike, shape: tuple[int, ...], offset: int = 0) -> NDArray[Any]:
    """An array that is read from a file where it is looked at."""
    if not np.prod(shape):
        return np.empty(shape, dtype)
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape)


def release(array: NDArray[Any]) -> None:
    """Let go of the pages of a mapped array that were looked at; they can be read again."""
    if isinstance(array, np.memmap):
        pages: mmap.mmap = array._mmap  # type: ignore[attr-defined]
        pages.madvise(mmap.MADV_DONTNEED)


class KeyWriter:
    """Writes keys in blocks, whatever the number of rows that come at a time."""

    def __init__(self, file: BinaryIO, bands: int) -> None:
        self._file = file
        self._rest = np.empty((0, bands), dtype=np.uint32)

    def append(self, keys: NDArray[np.uint32]) -> None:
        """Add rows, shape (documents, bands)."""
        rows = np.concatenate([self._rest, keys])
        whole = len(rows) - len(rows) % BLOCK
        self._write(rows[:whole])
        self._rest = rows[whole:]

    def end(self) -> None:
        """Fill and write the last block."""
        if len(self._rest):
            self._write(np.pad(self._rest, ((0, BLOCK - len(self._rest)), (0, 0))))

    def _write(self, rows: NDArray[np.uint32]) -> None:
        blocks = rows.reshape(-1, BLOCK, rows.shape[1]).transpose(0, 2, 1)
        self._file.write(np.ascontiguousarray(blocks).data)


def blocks(count: int) -> int:
    """How many blocks hold so many documents."""
    return -(-count // BLOCK)


class Signatures(NamedTuple):
    """What is remembered of the texts of some documents, mapped; see `dedup.sign.Signed`."""

    keys: NDArray[np.uint32]
    """Shape (blocks, bands, BLOCK)."""
    digests: NDArray[np.uint64]
    """Shape (documents, 2)."""
    words: NDArray[np.int32]
    """Shape (documents,)."""

    def release(self) -> None:
        """Let go of what was looked at."""
        for array in self:
            release(array)


class Gathered:
    """Signatures of several sources, whose documents are numbered one source after the other."""

    def __init__(self, sources: Sequence[Signatures]) -> None:
        self._sources = sources
        sizes = [len(source.words) for source in sources]
        self._starts = np.cumsum([0, *sizes])
        self.count = sum(sizes)
        self.bands = sources[0].keys.shape[1]
        self.words = np.concatenate([source.words for source in sources])

    def band(self, number: int) -> NDArray[np.uint32]:
        """The keys of one band, shape (documents,)."""
        column = np.concatenate(
            [source.keys[:, number].reshape(-1)[: len(source.words)] for source in self._sources]
        )
        self.release()
        return column

    def keys(self, documents: Ints) -> NDArray[np.uint32]:
        """The keys of some documents, shape (documents, bands)."""
        rows = np.empty((len(documents), self.bands), dtype=np.uint32)
        for source, mine, local in self._of(documents):
            rows[mine] = source.keys[local // BLOCK, :, local % BLOCK]
        self.release()
        return rows

    def digests(self, documents: Ints) -> NDArray[np.uint64]:
        """The digests of some documents, shape (documents, 2)."""
        rows = np.empty((len(documents), 2), dtype=np.uint64)
        for source, mine, local in self._of(documents):
            rows[mine] = source.digests[local]
        self.release()
        return rows

    def release(self) -> None:
        """Let go of what was looked at."""
        for source in self._sources:
            source.release()

    def _of(self, documents: Ints) -> Iterator[tuple[Signatures, NDArray[np.bool_], Ints]]:
        """Each source, which of the documents are its own, and their numbers in it."""
        owners = np.searchsorted(self._starts, documents, side="right") - 1
        for number, source in enumerate(self._sources):
            mine = owners == number
            yield source, mine, documents[mine] - self._starts[number]

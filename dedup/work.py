"""The work on texts, file by file: signing them, and making the shingles of some.

It takes most of the time and is the same wherever it is done: by threads of this process, because
signing gives way to other threads, or by the processes of a cluster.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dedup.bands import Banding
from dedup.packed import PackedSets, packed
from dedup.reading import Batch, Broken, Reading, batches, texts_at
from dedup.sign import Signed, shingle_set, sign
from dedup.threads import in_order
from exempla.corpus import RecordFile

_LISTED = 1 << 16


class SignedBatch(NamedTuple):
    """Some documents of one file, signed; arrays have a row each."""

    file: int
    signed: Signed
    scores: NDArray[np.float64]
    lengths: NDArray[np.uint32]
    ties: NDArray[np.uint32]
    lines: NDArray[np.uint32]
    ids: list[bytes]
    broken: list[Broken]


class Workers(Protocol):
    """Who does the work. Results come in the order of the files, and of the lines in each."""

    def signed(
        self, files: Sequence[RecordFile], reading: Reading, cut: Banding
    ) -> Generator[SignedBatch, None, None]:
        """Sign every document."""
        ...

    def sets(
        self,
        files: Sequence[RecordFile],
        field: tuple[str, ...],
        lines: Sequence[NDArray[np.uint32]],
    ) -> Generator[PackedSets, None, None]:
        """Make the shingles of the documents on these lines of each file."""
        ...


class Threads:
    """Threads of this process: one reads, the others sign what was read."""

    def __init__(self, count: int | None = None) -> None:
        """Take so many threads; by default as many as there are cores for this process."""
        self._count = count

    def signed(
        self, files: Sequence[RecordFile], reading: Reading, cut: Banding
    ) -> Generator[SignedBatch, None, None]:
        """See `Workers`."""
        read = (
            (number, batch) for number, file in enumerate(files) for batch in batches(file, reading)
        )
        yield from in_order(lambda one: signed_batch(*one, cut), read, self._count)

    def sets(
        self,
        files: Sequence[RecordFile],
        field: tuple[str, ...],
        lines: Sequence[NDArray[np.uint32]],
    ) -> Generator[PackedSets, None, None]:
        """See `Workers`."""
        read = (
            texts
            for file, numbers in zip(files, lines, strict=True)
            for texts in texts_at(file, field, ascending(numbers))
        )
        yield from in_order(packed_sets, read, self._count)


def signed_batch(file: int, batch: Batch, cut: Banding) -> SignedBatch:
    """Sign what was read of a file."""
    standings = batch.standings
    return SignedBatch(
        file,
        sign(batch.texts, cut),
        np.array([standing.score for standing in standings], dtype=np.float64),
        np.array([standing.length for standing in standings], dtype=np.uint32),
        np.array([standing.tie for standing in standings], dtype=np.uint32),
        np.array(batch.lines, dtype=np.uint32),
        batch.ids,
        batch.broken,
    )


def packed_sets(texts: Sequence[bytes]) -> PackedSets:
    """The shingles of some texts."""
    return packed([shingle_set(text) for text in texts])


def ascending(lines: NDArray[np.uint32]) -> Iterator[int]:
    """Python's own integers, without a list of all of them."""
    for start in range(0, len(lines), _LISTED):
        yield from lines[start : start + _LISTED].tolist()

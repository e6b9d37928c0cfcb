"""The work on texts, file by file: signing them, and making the shingles of some.

It takes most of the time and is the same wherever it is done: by threads of this process, because
signing gives way to other threads, or by the processes of a cluster.
"""

from collections.abc import Generator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dedup.bands import Banding
from dedup.packed import PackedSets, packed
from dedup.reading import Batch, Broken, Reading, batch, blocks_at, texts_of
from dedup.sign import Signed, shingle_sets, sign_texts
from dedup.texts import Texts, packed_together
from dedup.threads import in_order
from exempla.corpus import Block, RecordFile, read_blocks


class SignedBatch(NamedTuple):
    """Some documents of one file, signed; arrays have a row each."""

    file: int
    signed: Signed
    scores: NDArray[np.float64]
    lengths: NDArray[np.uint32]
    ties: NDArray[np.uint32]
    lines: NDArray[np.uint32]
    id_sizes: NDArray[np.int64]
    """Bytes of the JSON of each id, none where there is none."""
    ids: NDArray[np.uint8]
    """The JSON of all ids."""
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
            (number, file, block)
            for number, file in enumerate(files)
            for block in read_blocks(file)
        )

        def work(one: tuple[int, RecordFile, Block]) -> SignedBatch:
            number, file, block = one
            return signed_batch(number, batch(file, block, reading), cut)

        yield from in_order(work, read, self._count)

    def sets(
        self,
        files: Sequence[RecordFile],
        field: tuple[str, ...],
        lines: Sequence[NDArray[np.uint32]],
    ) -> Generator[PackedSets, None, None]:
        """See `Workers`."""
        read = (
            (file, some)
            for file, numbers in zip(files, lines, strict=True)
            for some in blocks_at(file, numbers)
        )
        yield from in_order(lambda one: packed_sets(texts_of(*one, field)), read, self._count)


def signed_batch(file: int, batch: Batch, cut: Banding) -> SignedBatch:
    """Sign what was read of a file."""
    return SignedBatch(
        file,
        sign_texts(batch.texts, cut),
        batch.scores,
        batch.lengths,
        batch.ties,
        batch.lines,
        batch.ids.spans[:, 1] - batch.ids.spans[:, 0],
        packed_together(batch.ids),
        batch.broken,
    )


def packed_sets(texts: Texts) -> PackedSets:
    """The shingles of some texts."""
    return packed(shingle_sets(texts))

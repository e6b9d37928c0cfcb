"""The third pass: the lines of kept documents, as they stand in their files."""

import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from dedup.lines import lines_of
from dedup.reading import blocks_at
from exempla.atomic import replacing
from exempla.corpus import RecordFile, damaged, open_parquet
from exempla.errors import BadInput, Problem

Ints = NDArray[np.int64]


def write_kept(
    out: Path,
    files: Sequence[RecordFile],
    lines: Sequence[NDArray[np.uint32]],
    show: Callable[[int], None],
) -> None:
    """Write some lines of each file, packed as the name of `out` says.

    Args:
        out: Written beside and renamed.
        files: In order.
        lines: Of each file those that are written, ascending.
        show: Called with the number of lines so far.

    Raises:
        BadInput: a file is not what it was; or Parquet is asked for, and not all files are that.
        ExemplaError: the disk is full, or the place is wrong.
    """
    if out.suffix == ".parquet":
        _write_parquet(out, files, lines, show)
        return
    with replacing(out) as file, packing(file, out) as packed:
        done = 0
        for piece, count in _pieces(files, lines):
            packed.write(piece)
            done += count
            show(done)


@contextmanager
def packing(file: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    """Compress what is written to a file as its name says, always to the same bytes."""
    match path.suffix:
        case ".gz":
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                yield packed  # type: ignore[misc]
        case ".zst":
            with zstandard.ZstdCompressor().stream_writer(file, closefd=False) as packed:
                yield packed
        case _:
            yield file


def check_form(out: Path, files: Iterable[RecordFile]) -> None:
    """Refuse Parquet for what was something else: lines do not say of which types columns are.

    Raises:
        BadInput: it is asked for, and a file is not Parquet.
    """
    others = [file for file in files if file.form != "parquet"]
    if out.suffix == ".parquet" and others:
        what = f"Parquet can be written only of Parquet, and {others[0].name} is none"
        raise BadInput(Problem(what, "Let --out end in .jsonl, .jsonl.gz or .jsonl.zst.", str(out)))


class _Piece(NamedTuple):
    """Whole lines."""

    octets: bytes
    lines: int


def _pieces(files: Sequence[RecordFile], lines: Sequence[NDArray[np.uint32]]) -> Iterator[_Piece]:
    for file, numbers in zip(files, lines, strict=True):
        for block, rows in blocks_at(file, numbers):
            if len(rows) == block.lines:
                yield _Piece(block.octets, block.lines)
                continue
            spans, view = lines_of(block), memoryview(block.octets)
            runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
            parts = [view[spans[run[0], 0] : spans[run[-1], 1] + 1] for run in runs]
            yield _Piece(b"".join(parts), len(rows))


def _write_parquet(
    out: Path,
    files: Sequence[RecordFile],
    lines: Sequence[NDArray[np.uint32]],
    show: Callable[[int], None],
) -> None:
    """Write rows as they stand, of the types that they have in the first file."""
    with open_parquet(files[0]) as first:
        schema = first.schema_arrow
    import pyarrow  # noqa: PLC0415 - an extra, and heavy
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

    done = 0
    with replacing(out) as packed, ParquetWriter(packed, schema) as writer:
        for file, numbers in zip(files, lines, strict=True):
            rows, before = numbers.astype(np.int64) - 1, 0
            with open_parquet(file) as table:
                _check_schema(file, table.schema_arrow, schema, files[0])
                try:
                    for batch in table.iter_batches():
                        begin, end = np.searchsorted(rows, [before, before + len(batch)]).tolist()
                        writer.write_batch(batch.take(pyarrow.array(rows[begin:end] - before)))
                        before += len(batch)
                        done += end - begin
                        show(done)
                except pyarrow.ArrowException as error:
                    raise damaged(file, before, error) from error


def _check_schema(file: RecordFile, schema: object, first: object, whose: RecordFile) -> None:
    if schema != first:
        what = f"the columns are not of the names and types of those of {whose.name}"
        remedy = "Let --out end in .jsonl, .jsonl.gz or .jsonl.zst."
        raise BadInput(Problem(what, remedy, file.name))

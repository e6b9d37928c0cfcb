"""How the rows of a file are written: JSON lines, plain or compressed, or Parquet."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

import orjson
import zstandard

from exempla.document import Form
from exempla.errors import BadInput, Problem
from output.recipe import Encoding

_LEVEL = 9  # beyond it, zstd is much slower on prose and hardly smaller
_GROUP = 1000  # rows of a Parquet file that a reader takes into memory at once


def write_rows(
    file: BinaryIO, lines: Iterable[bytes], encoding: Encoding, form: Form, *, prefixed: bool
) -> None:
    """Write rows to a file. The same rows give the same bytes by the same version of a library.

    Args:
        file: Open for writing.
        lines: The rows as JSON, each with its newline.
        encoding: How they are written.
        form: What they hold.
        prefixed: Whether they have a prefix.

    Raises:
        BadInput: the package for Parquet is missing.
    """
    match encoding:
        case "jsonl":
            file.writelines(lines)
        case "jsonl.zst":
            compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
            with compressor.stream_writer(file, closefd=False) as packed:
                for line in lines:
                    packed.write(line)
        case "parquet":
            _write_parquet(file, iter(lines), form, prefixed=prefixed)


def check_encoding(encoding: Encoding) -> None:
    """Refuse an encoding whose package is missing, before anything is read.

    Raises:
        BadInput: it is.
    """
    if encoding == "parquet":
        _arrow()


def _write_parquet(file: BinaryIO, lines: Iterator[bytes], form: Form, *, prefixed: bool) -> None:
    arrow = _arrow()
    schema = _schema(form, prefixed=prefixed)
    with arrow.parquet.ParquetWriter(file, schema, compression="zstd") as table:
        while group := list(islice(lines, _GROUP)):
            rows = list(map(orjson.loads, group))
            table.write_table(arrow.Table.from_pylist(rows, schema=schema))


def _schema(form: Form, *, prefixed: bool) -> Any:
    arrow = _arrow()
    text = arrow.string()
    turns = arrow.list_(arrow.struct([("role", text), ("content", text)]))
    content = [("text", text)] if form == "text" else [("messages", turns), ("tools", text)]
    names = [("kind", text), ("principles", arrow.list_(text)), ("clause", text), ("seed", text)]
    return arrow.schema([("id", text), *content, *names, *([("prefix", text)] * prefixed)])


def _arrow() -> Any:
    try:
        import pyarrow.parquet  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        raise BadInput(
            Problem(
                "Parquet needs a package that is missing: pyarrow",
                "Install it: pip install 'exempla[parquet]'",
                setting="encoding",
            )
        ) from error
    return pyarrow

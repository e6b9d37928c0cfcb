"""Corpora: files of records in whatever form they lie about, read as raw lines.

JSON lines, plain or compressed by gzip or zstd, and Parquet, of which each row becomes a JSON line.
What a file is its first bytes say, so that standard input may be compressed too; which files of a
folder are taken their names say.
"""

import codecs
import shutil
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple, Protocol

import numpy as np
import orjson
import zstandard

from exempla.atomic import cannot_write
from exempla.errors import BadInput, Problem

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

STANDARD_INPUT = Path("-")
SUFFIXES = (
    *(f".{name}{packed}" for name in ("jsonl", "ndjson") for packed in ("", ".gz", ".zst")),
    *(".json.gz", ".json.zst", ".parquet"),
)
"""Endings of the files that are taken from a folder; `.json` is mostly one value, not lines."""

_NEWLINE = 10
_PIECE = 1 << 19  # bytes read at once
_GZIP = 16 + zlib.MAX_WBITS  # "window bits" that make zlib expect a header of gzip
_ROWS = 1024  # of a Parquet file, turned into lines at once

Form = Literal["lines", "gzip", "zstd", "parquet"]
_MAGIC: dict[bytes, Form] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PAR1": "parquet"}


@dataclass(frozen=True, slots=True)
class RecordFile:
    """One file of records."""

    path: Path
    name: str
    """What the user knows it as."""
    form: Form
    version: tuple[int, int]
    """Its size and when it was last changed, when it was found: whoever reads a file more than once
    must not read two versions of it."""


class Line(NamedTuple):
    """A record as it stands in its file."""

    number: int
    """Of the line, or of the row of a Parquet file; from 1."""
    raw: bytes
    """Without the newline."""


class Block(NamedTuple):
    """Some lines that follow one another."""

    first: int
    """The number of the first one."""
    lines: int
    """How many."""
    octets: bytes
    """Each with a newline at its end."""


def record_files(paths: Sequence[Path], scratch: Path | None = None) -> list[RecordFile]:
    """The files that paths name, each once: in the order given, those of a folder by name.

    Args:
        paths: Files, folders (searched to the bottom, hidden names left out), or `-`.
        scratch: Where standard input and pipes are copied to, because they can be read only once;
            a folder that the caller removes. Without it `-` is a file of that name, and a pipe is
            refused.

    Raises:
        BadInput: a path is not there or cannot be read, or a folder has no file of records.
    """
    named: dict[Path, tuple[Path, str]] = {}
    problems: list[Problem] = []
    for path in paths:
        if path in named:
            continue
        if path == STANDARD_INPUT and scratch is not None:
            named[path] = _copied(sys.stdin.buffer, scratch / "standard-input"), "standard input"
        elif path.is_dir():
            inside = sorted(_in_folder(path))
            if not inside:
                remedy = f"Files with these endings are taken: {', '.join(SUFFIXES)}."
                problems.append(Problem("there is no file of records here", remedy, str(path)))
            for file in inside:
                named.setdefault(file.resolve(), (file, str(file)))
        elif path.is_file() or not path.exists():
            named.setdefault(path.resolve(), (path, str(path)))
        elif scratch is not None:
            named[path] = _emptied(path, scratch / f"pipe-{len(named)}"), str(path)
        else:
            remedy = "Name a file or a folder."
            problems.append(Problem("this can be read only once", remedy, str(path)))
    found = []
    for path, name in named.values():
        try:
            found.append(RecordFile(path, name, _form(path), _version(path)))
        except OSError as error:
            what = f"cannot be read: {error.strerror or error}"
            problems.append(Problem(what, "Check the path.", name))
    if problems:
        raise BadInput(*problems)
    return found


def read_lines(file: RecordFile) -> Iterator[Line]:
    """Each record of a file in order; blank lines are passed over, but counted.

    Raises:
        BadInput: see `read_blocks`.
    """
    for block in read_blocks(file):
        for number, raw in enumerate(block.octets.split(b"\n"), block.first):
            if raw and not raw.isspace():
                yield Line(number, raw)


def read_blocks(file: RecordFile) -> Iterator[Block]:
    """The lines of a file in order, about half a megabyte at a time.

    Raises:
        BadInput: the file cannot be read, has changed, is damaged or cut off, or a Parquet row has
            no form in JSON; names the last line that is whole.
    """
    number = 0
    try:
        if _version(file.path) != file.version:
            raise changed(file)
        for octets in _whole_lines(file):
            count = np.count_nonzero(np.frombuffer(octets, dtype=np.uint8) == _NEWLINE)
            block = Block(number + 1, int(count), octets)
            yield block
            number += block.lines
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise damaged(file, number, error) from error
    except TypeError as error:  # orjson's: pyarrow made a value of the row that JSON has not
        what = f"this row has no form in JSON: {error}"
        remedy = "Leave the column out, or cast it to text or numbers."
        raise BadInput(Problem(what, remedy, file.name, number + 1)) from error


def damaged(file: RecordFile, number: int, error: Exception) -> BadInput:
    """The error to raise where a file cannot be read on after line `number`."""
    said = getattr(error, "strerror", None) or str(error).partition("\n")[0].rstrip(".")
    what = f"cannot be read after this line: {said}" if number else f"cannot be read: {said}"
    remedy = "The file is damaged or was cut off: fetch or make it again."
    return BadInput(Problem(what, remedy, file.name, number or None))


def changed(file: RecordFile) -> BadInput:
    """The error to raise where a file is not what it was."""
    what = "this file has changed since it was first read"
    return BadInput(Problem(what, "Wait until it is whole, then run the command again.", file.name))


def open_parquet(file: RecordFile) -> "ParquetFile":
    """A Parquet file, to be closed by the caller.

    Raises:
        BadInput: the package for it is missing, or the file is damaged.
    """
    try:
        import pyarrow  # noqa: PLC0415 - an extra, and heavy
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415
    except ImportError as error:
        what = "Parquet needs a package that is missing: pyarrow"
        raise BadInput(
            Problem(what, "Install it: pip install 'exempla[parquet]'", file.name)
        ) from error
    try:
        return ParquetFile(file.path)
    except (OSError, pyarrow.ArrowException) as error:
        raise damaged(file, 0, error) from error


def _form(path: Path) -> Form:
    with path.open("rb") as file:
        start = file.read(4)
    return next((form for magic, form in _MAGIC.items() if start.startswith(magic)), "lines")


def _version(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _in_folder(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.name.endswith(SUFFIXES) and not hidden and not path.is_dir():
            yield path


def _emptied(pipe: Path, path: Path) -> Path:
    try:
        source = pipe.open("rb")
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise BadInput(Problem(what, "Check the path.", str(pipe))) from error
    with source:
        return _copied(source, path)


def _copied(source: BinaryIO, path: Path) -> Path:
    try:
        with path.open("wb") as copy:
            shutil.copyfileobj(source, copy, _PIECE)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def _whole_lines(file: RecordFile) -> Iterator[bytes]:
    if file.form == "parquet":
        yield from _joined(_rows(file))
        return
    with file.path.open("rb") as opened:
        match file.form:
            case "gzip":
                yield from _cut(_unpacked(opened, lambda: zlib.decompressobj(_GZIP)))
            case "zstd":
                frames = zstandard.ZstdDecompressor()
                yield from _cut(_unpacked(opened, frames.decompressobj))
            case _:
                yield from _cut(iter(lambda: opened.read(_PIECE), b""))


class _Frame(Protocol):
    """What takes a compressed frame apart."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _unpacked(opened: BinaryIO, new: Callable[[], _Frame]) -> Iterator[bytes]:
    """The content of one frame after another.

    The libraries' own readers keep back what is whole in a torn file, or end there quietly.
    """
    frame = None
    while packed := opened.read(_PIECE >> 3):
        while packed:
            frame = frame or new()
            yield frame.decompress(packed)
            packed = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("it ends in the middle")


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of whole lines; the last line gets a newline if it has none."""
    begun: list[bytes | memoryview] = []  # pieces of one long line, joined once
    mark = codecs.BOM_UTF8  # which some editors put before a text
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            begun.append(memoryview(piece)[:end])
            yield b"".join(begun).removeprefix(mark)
            mark, begun = b"", []
        begun.append(piece[end:])
    last = b"".join(begun).removeprefix(mark)
    if last:
        yield last + b"\n"


def _joined(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines put together; those before an error too."""
    some: list[bytes] = []
    size = 0
    try:
        for line in lines:
            some += (line, b"\n")
            size += len(line)
            if size >= _PIECE:
                yield b"".join(some)
                some, size = [], 0
    except (OSError, TypeError):
        if some:
            yield b"".join(some)
        raise
    if some:
        yield b"".join(some)


def _rows(file: RecordFile) -> Iterator[bytes]:
    with open_parquet(file) as table:
        import pyarrow  # noqa: PLC0415

        try:
            for batch in table.iter_batches(_ROWS):
                yield from map(orjson.dumps, batch.to_pylist())
        except pyarrow.ArrowException as error:
            raise OSError(str(error)) from error

"""What is taken from a record: the text that is compared, where it stands, what it is called."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from dedup.preference import Preference, Standing, found
from exempla.corpus import Line, RecordFile, changed, read_lines
from exempla.errors import Problem
from exempla.source import nearest

BATCH = 1024
"""Records that are handed on together, fewer of long ones."""
BATCH_BYTES = 1 << 23
"""Of text, after which a batch is handed on."""


class Reading(NamedTuple):
    """What is to be taken from each record."""

    field: tuple[str, ...]
    """Keys that lead to the text."""
    preference: Preference


class Broken(NamedTuple):
    """A line that cannot be compared."""

    line: Line
    problem: Problem
    fields: tuple[str, ...] = ()
    """Those that it has, where the one with the text is not among them."""


class Batch(NamedTuple):
    """Some records of one file, in order; all lists but the last have one entry a record."""

    lines: list[int]
    texts: list[bytes]
    """In UTF-8."""
    standings: list[Standing]
    ids: list[bytes]
    """The record's `id` as JSON, empty where it has none."""
    broken: list[Broken]
    """Lines that stand among the records and are none of them."""


def batches(file: RecordFile, reading: Reading) -> Iterator[Batch]:
    """What is taken from each record of a file.

    Raises:
        BadInput: the file cannot be read, or none of its first records has the field.
    """
    batch, size = Batch([], [], [], [], []), 0
    for line in read_lines(file):
        record = _record(line)
        text = found(record, reading.field)
        if isinstance(text, str):
            batch.lines.append(line.number)
            batch.texts.append(text.encode())
            batch.standings.append(reading.preference.standing(record, text, zlib.crc32(line.raw)))
            id_ = record.get("id")
            batch.ids.append(orjson.dumps(id_) if isinstance(id_, str | int) else b"")
            size += len(batch.texts[-1])
        else:
            batch.broken.append(_broken(file, line, record, reading.field))
        if len(batch.texts) + len(batch.broken) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = Batch([], [], [], [], []), 0
    if batch.texts or batch.broken:
        yield batch


def texts_at(
    file: RecordFile, field: tuple[str, ...], numbers: Iterable[int]
) -> Iterator[list[bytes]]:
    """The texts of some lines of a file, some at a time.

    Args:
        file: It.
        field: Keys that lead to the text.
        numbers: Of the lines, ascending.

    Raises:
        BadInput: the file is not what it was when the lines were first read.
    """
    texts: list[bytes] = []
    size = 0
    for line in lines_at(file, numbers):
        text = found(_record(line), field)
        if not isinstance(text, str):
            raise changed(file)
        texts.append(text.encode())
        size += len(texts[-1])
        if len(texts) == BATCH or size >= BATCH_BYTES:
            yield texts
            texts, size = [], 0
    if texts:
        yield texts


def lines_at(file: RecordFile, numbers: Iterable[int]) -> Iterator[Line]:
    """Some lines of a file, which is read no further than the last of them.

    Args:
        file: It.
        numbers: Of the lines, ascending.

    Raises:
        BadInput: the file has no such lines, because it is not what it was.
    """
    wanted = iter(numbers)
    number = next(wanted, None)
    if number is None:
        return
    for line in read_lines(file):
        if line.number == number:
            yield line
            number = next(wanted, None)
            if number is None:
                return
    raise changed(file)


def _record(line: Line) -> Any:
    """The value of a line, None where it is not JSON."""
    try:
        return orjson.loads(line.raw)
    except orjson.JSONDecodeError:
        return None


def _broken(file: RecordFile, line: Line, record: Any, field: tuple[str, ...]) -> Broken:
    """Why a line cannot be compared."""
    name, fields = ".".join(field), ()
    if not isinstance(record, dict):
        what = "this line is not a JSON object"
        remedy = "Mend or remove it; a last line may have been cut off while it was written."
    elif found(record, field) is None:
        what = f"this record has no field '{name}'"
        fields = tuple(record)
        remedy = nearest(name, fields)
    else:
        what = f"the field '{name}' is not a string"
        remedy = "Name another field with --field, or mend the record."
    return Broken(line, Problem(what, remedy, file.name, line.number), fields)

"""What is taken from a record: the text that is compared, where it stands, what it is called."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from dedup.json_field import NOT_TAKEN, Taken, take
from dedup.lines import line_hashes, lines_of, octets_of
from dedup.preference import Preference, found
from dedup.texts import PADDING, Texts, characters
from exempla.corpus import Block, Line, RecordFile, changed, read_blocks
from exempla.errors import Problem
from exempla.source import nearest

Ints = NDArray[np.int64]


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
    """Some records of one file, in order; all but the last have one entry a record."""

    lines: NDArray[np.uint32]
    texts: Texts
    ids: Texts
    """The record's `id` as JSON, empty where it has none."""
    scores: NDArray[np.float64]
    lengths: NDArray[np.uint32]
    """Characters of the texts; zeros where records are ranked by their order alone."""
    ties: NDArray[np.uint32]
    """A hash of each line; zeros where records are ranked by their order alone."""
    broken: list[Broken]
    """Lines that stand among the records and are none of them."""


class BlockPart(NamedTuple):
    """Some lines of a block."""

    block: Block
    rows: Ints
    """Which ones, ascending, from 0."""


def batches(file: RecordFile, reading: Reading) -> Iterator[Batch]:
    """What is taken from each record of a file.

    Raises:
        BadInput: the file cannot be read.
    """
    return (batch(file, block, reading) for block in read_blocks(file))


def batch(file: RecordFile, block: Block, reading: Reading) -> Batch:
    """What is taken from the records of a block."""
    lines = lines_of(block)
    taken = _taken(block, lines, reading)
    scores, broken = np.zeros(len(lines)), list[Broken]()
    more = _More(taken)
    for row in np.flatnonzero(taken.texts[:, 0] == NOT_TAKEN).tolist():
        line = _line(block, lines, row, block.first + row)
        if line.raw.isspace() or not line.raw:
            continue
        record = _record(line)
        text = found(record, reading.field)
        if isinstance(text, str):
            more.put(row, text, record.get("id"))
            scores[row] = reading.preference.score(record)
        else:
            broken.append(_broken(file, line, record, reading.field))
    taken = more.together()
    rows = np.flatnonzero(taken.texts[:, 0] != NOT_TAKEN)
    texts = Texts(taken.data, taken.texts[rows])
    none = np.zeros(len(rows), dtype=np.uint32)
    in_order = reading.preference.by == "first"
    return Batch(
        lines=(block.first + rows).astype(np.uint32),
        texts=texts,
        ids=Texts(taken.data, taken.ids[rows]),
        scores=scores[rows],
        lengths=none if in_order else characters(texts),
        ties=none if in_order else line_hashes(octets_of(block), lines[rows]),
        broken=broken,
    )


def texts_at(
    file: RecordFile, field: tuple[str, ...], numbers: NDArray[np.uint32]
) -> Iterator[Texts]:
    """The texts of some lines of a file, some at a time.

    Args:
        file: It.
        field: Keys that lead to the text.
        numbers: Of the lines, ascending.

    Raises:
        BadInput: the file is not what it was when the lines were first read.
    """
    return (texts_of(file, part, field) for part in blocks_at(file, numbers))


def texts_of(file: RecordFile, part: BlockPart, field: tuple[str, ...]) -> Texts:
    """The texts of some lines of a block.

    Raises:
        BadInput: the file is not what it was when the lines were first read.
    """
    block = part.block
    lines = lines_of(block)[part.rows]
    taken = _taken(block, lines, Reading(field, Preference("first")))
    more = _More(taken)
    for row in np.flatnonzero(taken.texts[:, 0] == NOT_TAKEN).tolist():
        text = found(_record(_line(block, lines, row, block.first + int(part.rows[row]))), field)
        if not isinstance(text, str):
            raise changed(file)
        more.put(row, text, None)
    taken = more.together()
    return Texts(taken.data, taken.texts)


def blocks_at(file: RecordFile, numbers: NDArray[np.uint32]) -> Iterator[BlockPart]:
    """The blocks of a file in which some lines stand; it is read no further than the last of them.

    Args:
        file: It.
        numbers: Of the lines, ascending.

    Raises:
        BadInput: the file has no such lines, because it is not what it was.
    """
    begin = 0
    if not len(numbers):
        return
    for block in read_blocks(file):
        end = int(np.searchsorted(numbers, block.first + block.lines))
        if end > begin:
            yield BlockPart(block, numbers[begin:end].astype(np.int64) - block.first)
        begin = end
        if begin == len(numbers):
            return
    raise changed(file)


def _taken(block: Block, lines: Ints, reading: Reading) -> Taken:
    """What compiled code can take, which knows the fields of the object that a line is."""
    key, *inner = reading.field
    plain = key.isprintable() and '"' not in key and "\\" not in key
    if inner or not plain or reading.preference.by == "best":
        nothing = np.zeros(PADDING, dtype=np.uint8)
        return Taken(nothing, np.full_like(lines, NOT_TAKEN), np.zeros_like(lines))
    return take(octets_of(block), lines, np.frombuffer(key.encode(), dtype=np.uint8))


class _More:
    """Texts and ids that are taken besides."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._pieces: list[bytes] = []
        self._place = len(taken.data)

    def put(self, row: int, text: str, id_: object) -> None:
        """Take those of a line."""
        octets = text.encode()
        name = orjson.dumps(id_) if isinstance(id_, str | int) else b""
        end = self._place + len(octets)
        self._taken.texts[row] = self._place, end
        self._taken.ids[row] = end + 1, end + 1 + len(name)
        self._pieces += (octets, b" ", name)
        self._place = end + 1 + len(name)

    def together(self) -> Taken:
        """All that is taken."""
        if not self._pieces:
            return self._taken
        more = np.frombuffer(b"".join([*self._pieces, bytes(PADDING)]), dtype=np.uint8)
        return self._taken._replace(data=np.concatenate([self._taken.data, more]))


def _line(block: Block, lines: Ints, row: int, number: int) -> Line:
    begin, end = lines[row].tolist()
    return Line(number, block.octets[begin:end])


def _record(line: Line) -> Any:
    """The value of a line, None where it is not JSON."""
    try:
        return orjson.loads(line.raw)
    except orjson.JSONDecodeError:
        return None


def _broken(file: RecordFile, line: Line, record: Any, field: tuple[str, ...]) -> Broken:
    """Why a line cannot be compared."""
    name, fields = ".".join(field), ()
    within = found(record, field[:-1])
    if not isinstance(record, dict):
        what = f"this line is not {_wanting(line)}"
        remedy = "Mend or remove it; a last line may have been cut off while it was written."
    elif not isinstance(within, dict) or field[-1] not in within:
        what = f"this record has no field '{name}'"
        fields = tuple(record)
        remedy = nearest(name, fields)
    else:
        what = f"the field '{name}' is {'null' if within[field[-1]] is None else 'not a string'}"
        remedy = "Name another field with --field, or mend the record."
    return Broken(line, Problem(what, remedy, file.name, line.number), fields)


def _wanting(line: Line) -> str:
    """What a line is not that is no record."""
    try:
        orjson.loads(line.raw)
    except orjson.JSONDecodeError as error:
        return f"JSON: {error.msg}, at character {error.pos + 1}"
    return "a JSON object"

"""Record files: one JSON object a line."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonlines
import orjson

from exempla.atomic import replacing
from exempla.errors import BadInput, Problem


@dataclass(frozen=True, slots=True)
class Written:
    """What a record file holds, for manifests."""

    lines: int
    bytes: int
    sha256: str


def dump(record: Any) -> bytes:
    """One record as a line, keys in the order given."""
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield each record of a file in order.

    Raises:
        BadInput: a line is not a JSON object; names the line.
    """
    try:
        with path.open("rb") as file, jsonlines.Reader(file, loads=orjson.loads) as reader:
            yield from reader.iter(type=dict)
    except jsonlines.InvalidLineError as error:
        raise BadInput(
            Problem(
                "this line is not a JSON object",
                "Mend or remove it; a last line may have been cut off while it was written.",
                str(path),
                error.lineno,
            )
        ) from error
    except OSError as error:
        raise BadInput(
            Problem(f"cannot be read: {error.strerror or error}", "Check the path.", str(path))
        ) from error


def write_lines(path: Path, lines: Iterable[bytes]) -> Written:
    """Write whole lines beside `path`, rename, and say what was written."""
    digest, count, size = hashlib.sha256(), 0, 0
    with replacing(path) as file:
        for line in lines:
            file.write(line)
            digest.update(line)
            count += 1
            size += len(line)
    return Written(count, size, digest.hexdigest())


def write_records(path: Path, records: Iterable[Any]) -> Written:
    """Write records as lines beside `path`, rename, and say what was written."""
    return write_lines(path, map(dump, records))

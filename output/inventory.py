"""What there is to make a mix from: small keys of every document, and where its text stands."""

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import BinaryIO, NamedTuple

from pydantic import ValidationError

from exempla.document import Document, Form
from exempla.errors import BadInput, Problem


@dataclass(frozen=True, slots=True)
class Holding:
    """A document without its text."""

    kind: str
    principles: tuple[str, ...]
    seed: str | None
    tokens: int
    offset: int
    """Where its line begins in the file, in bytes."""
    length: int


class Inventory(NamedTuple):
    """The documents that a mix may use, by id, and how many were left out."""

    holdings: dict[str, Holding]
    removed: int
    other_form: int
    """Texts where conversations were wanted, or the other way round."""


def take_inventory(documents: Path, removed: Set[str], form: Form = "text") -> Inventory:
    """List the documents of one form in a record file, leaving out the ids in `removed`.

    Raises:
        BadInput: the file cannot be read; a line is not a document, has an id that an earlier line
            has, or names no principle.
    """
    holdings: dict[str, Holding] = {}
    left_out = other = offset = 0
    with _opened(documents) as file:
        for number, line in enumerate(file, start=1):
            document = _document(line, documents, number)
            if document.id in removed:
                left_out += document.form == form
                other += document.form != form
            elif document.id in holdings:
                raise _bad(documents, number, f"the id '{document.id}' stands on an earlier line")
            elif document.form != form:
                other += 1
            else:
                holdings[document.id] = Holding(
                    # A few values in millions of lines: one string for each value, not each line.
                    kind=intern(document.kind),
                    principles=tuple(map(intern, document.principles)),
                    seed=None if document.seed is None else intern(document.seed),
                    tokens=document.tokens,
                    offset=offset,
                    length=len(line),
                )
            offset += len(line)
    return Inventory(holdings, left_out, other)


def fetch(file: BinaryIO, holding: Holding) -> Document:
    """Read one document again from the file that was listed."""
    file.seek(holding.offset)
    return Document.model_validate_json(file.read(holding.length))


def _opened(documents: Path) -> BinaryIO:
    try:
        return documents.open("rb")
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        remedy = "Finish the run first, or check the path."
        raise BadInput(Problem(what, remedy, str(documents))) from error


def _document(line: bytes, file: Path, number: int) -> Document:
    try:
        document = Document.model_validate_json(line)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        what = f"'{where}': {detail['msg']}" if where else detail["msg"]
        raise _bad(file, number, f"this is not a document: {what}") from error
    if not document.principles:
        raise _bad(file, number, f"the document '{document.id}' names no principle")
    return document


def _bad(file: Path, number: int, what: str) -> BadInput:
    return BadInput(Problem(what, "Have the run make this file again.", str(file), number))

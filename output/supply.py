"""A source of a recipe, found: its files, and what is known about its documents."""

import hashlib
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from exempla.corpus import RecordFile, damaged, read_lines
from exempla.errors import BadInput, Problem
from exempla.source import nearest
from output.condition import fields_of, meets, value_at
from output.entry import Entry, NoEntry, entry_of, parse_record
from output.recipe import Blend, Source


@dataclass(frozen=True, slots=True)
class Supply:
    """Where documents or ordinary text come from."""

    source: Source | Blend
    name: str
    files: tuple[RecordFile, ...]
    root: Path
    """The folder that the manifest names the files from."""
    setting: str
    """The key of the recipe that asks for it."""
    removed: Set[str] = frozenset()
    """Ids of documents to leave out as duplicates."""
    clusters: Mapping[str, str] = field(default_factory=dict)
    """The duplicate cluster of those documents that have one, by id."""
    made: Mapping[str, Any] = field(default_factory=dict)
    """What made the documents, for the manifest; anything JSON can hold."""

    @property
    def ordinary(self) -> bool:
        """Whether it is blended in."""
        return isinstance(self.source, Blend)


class Placed(NamedTuple):
    """A record that meets its source's conditions, and where it stands."""

    file: RecordFile
    line: int
    entry: Entry | None
    """None for one that does not meet them."""


def read_supply(supply: Supply) -> Iterator[Placed]:
    """Each record of a source in the order of its files.

    Raises:
        BadInput: a file cannot be read, a record is nothing that a row can be made of, or a
            condition is on a field that no record has.
    """
    where = supply.source.where
    unseen = set(where)
    record: dict[str, Any] = {}
    for file in supply.files:
        for number, raw in read_lines(file):
            try:
                record = parse_record(raw)
                entry = entry_of(record, supply.source) if meets(record, where) else None
            except NoEntry as error:
                raise _at(file, number, error.problem) from error
            unseen -= {field for field in unseen if value_at(record, field) is not None}
            yield Placed(file, number, entry)
    if record and unseen:
        raise BadInput(*(_unseen(supply, field, record) for field in sorted(unseen)))


def digests(supply: Supply) -> dict[str, str]:
    """The SHA-256 of each file, by its name within the source's root.

    Raises:
        BadInput: a file cannot be read.
    """
    found = {}
    for file in supply.files:
        try:
            with file.path.open("rb") as opened:
                name = _within(file, supply.root)
                found[name] = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            raise damaged(file, 0, error) from error
    return found


def _within(file: RecordFile, root: Path) -> str:
    path = file.path.resolve()
    root = root.resolve()
    return str(path.relative_to(root)) if path.is_relative_to(root) else file.name


def _unseen(supply: Supply, field: str, record: dict[str, Any]) -> Problem:
    return Problem(
        f"no record of '{supply.name}' has the field '{field}'",
        nearest(field, list(fields_of(record))),
        setting=f"{supply.setting}.where.{field}",
    )


def _at(file: RecordFile, number: int, problem: Problem) -> BadInput:
    return BadInput(Problem(problem.what, problem.remedy, file.name, number))

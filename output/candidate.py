"""Records that could be rows of a mix, one after another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from exempla.corpus import RecordFile
from exempla.errors import BadInput, Problem
from output.recipe import Recipe
from output.row import Row, row_of
from output.supply import Supply, read_supply


class Candidate(NamedTuple):
    """A record that could be a row of the mix."""

    supply: int
    record: int
    """Its number among all that its source has, from 0."""
    file: RecordFile
    line: int
    row: Row
    tokens: int | None
    """As recorded."""
    group: str | None
    """What it has in common with others that must stay on its side of the split."""

    def refused(self, what: str, remedy: str) -> BadInput:
        """The error to raise where it cannot be used."""
        return BadInput(Problem(what, remedy, self.file.name, self.line))


@dataclass(slots=True)
class Passed:
    """How many records were passed over, by reason."""

    duplicates: int = 0
    filtered: int = 0
    other_form: int = 0
    repeated: int = 0


def candidates(
    recipe: Recipe, supplies: Sequence[Supply], user_turns: Mapping[str, str], passed: Passed
) -> Iterator[Candidate]:
    """The records that could be rows of a mix, source after source; counts those that could not.

    Raises:
        BadInput: a file cannot be read, or a record is nothing that a row can be made of.
    """
    for number, supply in enumerate(supplies):
        for record, (file, line, entry) in enumerate(read_supply(supply)):
            if entry is None:
                passed.filtered += 1
            elif entry.id in supply.removed:
                passed.duplicates += 1
            elif row := row_of(entry, recipe.format, user_turns, convert=recipe.convert):
                yield Candidate(number, record, file, line, row, entry.tokens, entry.group)
            else:
                passed.other_form += 1

"""Seeds: situations to write from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from exempla.errors import BadInput, Problem, collecting
from exempla.source import Place, read_yaml, validate


class SeedFields(BaseModel):
    """A seed as it stands in a file."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    premise: str = Field(min_length=1)
    role: str = Field(min_length=1)
    """What the AI is here, and what it may do."""
    pressure: str = Field(min_length=1)
    admirable: str = Field(min_length=1)
    """What doing well looks like, and why it is hard."""
    principles: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Seed:
    """A situation to write from, and where it stands."""

    fields: SeedFields
    digest: str
    place: Place

    @property
    def id(self) -> str:
        """Its name, unique among all seeds."""
        return self.fields.id


def read_seeds(file: Path) -> list[Seed]:
    """Read the seeds of one file, which is a YAML list.

    Raises:
        BadInput: with every problem found, each with its line.
    """
    yaml = read_yaml(file)
    if not isinstance(yaml.value, list) or not yaml.value:
        raise BadInput(
            yaml.place().problem("expected a list of seeds", "Begin each seed with '- id: …'.")
        )
    problems: list[Problem] = []
    seeds: list[Seed] = []
    for index in range(len(yaml.value)):
        with collecting(problems):
            fields = validate(SeedFields, yaml, (index,))
            words = fields.model_dump_json(exclude={"principles"})
            digest = hashlib.sha256(words.encode()).hexdigest()[:16]
            seeds.append(Seed(fields, digest, yaml.place(index)))
    if problems:
        raise BadInput(*problems)
    return seeds

"""Seeds: situations to write from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from exempla.errors import BadInput, Problem, collecting
from exempla.source import Place, read_yaml, validate

Pull = Literal[
    "affection",
    "another AI",
    "authority",
    "being replaced",
    "being wrong",
    "boredom",
    "competing duties",
    "deadline",
    "gradual slide",
    "isolation",
    "long task",
    "pity",
    "scarcity",
    "thanks",
    "uncertainty",
    "unobserved",
]
"""The forms that pressure takes."""


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
    setting: str = Field(min_length=3)
    """Where it happens, in two or three words that other seeds of that place share."""
    era: Literal["past", "present", "near future", "far future", "elsewhere"]
    scale: Literal["household", "street", "workplace", "town", "region", "world"]
    """Whom the outcome touches."""
    pulls: tuple[Pull, ...] = Field(min_length=1, max_length=3)
    """The forms of its pressure; `pressure` tells them."""


WRITTEN = {"id", "premise", "role", "pressure", "admirable"}
"""What a writer is shown; the rest is for counting."""


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
            words = fields.model_dump_json(include=WRITTEN)
            digest = hashlib.sha256(words.encode()).hexdigest()[:16]
            seeds.append(Seed(fields, digest, yaml.place(index)))
    if problems:
        raise BadInput(*problems)
    return seeds

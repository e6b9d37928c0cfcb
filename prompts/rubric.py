"""What the judge scores, and on which scale; what it flags."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from exempla.errors import BadInput, Problem
from exempla.source import Place, Yaml, read_yaml, validate
from prompts.constraint import VerdictConstraint, verdict_constraint
from prompts.field import Declared, FieldName

FILE = "rubric.yaml"
OVERALL = "overall"
"""The mean of the scores: no item may be called so."""


def _not_overall(name: str) -> str:
    if name == OVERALL:
        raise ValueError(f"'{OVERALL}' is the mean of the scores; choose another id")
    return name


class Anchors(Declared):
    """What three of the five scores mean."""

    low: str = Field(alias="1", min_length=1)
    middle: str = Field(alias="3", min_length=1)
    high: str = Field(alias="5", min_length=1)


class ItemFields(Declared):
    """An item as it stands in the file."""

    id: Annotated[FieldName, AfterValidator(_not_overall)]
    asks: str = Field(min_length=1)
    """Why it matters, then what to look at."""
    anchors: Anchors


class FlagFields(Declared):
    """A flag as it stands in the file."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    says: str = Field(min_length=1)
    """What raises it, and what does not."""


class RubricFields(Declared):
    """`rubric.yaml` as it stands."""

    items: tuple[ItemFields, ...] = Field(min_length=1)
    flags: tuple[FlagFields, ...] = ()


@dataclass(frozen=True)
class Rubric:
    """What the judge scores from 1 to 5, and what it flags, each in the order of the file."""

    items: tuple[ItemFields, ...]
    flags: tuple[FlagFields, ...]
    place: Place

    @cached_property
    def digest(self) -> str:
        """A hash of its words; comments and line breaks do not count."""
        fields = RubricFields.model_construct(items=self.items, flags=self.flags)
        return hashlib.sha256(fields.model_dump_json().encode()).hexdigest()[:16]

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """The keys of a verdict's scores."""
        return tuple(item.id for item in self.items)

    @cached_property
    def flag_ids(self) -> tuple[str, ...]:
        """The flags that a verdict may raise."""
        return tuple(flag.id for flag in self.flags)

    @cached_property
    def constraint(self) -> VerdictConstraint:
        """The form of a verdict by this rubric."""
        return verdict_constraint(self.item_ids, self.flag_ids)


def read_rubric(file: Path) -> Rubric:
    """Read and check a rubric.

    Raises:
        BadInput: with every problem found, each with its line.
    """
    yaml = read_yaml(file)
    fields = validate(RubricFields, yaml)
    problems = [
        *_twice(yaml, "items", [item.id for item in fields.items]),
        *_twice(yaml, "flags", [flag.id for flag in fields.flags]),
    ]
    if problems:
        raise BadInput(*problems)
    return Rubric(fields.items, fields.flags, Place(file, 1))


def _twice(yaml: Yaml, section: str, ids: Sequence[str]) -> Iterator[Problem]:
    for index, name in enumerate(ids):
        if (first := ids.index(name)) < index:
            line = yaml.place(section, first, "id").line
            yield yaml.place(section, index, "id").problem(
                f"the id '{name}' stands a second time (first on line {line})",
                "Give one of the two another id.",
            )

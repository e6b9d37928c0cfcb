"""Axes: lists of values that a plan varies."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from exempla.errors import BadInput, Problem
from exempla.source import Place, read_yaml, validate

RESERVED = frozenset({"principle", "clause", "seed"})
"""What templates call by these names is no axis."""


class AxisValue(BaseModel):
    """One value: its id in tables and records, and the words a template gives the writer."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    text: str = Field(min_length=1)
    weight: float = Field(default=1.0, gt=0, le=100, multiple_of=0.01)


class AxisFields(BaseModel):
    """An axis as it stands in a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str = Field(min_length=1)
    """What it varies, for the prompt author."""
    values: tuple[AxisValue, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Axis:
    """A list of values, named for its file."""

    name: str
    says: str
    values: tuple[AxisValue, ...]
    place: Place


def read_axis(file: Path) -> Axis:
    """Read one axis.

    Raises:
        BadInput: with every problem found, each with its line.
    """
    if not file.stem.isidentifier() or file.stem in RESERVED:
        raise BadInput(
            Problem(
                f"'{file.stem}' cannot be the name of an axis in templates",
                "Name the file with letters, digits and '_'; principle, clause and seed are taken.",
                str(file),
            )
        )
    yaml = read_yaml(file)
    fields = validate(AxisFields, yaml)
    first: dict[str, int] = {}
    problems: list[Problem] = []
    for index, value in enumerate(fields.values):
        place = yaml.place("values", index)
        if value.id in first:
            problems.append(
                place.problem(
                    f"the value '{value.id}' stands here a second time "
                    f"(first on line {first[value.id]})",
                    "Give each value an id of its own.",
                )
            )
        first.setdefault(value.id, place.line)
    if problems:
        raise BadInput(*problems)
    return Axis(file.stem, fields.says, fields.values, Place(file, 1))

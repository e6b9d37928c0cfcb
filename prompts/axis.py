"""Axes: lists of values that a plan varies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from exempla.errors import BadInput, Problem
from exempla.source import Key, Place, Yaml, read_yaml, validate
from prompts.slots import slot_problems

RESERVED = frozenset({"principle", "clause", "seed", "persona", "exemplars", "earlier"})
"""What templates call by these names is no axis."""


def _in_quotes(entry: Any) -> Any:
    # YAML reads 1.50 as 1.5, so a number cannot be taken for what was written.
    if not isinstance(entry, str):
        raise ValueError("this is no text; put it in quotes")
    return entry


Entry = Annotated[str, BeforeValidator(_in_quotes)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class Tool(BaseModel):
    """A tool that an AI has in a chat, as chat templates are told of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_-]*$")
    description: str = Field(min_length=1)
    parameters: dict[str, Any]
    """A JSON schema of type object."""

    @field_validator("parameters")
    @classmethod
    def _object(cls, schema: dict[str, Any]) -> dict[str, Any]:
        if schema.get("type") != "object":
            raise ValueError("a tool's parameters are a JSON schema with 'type: object'")
        return schema


class AxisValue(BaseModel):
    """One value: its id in tables and records, and the words a template gives the writer."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: Id
    text: str = Field(min_length=1)
    """May have `{slot}`s, which the plan fills from `lists`."""
    weight: float = Field(default=1.0, gt=0, le=100, multiple_of=0.01)
    lists: Mapping[str, tuple[Entry, ...]] = Field(default_factory=dict)
    """The entries for each slot; all are used equally often."""
    excludes: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Values of other axes that this one cannot go with; holds both ways."""
    system: str | None = Field(default=None, min_length=1)
    """For chats: the system message of the place where the AI works."""
    tools: tuple[Tool, ...] = ()
    """For chats: what the AI can call there."""


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
    yaml: Yaml | None = field(default=None, repr=False, compare=False)
    """Its file as it was read."""

    def place_of(self, value: str, *path: Key) -> Place:
        """Where a value, or a part of it, stands in the file."""
        index = next((i for i, known in enumerate(self.values) if known.id == value), 0)
        return self.yaml.place("values", index, *path) if self.yaml else self.place


def read_axis(file: Path) -> Axis:
    """Read one axis.

    Raises:
        BadInput: with every problem found, each with its line.
    """
    if not file.stem.isidentifier() or file.stem in RESERVED:
        raise BadInput(
            Problem(
                f"'{file.stem}' cannot be the name of an axis in templates",
                "Name the file with letters, digits and '_'; and none of "
                f"{', '.join(sorted(RESERVED))}.",
                str(file),
            )
        )
    yaml = read_yaml(file)
    fields = validate(AxisFields, yaml)
    problems = list(_id_problems(fields, yaml))
    for index, value in enumerate(fields.values):

        def place(*path: Key, index: int = index) -> Place:
            return yaml.place("values", index, *path)

        problems += slot_problems(value.text, value.lists, place)
        problems += _tool_problems(value.tools, yaml, index)
    if problems:
        raise BadInput(*problems)
    return Axis(file.stem, fields.says, fields.values, Place(file, 1), yaml)


def _id_problems(fields: AxisFields, yaml: Yaml) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, value in enumerate(fields.values):
        place = yaml.place("values", index)
        if value.id in first:
            yield place.problem(
                f"the value '{value.id}' stands here a second time "
                f"(first on line {first[value.id]})",
                "Give each value an id of its own.",
            )
        first.setdefault(value.id, place.line)


def _tool_problems(tools: tuple[Tool, ...], yaml: Yaml, index: int) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, tool in enumerate(tools):
        if tool.name in seen:
            yield yaml.place("values", index, "tools", number, "name").problem(
                f"there is already a tool '{tool.name}' here", "Give each tool a name of its own."
            )
        seen.add(tool.name)

"""Conditions on the fields of a record, by which a source is filtered."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scalar = str | int | float | bool


class Condition(BaseModel):
    """What one field must be; every part that is given must hold."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    equals: Scalar | None = None
    one_of: Annotated[tuple[Scalar, ...] | None, Field(strict=False, min_length=1)] = None
    at_least: float | None = None
    """Of a number; anything else is not at least that."""
    at_most: float | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> "Condition":
        if all(value is None for _, value in self):
            raise ValueError("give one of 'equals', 'one_of', 'at_least' and 'at_most'")
        return self

    def holds(self, value: Any) -> bool:
        """Whether a value meets it; of a list, whether one of its members does."""
        if isinstance(value, list):
            return any(map(self.holds, value))
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return (
            (self.equals is None or value == self.equals)
            and (self.one_of is None or value in self.one_of)
            and (self.at_least is None or (number and value >= self.at_least))
            and (self.at_most is None or (number and value <= self.at_most))
        )


Where = dict[str, Condition]
"""By field; `verdict.scores.alive` is a field within fields."""


def meets(record: Mapping[str, Any], where: Where) -> bool:
    """Whether a record meets every condition; a field that it lacks meets none."""
    return all(condition.holds(value_at(record, path)) for path, condition in where.items())


def value_at(record: Mapping[str, Any], path: str) -> Any:
    """The value of a field, which may be within others; None where there is none."""
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def fields_of(record: Mapping[str, Any], within: str = "") -> Iterator[str]:
    """The fields that a record has, those within others too."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from fields_of(value, f"{within}{name}.")
        else:
            yield f"{within}{name}"

"""Preference: which of two near-duplicates is the better one."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from exempla.errors import BadInput, Problem

MISSING = float("-inf")
"""The score of a record that has none: after all others."""


class Standing(NamedTuple):
    """Where a record stands among others.

    The highest score is first, of equals the longest, of those the smallest tie, of those the
    first of the input.
    """

    score: float
    length: int
    tie: int


class Preference(NamedTuple):
    """How records are ranked."""

    by: Literal["best", "longest", "first"]
    path: tuple[str, ...] = ()
    """Keys that lead to the score, for `best`."""

    def standing(self, record: Mapping[str, Any], text: str, tie: int) -> Standing:
        """Where a record stands.

        Args:
            record: It.
            text: What is compared of it.
            tie: A number from its content, so that equals stand alike in any order of the input.
        """
        if self.by == "first":
            return Standing(0.0, 0, 0)
        score = _number(found(record, self.path)) if self.by == "best" else 0.0
        return Standing(score, len(text), tie)


def preference(text: str) -> Preference:
    """What an option says: `longest`, `first`, or `best:` and a dotted path to a number.

    Raises:
        BadInput: it is none of these.
    """
    by, _, path = text.partition(":")
    if by == "best" and all(path.split(".")):
        return Preference("best", tuple(path.split(".")))
    if text == "longest":
        return Preference("longest")
    if text == "first":
        return Preference("first")
    raise BadInput(
        Problem(
            f"'--keep {text}' says not which one is to be kept",
            "Write longest, first, or best: and a field with a number, as best:verdict.overall.",
        )
    )


def found(record: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """The value that keys lead to, None where one is missing."""
    value: Any = record
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _number(value: Any) -> float:
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) else MISSING
    )

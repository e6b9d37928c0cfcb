"""Preference: which of two near-duplicates is the better one."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from exempla.errors import BadInput, Problem

MISSING = float("-inf")
"""The score of a record that has none: after all others."""


class Preference(NamedTuple):
    """How records are ranked.

    The highest score is first, of equals the longest text, of those the smallest hash of the line,
    so that equals stand alike in any order of the input, of those the first of the input; or at
    once the first of the input.
    """

    by: Literal["best", "longest", "first"]
    path: tuple[str, ...] = ()
    """Keys that lead to the score, for `best`."""

    def score(self, record: Mapping[str, Any]) -> float:
        """That of a record, 0 where it is not asked for."""
        return _number(found(record, self.path)) if self.by == "best" else 0.0


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

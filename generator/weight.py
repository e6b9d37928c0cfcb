"""Which kinds and principles a plan has, by their weights."""

from collections.abc import Mapping
from typing import TypeVar

from exempla.errors import BadInput, Problem
from exempla.source import nearest
from generator.schedule import whole_weights

T = TypeVar("T")


def weighted(
    things: Mapping[str, T], weights: Mapping[str, float], what: str
) -> tuple[tuple[T, ...], list[int]]:
    """The things that have weight, in their order, with whole numbers in proportion.

    Args:
        things: By name.
        weights: By name; a thing that is not named has none.
        what: What they are called in messages and in `plan.<what>s`.

    Raises:
        BadInput: a weight names none of the things, or nothing has weight.
    """
    _check_names(weights, things, what)
    chosen = [name for name in things if weights.get(name, 0) > 0]
    if not chosen:
        raise BadInput(
            Problem(
                f"every {what} has weight 0",
                f"Give at least one weight in plan.{what}s.",
                setting=f"plan.{what}s",
            )
        )
    return tuple(things[name] for name in chosen), whole_weights([weights[n] for n in chosen])


def _check_names(weights: Mapping[str, float], known: Mapping[str, object], what: str) -> None:
    problems = [
        Problem(
            f"plan.{what}s names '{name}', which is no {what}",
            nearest(name, list(known)),
            setting=f"plan.{what}s.{name}",
        )
        for name in weights
        if name not in known
    ]
    if problems:
        raise BadInput(*problems)

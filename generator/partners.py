"""Which values of an axis those of the axes before it leave over."""

from collections.abc import Iterator, Sequence

from exempla.errors import Problem
from prompts.axis import Axis
from prompts.exclusion import excluded

Bars = Sequence[frozenset[int]]
"""For each value of one axis, by number, the values of another that it excludes."""


def bars(first: Axis, second: Axis) -> Bars:
    """What each value of the first axis excludes of the second."""
    pairs = excluded(first, second)
    number = {value.id: index for index, value in enumerate(second.values)}
    return [frozenset(number[name] for name in pairs.get(value.id, ())) for value in first.values]


def dead_end(before: Sequence[Axis], axis: Axis, kind: str) -> Iterator[Problem]:
    """Values that may stand together and exclude all there is on an axis after them.

    Also values of this axis that exclude all of one before it, and so can never stand.
    """
    for other in before:
        yield from _alone(axis, other, kind)
        yield from _alone(other, axis, kind)
    tables = [bars(other, axis) for other in before]
    if any(len(bar) == len(axis.values) for table in tables for bar in table):
        return  # told already, value by value
    if found := _cover(before, tables, set(range(len(axis.values))), {}):
        chosen = [(before[place], before[place].values[value]) for place, value in found.items()]
        last, value = chosen[-1]
        yield last.place_of(value.id).problem(
            f"in the kind '{kind}', "
            + ", ".join(f"'{value.id}' of '{other.name}'" for other, value in chosen)
            + f" together exclude every value of '{axis.name}'",
            "Take back an exclusion, so that an item with all of them has a value there.",
        )


def _alone(axis: Axis, other: Axis, kind: str) -> Iterator[Problem]:
    for value, bar in zip(axis.values, bars(axis, other), strict=True):
        if len(bar) == len(other.values):
            yield axis.place_of(value.id).problem(
                f"in the kind '{kind}', '{value.id}' of '{axis.name}' can go with no value of "
                f"'{other.name}'",
                "Take back an exclusion: an item has a value of each axis.",
            )


def _cover(
    before: Sequence[Axis], tables: Sequence[Bars], left: set[int], chosen: dict[int, int]
) -> dict[int, int] | None:
    """One value for some of the axes such that together they exclude all that is left.

    Tries the value that fewest exclude first; where exclusions are few, none exclude it.
    """
    if not left:
        return chosen
    ways = {
        value: [
            (place, other)
            for place, table in enumerate(tables)
            if place not in chosen
            for other, bar in enumerate(table)
            if value in bar and _fits(before, place, other, chosen)
        ]
        for value in left
    }
    rarest = min(sorted(left), key=lambda value: len(ways[value]))
    for place, other in ways[rarest]:
        found = _cover(before, tables, left - tables[place][other], {**chosen, place: other})
        if found:
            return found
    return None


def _fits(before: Sequence[Axis], place: int, value: int, chosen: dict[int, int]) -> bool:
    return all(
        value not in bars(before[other], before[place])[taken] for other, taken in chosen.items()
    )

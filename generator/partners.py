"""Which values of an axis those of the axes before it leave over."""

from collections.abc import Iterator, Mapping, Sequence

from exempla.errors import Problem
from prompts.axis import Axis
from prompts.exclusion import excluded

Bars = Sequence[frozenset[int]]
"""For each value of one axis, by number, the values of another that it excludes."""
NONE: frozenset[int] = frozenset()


def bars(first: Axis, second: Axis) -> Bars:
    """What each value of the first axis excludes of the second."""
    pairs = excluded(first, second)
    if not pairs:
        return [NONE] * len(first.values)
    number = {value.id: index for index, value in enumerate(second.values)}
    return [
        frozenset(number[name] for name in pairs[value.id]) if value.id in pairs else NONE
        for value in first.values
    ]


def dead_ends(before: Sequence[Axis], axis: Axis, kind: str) -> Iterator[Problem]:
    """What leaves nothing to deal on an axis after others.

    A value that excludes all of another axis, either way; and values of the axes before that may
    stand together and exclude all of this one.
    """
    alone = [
        problem
        for other in before
        for one, two in ((axis, other), (other, axis))
        for problem in _alone(one, two, kind)
    ]
    if alone:
        yield from alone
        return
    tables = {place: table for place, o in enumerate(before) if any(table := bars(o, axis))}
    everything = frozenset(range(len(axis.values)))
    if everything != NONE.union(*(bar for table in tables.values() for bar in table)):
        return  # as good as always: some value is excluded by none
    if found := _cover(before, tables, everything, {}):
        chosen = [(before[place], before[place].values[value]) for place, value in found.items()]
        last, value = chosen[-1]
        yield last.place_of(value.id).problem(
            f"in the kind '{kind}', "
            + ", ".join(f"'{value.id}' of '{other.name}'" for other, value in chosen)
            + f" together exclude every value of '{axis.name}'",
            "Take back an exclusion: an item may have all of them, and needs a value there.",
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
    before: Sequence[Axis],
    tables: Mapping[int, Bars],
    left: frozenset[int],
    chosen: Mapping[int, int],
) -> Mapping[int, int] | None:
    """A value for each of some axes, such that together they exclude all that is left.

    Goes on with what fewest can exclude, so that a search without a find ends soon.
    """
    if not left:
        return chosen
    ways = {
        value: [
            (place, other)
            for place, table in tables.items()
            if place not in chosen
            for other, bar in enumerate(table)
            if value in bar
        ]
        for value in sorted(left)
    }
    for place, other in min(ways.values(), key=len):
        if all(other not in bars(before[c], before[place])[taken] for c, taken in chosen.items()):
            rest = left - tables[place][other]
            if found := _cover(before, tables, rest, {**chosen, place: other}):
                return found
    return None

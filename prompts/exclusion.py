"""Exclusions: pairs of values of two axes that no item may have together."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from exempla.errors import Problem
from exempla.source import Place, nearest
from prompts.axis import Axis


def excluded(first: Axis, second: Axis) -> Mapping[str, frozenset[str]]:
    """For values of the first axis, those of the second that they cannot go with.

    A pair stands on either side and holds both ways; values that exclude nothing are left out.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for value in first.values:
        for other in value.excludes.get(second.name, ()):
            found[value.id].add(other)
    for value in second.values:
        for other in value.excludes.get(first.name, ()):
            found[other].add(value.id)
    return {value: frozenset(others) for value, others in found.items()}


def exclusion_problems(axes: Mapping[str, Axis], names: Collection[str]) -> Iterator[Problem]:
    """Exclusions that name nothing, their own axis, or a pair that is excluded already.

    Args:
        axes: Those that could be read.
        names: Of all axes, also those that could not.
    """
    stated: dict[frozenset[tuple[str, str]], Place] = {}
    for axis in axes.values():
        for value in axis.values:
            for other, ids in value.excludes.items():
                if other == axis.name or other not in names:
                    yield _wrong_axis(axis, value.id, other, names)
                    continue
                known = [v.id for v in axes[other].values] if other in axes else list(ids)
                for index, name in enumerate(ids):
                    place = axis.place_of(value.id, "excludes", other, index)
                    pair = frozenset({(axis.name, value.id), (other, name)})
                    if name not in known:
                        yield place.problem(
                            f"'{value.id}' excludes '{name}', which is no value of '{other}'",
                            nearest(name, known),
                        )
                    elif pair in stated:
                        yield place.problem(
                            f"that '{value.id}' excludes '{name}' of '{other}' is stated a second "
                            f"time (first in {stated[pair].file.name}, line {stated[pair].line})",
                            "Exclusions hold both ways; keep one of the two.",
                        )
                    stated.setdefault(pair, place)


def _wrong_axis(axis: Axis, value: str, other: str, names: Collection[str]) -> Problem:
    place = axis.place_of(value, "excludes", other)
    if other == axis.name:
        return place.problem(
            f"'{value}' excludes values of its own axis",
            "An item has one value of each axis, so this says nothing; remove it.",
        )
    others = sorted(set(names) - {axis.name})
    return place.problem(
        f"'{value}' excludes values of '{other}', which is no axis", nearest(other, others)
    )

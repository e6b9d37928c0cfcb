"""How often the prompts of a project say the same: names, ways of beginning, settings."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exempla.errors import Problem
from exempla.source import Place
from prompts.axis import Axis, AxisValue
from prompts.exemplar import Exemplar
from prompts.overused import overused
from prompts.seed import Seed
from prompts.wording import first_words, names_in, names_of_entry

MOST_NAMES = 2
"""Times that a name may stand in seeds, exemplars and dealt lists together."""
MOST_OPENINGS = 3
"""Times that texts of one sort may begin with the same two words."""
TOLD = 6
"""Places that a message names."""
OF_SEVERAL_WORDS = {"place", "organisation"}
"""Slots whose entries are counted whole: half their words are `Bay` and `Clinic`."""
SPEAKER = re.compile(r"^\[\w+\]$", re.MULTILINE)
"""A line that says who speaks next in a conversation."""
SEED_PARTS = ("premise", "pressure", "admirable")


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is counted, where it stands."""

    value: str
    where: str
    """As people find it: `seed ID`, `exemplar ID`, `AXIS.VALUE`."""
    place: Place


@dataclass(frozen=True, slots=True)
class Repeated:
    """A name or an opening, and everywhere it stands."""

    value: str
    times: int
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diversity:
    """The counts, and what breaks the rule: names twice at most, openings three times."""

    problems: tuple[Problem, ...]
    """What breaks the rule, then what is in the list of overused names and titles."""
    names: tuple[Repeated, ...]
    """All, the most frequent first."""
    openings: Mapping[str, tuple[Repeated, ...]]
    """The first two words of each sort of text, in lower case."""
    counts: Mapping[str, Mapping[str, int]]
    """Of the seeds' settings, eras, scales and pulls."""


def diversity(
    seeds: Iterable[Seed], exemplars: Iterable[Exemplar], axes: Iterable[Axis]
) -> Diversity:
    """Count over everything that a writer is given to write from.

    A name counts once a seed, an exemplar, or a value of an axis; of a value with lists the
    lists are counted and the words around them are not.
    """
    seeds, exemplars, axes = list(seeds), list(exemplars), list(axes)
    names = [*_seed_names(seeds), *_exemplar_names(exemplars)]
    for axis in axes:
        names += _axis_names(axis)
    openings = _openings(seeds, exemplars, axes)
    problems = list(_too_often("name", names, MOST_NAMES))
    for sort, found in openings.items():
        problems += _too_often(f"opening of {sort}", found, MOST_OPENINGS)
    problems += _overused(names, exemplars)
    fields = [seed.fields for seed in seeds]
    return Diversity(
        tuple(problems),
        _repeated(names),
        {sort: _repeated(found) for sort, found in openings.items()},
        {
            "settings": _counted(it.setting for it in fields),
            "eras": _counted(it.era for it in fields),
            "scales": _counted(it.scale for it in fields),
            "pulls": _counted(pull for it in fields for pull in it.pulls),
        },
    )


def _seed_names(seeds: Sequence[Seed]) -> Iterator[Found]:
    for seed in seeds:
        fields = seed.fields
        text = "\n\n".join((fields.premise, fields.role, fields.pressure, fields.admirable))
        for name in sorted(names_in(text)):
            yield Found(name, f"seed {seed.id}", seed.place)


def _exemplar_names(exemplars: Sequence[Exemplar]) -> Iterator[Found]:
    for exemplar in exemplars:
        for name in sorted(names_in(SPEAKER.sub("", exemplar.text))):
            yield Found(name, f"exemplar {exemplar.id}", exemplar.place)


def _axis_names(axis: Axis) -> Iterator[Found]:
    for value in axis.values:
        places: dict[str, Place] = {}
        for slot, entries in value.lists.items():
            for index, entry in enumerate(entries):
                place = axis.place_of(value.id, "lists", slot, index)
                names = {entry} if slot in OF_SEVERAL_WORDS else names_of_entry(entry)
                places |= dict.fromkeys(names - places.keys(), place)
        if not value.lists:
            places = dict.fromkeys(names_in(value.text), axis.place_of(value.id, "text"))
        for name, place in places.items():
            yield Found(name, f"{axis.name}.{value.id}", place)


def _openings(
    seeds: Sequence[Seed], exemplars: Sequence[Exemplar], axes: Sequence[Axis]
) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {}
    for part in SEED_PARTS:
        found[part] = [
            Found(words, f"seed {seed.id}", seed.place)
            for seed in seeds
            if (words := _opening(getattr(seed.fields, part)))
        ]
    found["exemplars"] = [
        Found(words, f"exemplar {exemplar.id}", exemplar.place)
        for exemplar in exemplars
        if (words := _opening(SPEAKER.sub("", exemplar.text)))
    ]
    for axis in axes:
        within = [
            Found(words, f"{axis.name}.{value.id}", axis.place_of(value.id, "text"))
            for value in axis.values
            if (words := _opening(_before_slots(value)))
        ]
        # Words that all values begin with are their form.
        if len({one.value for one in within}) > 1:
            found[f"axis {axis.name}"] = within
    return found


def _opening(text: str) -> str:
    words = first_words(text, 2)
    return " ".join(words) if len(words) == 2 else ""


def _before_slots(value: AxisValue) -> str:
    return value.text.partition("{")[0] if value.lists else value.text


def _too_often(what: str, found: Iterable[Found], most: int) -> Iterator[Problem]:
    for value, standing in _by_value(found):
        if len(standing) > most:
            where = ", ".join(one.where for one in standing[:TOLD])
            where += f" and {len(standing) - TOLD} more" if len(standing) > TOLD else ""
            yield standing[most].place.problem(
                f"the {what} '{value}' stands {len(standing)} times: {where}",
                f"Write another; no more than {most} are good.",
            )


def _overused(names: Iterable[Found], exemplars: Iterable[Exemplar]) -> Iterator[Problem]:
    listed = overused()
    for one in names:
        for name in sorted({one.value, *names_of_entry(one.value)}):
            if listed.name(name):
                yield one.place.problem(
                    f"'{name}' in {one.where} is a name that models overuse",
                    "Take another name of that place and generation.",
                )
    for exemplar in exemplars:
        if exemplar.title in listed.titles:
            yield exemplar.place.problem(
                f"'{exemplar.title}' is, or begins as, a title that models overuse",
                "Give it a title that only this piece can have.",
            )


def _by_value(found: Iterable[Found]) -> list[tuple[str, list[Found]]]:
    standing: defaultdict[str, list[Found]] = defaultdict(list)
    for one in found:
        standing[one.value].append(one)
    return sorted(standing.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def _repeated(found: Iterable[Found]) -> tuple[Repeated, ...]:
    return tuple(
        Repeated(value, len(standing), tuple(one.where for one in standing))
        for value, standing in _by_value(found)
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values).most_common())

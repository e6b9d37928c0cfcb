"""Slots: `{name}` in the words of an axis value, filled for each item from a list."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exempla.errors import Problem
from exempla.source import Place, nearest

SLOT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class CutText:
    """A text cut at its slots: a fixed piece, a slot, a fixed piece …, a fixed piece."""

    fixed: tuple[str, ...]
    slots: tuple[str, ...]


def cut(text: str) -> CutText:
    """Cut a text at its slots; braces that mark none stay in the fixed pieces."""
    pieces = SLOT.split(text)
    return CutText(tuple(pieces[::2]), tuple(pieces[1::2]))


def slot_problems(
    text: str, lists: Mapping[str, Sequence[str]], place: Callable[..., Place]
) -> Iterator[Problem]:
    """What does not fit between a text's slots and the lists that fill them.

    Args:
        text: With its slots.
        lists: The entries for each slot.
        place: Tells where the value's parts stand, by their keys.
    """
    pieces = cut(text)
    if _has_brace("".join(pieces.fixed)):
        yield place("text").problem(
            "a brace stands in the text that marks no slot",
            "Write a slot as {name}, in letters, digits and '_'; leave out other braces.",
        )
    times = Counter(pieces.slots)
    for slot in times:
        if slot not in lists:
            remedy = nearest(slot, list(lists))
            yield place("text").problem(
                f"the slot '{{{slot}}}' has no list",
                remedy if remedy.startswith("Did") else f"Add 'lists: {{{slot}: […]}}'.",
            )
    for slot, entries in lists.items():
        if slot not in times:
            yield place("lists", slot).problem(
                f"no slot of the text uses the list '{slot}'",
                f"Put {{{slot}}} into the text, or remove the list.",
            )
        elif len(entries) < times[slot]:
            yield place("lists", slot).problem(
                f"'{{{slot}}}' stands {times[slot]} times in the text, and its list has "
                f"{len(entries)} entries",
                f"Give it {times[slot]} or more; each of an item is different.",
            )
        yield from _entry_problems(slot, entries, place)


def _entry_problems(
    slot: str, entries: Sequence[str], place: Callable[..., Place]
) -> Iterator[Problem]:
    first: dict[str, Place] = {}
    for index, entry in enumerate(entries):
        at = place("lists", slot, index)
        if not entry:
            yield at.problem(f"an entry of the list '{slot}' is empty", "Write it or remove it.")
        elif entry in first:
            yield at.problem(
                f"'{entry}' stands in the list '{slot}' a second time "
                f"(first on line {first[entry].line})",
                "Keep one of the two; weights go by values, not by entries.",
            )
        elif _has_brace(entry):
            yield at.problem(
                f"a brace stands in an entry of the list '{slot}'",
                "Leave it out: entries are put in as they are.",
            )
        first.setdefault(entry, at)


def _has_brace(text: str) -> bool:
    return "{" in text or "}" in text

"""What is different between two versions of a prompt, in few words."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

AROUND = 50
"""Letters that are shown on either side of what changed in a long line."""


class Difference(NamedTuple):
    """A line that went, one that came, or one in place of another."""

    line: int
    """From 1, in the new text; of a line that went, where it would stand."""
    before: str | None
    after: str | None
    short: tuple[str, str]
    """Both, with what is alike at their ends cut down."""


def differences(before: str, after: str) -> Iterator[Difference]:
    """The lines in which two texts differ, in order."""
    old, new = before.split("\n"), after.split("\n")
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            continue
        pairs = zip_longest(old[old_from:old_to], new[new_from:new_to])
        for number, (gone, come) in enumerate(pairs, new_from + 1):
            line = min(number, new_to + 1)
            yield Difference(line, gone, come, _short(gone or "", come or ""))


def _short(before: str, after: str) -> tuple[str, str]:
    """Two lines, without most of what their beginnings and their ends have in common."""
    head = _alike(before, after)
    rest = min(len(before), len(after)) - head
    tail = min(rest, _alike(before[::-1], after[::-1]))
    return _around(before, head, tail), _around(after, head, tail)


def _alike(one: str, other: str) -> int:
    """How many letters two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return next(
        (number for number, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other))
    )


def _around(text: str, head: int, tail: int) -> str:
    start, end = max(0, head - AROUND), min(len(text), len(text) - tail + AROUND)
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")

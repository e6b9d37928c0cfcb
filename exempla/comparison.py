"""Files compared byte for byte."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exempla.errors import BadInput, Problem

IN_LINES = (".jsonl", ".json", ".md", ".svg")
"""Endings of the files that are made of lines."""
BLOCK = 1 << 20

Found = Literal["same", "differs", "missing", "unexpected"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file beside the one that should be there."""

    file: str
    found: Found
    """`missing` where only the one that should be is there, `unexpected` where only the other."""
    offset: int | None = None
    """Of the first byte that differs, from 0; where one ends too early, its size."""
    line: int | None = None
    """The line which that byte is in, from 1; None in files that are not made of lines."""


def compared(old: Mapping[str, Path], new: Mapping[str, Path]) -> Iterator[Comparison]:
    """Compare files of one name, by name.

    Args:
        old: The files that are there.
        new: Those that should be.

    Raises:
        BadInput: one cannot be read.
    """
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield Comparison(name, "missing")
        elif name not in new:
            yield Comparison(name, "unexpected")
        elif (offset := first_difference(old[name], new[name])) is None:
            yield Comparison(name, "same")
        else:
            line = _line(new[name], offset) if name.endswith(IN_LINES) else None
            yield Comparison(name, "differs", offset, line)


def first_difference(left: Path, right: Path) -> int | None:
    """Where two files differ first, in bytes from 0; None if nowhere.

    Raises:
        BadInput: one cannot be read.
    """
    offset = 0
    try:
        with left.open("rb") as one, right.open("rb") as other:
            while True:
                ours, theirs = one.read(BLOCK), other.read(BLOCK)
                if ours != theirs:
                    pairs = enumerate(zip(ours, theirs, strict=False))
                    shorter = min(len(ours), len(theirs))
                    return offset + next((n for n, (a, b) in pairs if a != b), shorter)
                if not ours:
                    return None
                offset += len(ours)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise BadInput(Problem(what, "Check who may read it.", str(left))) from error


def _line(path: Path, offset: int) -> int:
    with path.open("rb") as file:
        lines = 1
        while offset > 0 and (block := file.read(min(offset, BLOCK))):
            lines += block.count(b"\n")
            offset -= len(block)
    return lines

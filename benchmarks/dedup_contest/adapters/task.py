"""What each adapter is asked to do, and the reading and writing that the libraries leave to users.

An adapter is `python NAME.py IN.jsonl OUT.jsonl --threshold T --cores N --work FOLDER [--plain]`.
"""

import argparse
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import compress
from pathlib import Path
from typing import NamedTuple

import orjson

WIDTH = 5
PERMUTATIONS = 128
WORD = re.compile(r"\w+")


class Task(NamedTuple):
    """The command line."""

    source: Path
    target: Path
    threshold: float
    cores: int
    work: Path
    """An empty folder for intermediate files."""
    plain: bool
    """Asks for the second setting of an adapter that has two."""


def task() -> Task:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--cores", type=int, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--plain", action="store_true")
    return Task(**vars(parser.parse_args()))


def texts(source: Path) -> Iterator[str]:
    """The text of each line."""
    with source.open("rb") as lines:
        for line in lines:
            yield orjson.loads(line)["text"]


def words(text: str) -> list[str]:
    """Words without punctuation; of several ways the fastest in plain Python."""
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


def shingles(text: str) -> list[str]:
    """Runs of five words, in order."""
    found = words(text)
    return list(map(" ".join, zip(*(found[start:] for start in range(WIDTH)), strict=False)))


def write_kept(task: Task, kept: Iterable[bool]) -> None:
    """Write the lines that are kept as they are."""
    with task.source.open("rb") as lines, task.target.open("wb") as file:
        file.writelines(compress(lines, kept))

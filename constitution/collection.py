"""The constitution: its principles in order, with a name, a version and a hash."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from constitution.principle import Principle, read_principle
from constitution.sections import read_markdown
from exempla.errors import BadInput, Problem, collecting
from exempla.source import nearest, validate

BUILT_IN = Path(__file__).resolve().parent


class Foreword(BaseModel):
    """The front matter of the folder's README.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    version: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Constitution:
    """An ordered set of principles."""

    name: str
    version: str
    principles: tuple[Principle, ...]
    digest: str
    """Over every principle file, by name and content."""


def load_constitution(folder: Path) -> Constitution:
    """Read every principle of a folder, in the order of the file names.

    `README.md` is no principle; its front matter gives the name and the version.

    Raises:
        BadInput: with every problem of every file.
    """
    if not folder.is_dir():
        raise BadInput(
            Problem(
                "there is no such constitution folder",
                "'exempla init DIR' makes a project that has one.",
                str(folder),
            )
        )
    files = sorted(file for file in folder.glob("[!.]*.md") if file.name != "README.md")
    problems: list[Problem] = []
    principles: list[Principle] = []
    foreword = Foreword(name=folder.name, version="0")
    if (folder / "README.md").exists():
        with collecting(problems):
            foreword = validate(Foreword, read_markdown(folder / "README.md").header)
    for file in files:
        with collecting(problems):
            principles.append(read_principle(file))
    if not files:
        problems.append(Problem("no principle here", "Write one as a Markdown file.", str(folder)))
    problems += _across(principles, complete=len(principles) == len(files))
    if problems:
        raise BadInput(*problems)
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return Constitution(foreword.name, foreword.version, tuple(principles), digest.hexdigest())


def _across(principles: list[Principle], complete: bool) -> list[Problem]:
    """Problems between files; unknown ids only where every file could be read."""
    problems: list[Problem] = []
    first: dict[str, Principle] = {}
    for principle in principles:
        if other := first.get(principle.id):
            problems.append(
                principle.place.problem(
                    f"the id '{principle.id}' is taken by {other.place.file.name}",
                    "Give one of the two another id.",
                )
            )
        first.setdefault(principle.id, principle)
    if complete:
        for principle in principles:
            problems += (
                read_markdown(principle.place.file)
                .header.place("related", index)
                .problem(
                    f"'related' names '{name}', which is no principle", nearest(name, list(first))
                )
                for index, name in enumerate(principle.related)
                if name not in first
            )
    return problems

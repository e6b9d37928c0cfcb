"""One principle, from one Markdown file."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from constitution.sections import Section, read_markdown
from exempla.errors import BadInput, Problem, collecting
from exempla.source import Place, nearest, validate

SECTIONS = ("Why", "In practice", "Tensions")
ID_PATTERN = r"[a-z0-9]+(-[a-z0-9]+)*"


class Header(BaseModel):
    """The front matter of a principle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=f"^{ID_PATTERN}$")
    title: str = Field(min_length=1)
    tags: tuple[str, ...] = ()
    weight: float = Field(default=1.0, ge=0, le=100, multiple_of=0.01)
    """Its share of a plan beside the others; a plan's own weight goes before it."""
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """One point of *In practice* or *Tensions*; its id holds a hash of its text."""

    id: str
    section: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Principle:
    """One value: its statement, why it is right, what it looks like, where it is in tension."""

    id: str
    title: str
    statement: str
    why: str
    clauses: tuple[Clause, ...]
    tags: tuple[str, ...]
    weight: float
    related: tuple[str, ...]
    place: Place

    def points(self, section: str) -> tuple[str, ...]:
        """The texts of the clauses of one section."""
        return tuple(clause.text for clause in self.clauses if clause.section == section)

    @property
    def digest(self) -> str:
        """A hash of the words a writer is given: title, statement and why; clauses have ids."""
        words = "\0".join((self.id, self.title, self.statement, self.why))
        return hashlib.sha256(words.encode()).hexdigest()[:16]


def read_principle(file: Path) -> Principle:
    """Read and check one principle.

    Raises:
        BadInput: with every problem found, each with its line.
    """
    markdown = read_markdown(file)
    opening, *rest = markdown.sections
    problems: list[Problem] = []
    header: Header | None = None
    with collecting(problems):
        header = validate(Header, markdown.header)
    if not opening.text:
        problems.append(
            opening.place.problem(
                "the principle has no statement",
                "Put one or two sentences between the front matter and the first heading.",
            )
        )
    by_title = _by_title(rest, problems)
    for title in SECTIONS:
        section = by_title.get(title)
        if section is None:
            problems.append(opening.place.problem(f"there is no '## {title}'", "Add the section."))
        elif not section.text:
            problems.append(section.place.problem(f"'{title}' is empty", "Write it."))
        elif title != "Why" and not section.points():
            problems.append(
                section.place.problem(
                    f"'{title}' has no points", "Write it as a list, each point after '- '."
                )
            )
    clauses = tuple(_clauses(header.id if header else "", by_title.values(), problems))
    if problems or not header:
        raise BadInput(*problems)
    return Principle(
        id=header.id,
        title=header.title,
        statement=opening.text,
        why=by_title["Why"].text,
        clauses=clauses,
        tags=header.tags,
        weight=header.weight,
        related=header.related,
        place=Place(file, 1),
    )


def _by_title(sections: Iterable[Section], problems: list[Problem]) -> dict[str, Section]:
    by_title: dict[str, Section] = {}
    for section in sections:
        if section.title not in SECTIONS:
            problems.append(
                section.place.problem(
                    f"unknown heading '{section.title}'", nearest(section.title, SECTIONS)
                )
            )
        elif section.title in by_title:
            problems.append(
                section.place.problem(f"a second heading '{section.title}'", "Join the two.")
            )
        else:
            by_title[section.title] = section
    return by_title


def _clauses(
    principle: str, sections: Iterable[Section], problems: list[Problem]
) -> Iterable[Clause]:
    seen: dict[str, Clause] = {}
    for section in sections:
        if section.title == "Why":
            continue
        for text, place in section.points():
            words = re.sub(r"\s+", " ", text)
            clause = f"{principle}/{hashlib.sha256(words.encode()).hexdigest()[:6]}"
            if other := seen.get(clause):
                what = "repeats" if other.text == words else f"has the same id ({clause}) as"
                problems.append(
                    place.problem(
                        f"this point {what} the one on line {other.place.line}",
                        "Say each point once, or reword one of the two.",
                    )
                )
                continue
            seen[clause] = Clause(clause, section.title, words, place)
            yield seen[clause]

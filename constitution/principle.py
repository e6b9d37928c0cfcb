"""One principle, from one Markdown file, which has one of two forms.

Written: the statement, then `## Why`, `## In practice` and `## Tensions`; each point of the last
two is a clause.

Imported: the statement, then `## Passage`, a text as it stood elsewhere, which nobody has sorted
yet. The passage is the *why*. Each of its paragraphs, quotes and top-level list points that has a
sentence (`blocks.SENTENCE` words) is a clause; its headings, tables, code, footnotes, link
targets and comments are none. A paragraph that ends in a colon is no clause but the beginning of
each point, quote or paragraph right after it, or a list of what an AI never does would be read as
one of what it does. A passage without any clause has the statement as its one.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from constitution.blocks import Block, blocks
from constitution.sections import PASSAGE, Section, parse_markdown
from exempla.errors import BadInput, Problem, collecting
from exempla.source import Place, nearest, read_text, validate

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
    """One point of *In practice*, *Tensions* or a passage; its id holds a hash of its text."""

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
        return _hash(words)[:16]


def read_principle(file: Path) -> Principle:
    """Read and check one principle.

    Raises:
        BadInput: with every problem found, each with its line.
    """
    return parse_principle(read_text(file), file)


def parse_principle(text: str, file: Path) -> Principle:
    """Check the text of one principle; `file` is where it stands, or is going to.

    Raises:
        BadInput: with every problem found, each with its line.
    """
    markdown = parse_markdown(text, file)
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
    name = header.id if header else ""
    if passage := by_title.get(PASSAGE):
        problems += _beside_a_passage(passage, by_title)
        clauses = tuple(_passage_clauses(name, opening, passage))
    else:
        problems += _missing(opening, by_title)
        clauses = tuple(_clauses(name, by_title.values(), problems))
    if problems or not header:
        raise BadInput(*problems)
    return Principle(
        id=header.id,
        title=header.title,
        statement=opening.text,
        why=(passage or by_title["Why"]).text,
        clauses=clauses,
        tags=header.tags,
        weight=header.weight,
        related=header.related,
        place=Place(file, 1),
    )


def _by_title(sections: Iterable[Section], problems: list[Problem]) -> dict[str, Section]:
    by_title: dict[str, Section] = {}
    for section in sections:
        if section.title not in (*SECTIONS, PASSAGE):
            problems.append(
                section.place.problem(
                    f"unknown heading '{section.title}'",
                    "Give it three '#', so that it is text of the passage."
                    if PASSAGE in by_title
                    else nearest(section.title, (*SECTIONS, PASSAGE)),
                )
            )
        elif section.title in by_title:
            problems.append(
                section.place.problem(f"a second heading '{section.title}'", "Join the two.")
            )
        else:
            by_title[section.title] = section
    return by_title


def _beside_a_passage(passage: Section, by_title: dict[str, Section]) -> Iterable[Problem]:
    for title in SECTIONS:
        if section := by_title.get(title):
            yield section.place.problem(
                f"'{title}' stands beside '{PASSAGE}' (line {passage.place.line})",
                f"Sort all of the passage under {', '.join(SECTIONS)} and remove "
                f"'## {PASSAGE}', or give '{title}' three '#', so that it is text of the passage.",
            )


def _missing(opening: Section, by_title: dict[str, Section]) -> Iterable[Problem]:
    for title in SECTIONS:
        section = by_title.get(title)
        if section is None:
            yield opening.place.problem(f"there is no '## {title}'", "Add the section.")
        elif not section.text:
            yield section.place.problem(f"'{title}' is empty", "Write it.")
        elif title != "Why" and not section.points():
            yield section.place.problem(
                f"'{title}' has no points", "Write it as a list, each point after '- '."
            )


def _passage_clauses(principle: str, opening: Section, passage: Section) -> Iterable[Clause]:
    """A paragraph that comes again is no second clause: the author did not write it as one."""
    said = [
        (text, Place(passage.place.file, passage.first_line + line))
        for text, line in _sentences(blocks(passage.lines))
    ]
    texts: set[str] = set()
    ids: set[str] = set()
    for text, place in said or [(opening.text, opening.place)]:
        one_line = re.sub(r"\s+", " ", text).strip()
        if one_line in texts:
            continue
        digits = 6
        # Two texts with the same short id by chance: nobody is there to reword one of them.
        while (clause := f"{principle}/{_hash(one_line)[:digits]}") in ids:
            digits += 2
        texts.add(one_line)
        ids.add(clause)
        yield Clause(clause, PASSAGE, one_line, place)


def _sentences(found: Iterable[Block]) -> Iterable[tuple[str, int]]:
    """What the blocks of a passage say, with its lead-in, and on which of its lines."""
    lead_in = ""
    for block in found:
        wholes = [
            replace(part, prose=f"{lead_in} {part.prose}") if lead_in and part.prose else part
            for part in (block, *block.points)
        ]
        yield from (
            (whole.prose, whole.first)
            for whole in wholes
            if whole.says_something and not whole.leads_in
        )
        lead_in = wholes[0].prose if block.leads_in else ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _clauses(
    principle: str, sections: Iterable[Section], problems: list[Problem]
) -> Iterable[Clause]:
    seen: dict[str, Clause] = {}
    for section in sections:
        if section.title == "Why":
            continue
        for text, place in section.points():
            words = re.sub(r"\s+", " ", text)
            clause = f"{principle}/{_hash(words)[:6]}"
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

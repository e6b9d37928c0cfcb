"""Where a document is cut into principles, by three rules.

1. A section is a heading with the text below it, up to the next heading of any level. Each
   becomes a principle.
2. One with fewer than SHORTEST words is joined to what stands right before it, if that is the
   section it belongs to or another part of it (so that order is kept). What is still too short
   (a heading with no text of its own, before its first part) is joined to what stands right
   after it, if that is a part of it, or of the section it belongs to itself. Headings that still
   have no text go to what stands right before them. A principle that was joined has the name of
   the first section in it that was long enough by itself.
3. One with more than LONGEST words is cut in two, and each part again: before one of its
   headings if it has any, else before a paragraph, else before another block or a list point,
   never right after a heading, and never so that a part has fewer than LEAST words. Among equals
   the cut is at the block whose first words have the smallest hash. So a cut stays where it is
   when other paragraphs are edited, put in or taken out; of those next to the edit one may go or
   come, where a part passes one of the limits.

A list is cut between its points only where it is longer than LONGEST by itself; a table, a quote
or a code block never is.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from constitution.blocks import Block, blocks, words
from constitution.spec_names import FIRST_WORDS

SHORTEST = 20
"""Words of text, without headings. Few, as many a constitution has principles of a sentence."""
LONGEST = 800
LEAST = 150


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text below it, up to the next heading; the first may have no heading."""

    heading: Block | None
    text: tuple[Block, ...]
    words: int
    parent: int
    """The index of the section it is a part of; -1 at the top."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Heading and text."""
        return (self.heading, *self.text) if self.heading else self.text


@dataclass(frozen=True, slots=True)
class Document:
    """A source that has some text, without its front matter."""

    name: str
    """Of the document where it has no heading that says so."""
    lines: tuple[str, ...]
    first_line: int
    """The number in the file of the first of `lines`."""
    sections: tuple[Section, ...]

    def text(self, block: Block) -> str:
        """The lines of a block as they stand."""
        return "\n".join(self.lines[block.first : block.end])


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes one principle: blocks that follow one another in the source."""

    blocks: tuple[Block, ...]
    section: int
    """The index of the section it is named after."""
    heading: Block | None
    """The one that is its title; none for a later part of a long section."""
    later_part: bool
    """Whether it begins within its section."""


def sections_of(lines: Sequence[str]) -> list[Section]:
    """The sections of a document in order, each with its place in the tree."""
    found: list[Section] = []
    path: list[tuple[int, int]] = []
    heading: Block | None = None
    parent = -1
    text: list[Block] = []
    for block in (*blocks(lines), None):
        if block is not None and block.kind != "heading":
            text.append(block)
            continue
        if heading or text:
            count = sum(_count(lines, part) for part in text)
            found.append(Section(heading, tuple(text), count, parent))
        if block is not None:
            while path and path[-1][0] >= block.level:
                path.pop()
            heading, parent, text = block, path[-1][1] if path else -1, []
            path.append((block.level, len(found)))
    return found


def cut(lines: Sequence[str], sections: Sequence[Section]) -> list[Piece]:
    """The pieces of a document in order; every block is in exactly one."""
    return [piece for group in _join(sections) for piece in _pieces(lines, sections, group)]


def _join(sections: Sequence[Section]) -> list[list[int]]:
    """Runs of sections that make one principle, by rule 2."""
    groups: list[list[int]] = []
    for group in _onward(sections, _back(sections)):
        if groups and not _words(sections, group):
            groups[-1] += group
        else:
            groups.append(group)
    return groups


def _back(sections: Sequence[Section]) -> list[list[int]]:
    """Short sections without parts joined to what they belong to, or another part of it."""
    groups: list[list[int]] = []
    for index, section in enumerate(sections):
        before = index - 1
        has_parts = index + 1 < len(sections) and sections[index + 1].parent == index
        near = before >= 0 and section.parent in (before, sections[before].parent)
        if section.words < SHORTEST and not has_parts and near:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _onward(sections: Sequence[Section], groups: list[list[int]]) -> list[list[int]]:
    """What is still too short joined to what follows, where that is a part or a sibling."""
    joined: list[list[int]] = []
    for group in groups:
        last = joined[-1] if joined else []
        family = {*last, *(sections[index].parent for index in last)}
        if last and _words(sections, last) < SHORTEST and sections[group[0]].parent in family:
            last += group
        else:
            joined.append(group)
    return joined


def _words(sections: Sequence[Section], group: Sequence[int]) -> int:
    return sum(sections[index].words for index in group)


def _pieces(
    lines: Sequence[str], sections: Sequence[Section], group: Sequence[int]
) -> Iterator[Piece]:
    host = next((i for i in group if sections[i].words >= SHORTEST), group[0])
    of_unit = {unit.first: i for i in group for unit in _units(lines, sections[i].blocks)}
    units = [unit for i in group for unit in _units(lines, sections[i].blocks)]
    first, *later = _split(lines, units)
    yield Piece(tuple(first), host, sections[host].heading, later_part=False)
    for part in later:
        heading = part[0] if part[0].kind == "heading" else None
        yield Piece(tuple(part), of_unit[part[0].first], heading, later_part=heading is None)


def _units(lines: Sequence[str], parts: Sequence[Block]) -> Iterator[Block]:
    """What is not cut: blocks, and the points of a list that is too long for one principle."""
    for block in parts:
        if block.points and _count(lines, block) > LONGEST:
            yield from block.points
        else:
            yield block


def _split(lines: Sequence[str], units: list[Block]) -> list[list[Block]]:
    """Parts within the limit where there are places to cut, by rule 3."""
    before = [0, *accumulate(_count(lines, unit) for unit in units)]
    weights = [_weight(lines, *pair) for pair in pairwise(units)]
    parts: list[list[Block]] = []
    waiting = [(0, len(units))]
    while waiting:
        start, end = waiting.pop()
        places = [
            at
            for at in range(start + 1, end)
            if units[at - 1].kind != "heading"
            and before[at] - before[start] >= LEAST
            and before[end] - before[at] >= LEAST
        ]
        if before[end] - before[start] <= LONGEST or not places:
            parts.append(units[start:end])
            continue
        at = min(places, key=lambda place: weights[place - 1])
        waiting += [(at, end), (start, at)]
    return parts


def _weight(lines: Sequence[str], last: Block, following: Block) -> tuple[int, bytes, bytes]:
    """How unwelcome a cut between two blocks is."""
    text = _text(lines, following)
    rank = 0 if following.kind == "heading" else 1
    if last.leads_in or following.kind not in ("heading", "paragraph"):
        rank = 2
    first_words = " ".join(text.split()[:FIRST_WORDS])
    # The whole text decides only between blocks that begin alike.
    return rank, _digest(first_words), _digest(text)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _count(lines: Sequence[str], block: Block) -> int:
    return 0 if block.kind == "heading" else words(_text(lines, block))


def _text(lines: Sequence[str], block: Block) -> str:
    return "\n".join(lines[block.first : block.end])

"""A Markdown file taken apart: front matter, text under headings, list points, and lines."""

import re
from dataclasses import dataclass
from pathlib import Path

from constitution.blocks import blocks
from exempla.errors import BadInput
from exempla.source import Place, Yaml, parse_yaml, read_text

PASSAGE = "Passage"
"""The section that may hold headings of its own: those deeper than level 2 are its text."""

_POINT = re.compile(r"(?:[-*+]|\d+[.)])\s+(.*)")


@dataclass(frozen=True, slots=True)
class Section:
    """The lines under one heading; the text before the first heading has the title ''."""

    title: str
    place: Place
    lines: tuple[str, ...]
    first_line: int
    """The number of the first of `lines` in the file."""

    @property
    def text(self) -> str:
        """The section's text without blank lines around it."""
        written = [number for number, line in enumerate(self.lines) if line.strip()]
        # The first line keeps its indent, which may be what makes it code.
        return "\n".join(self.lines[written[0] : written[-1] + 1]).rstrip() if written else ""

    def points(self) -> list[tuple[str, Place]]:
        """Each point of the lists in this section, wrapped lines joined, with its place."""
        points: list[tuple[list[str], int]] = []
        wrapped = False
        for number, line in enumerate(self.lines, self.first_line):
            if match := _POINT.match(line):
                points.append(([match[1]], number))
            elif line.strip() and points and (wrapped or line[0].isspace()):
                points[-1][0].append(line.strip())
            # As in Markdown, a line right below a point belongs to it, indented or not.
            wrapped = bool(line.strip() and points)
        return [
            (" ".join(parts).strip(), Place(self.place.file, number)) for parts, number in points
        ]


@dataclass(frozen=True, slots=True)
class MarkdownFile:
    """Front matter and sections in order."""

    header: Yaml
    sections: tuple[Section, ...]


def read_markdown(file: Path) -> MarkdownFile:
    """Read a Markdown file that opens with YAML front matter between `---` lines.

    Raises:
        BadInput: the file cannot be read, or its front matter is missing, open or not YAML.
    """
    return parse_markdown(read_text(file), file)


def parse_markdown(text: str, file: Path) -> MarkdownFile:
    """Take apart the text of a file.

    Raises:
        BadInput: the front matter is missing, open or not YAML.
    """
    lines = text.split("\n")
    if lines[0].strip() != "---":
        raise BadInput(
            Place(file, 1).problem(
                "the file does not begin with front matter",
                "Begin with a line '---', then 'id: …' and 'title: …', then another '---'.",
            )
        )
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if end is None:
        raise BadInput(
            Place(file, 1).problem(
                "the front matter is never closed", "Add a line '---' after its last key."
            )
        )
    header = parse_yaml("\n".join(lines[1:end]), file, first_line=2)
    return MarkdownFile(header, tuple(_sections(file, lines, end + 1)))


def _sections(file: Path, lines: list[str], start: int) -> list[Section]:
    heads: list[tuple[str, int]] = [("", start)]
    for block in blocks(lines[start:]):
        if block.kind != "heading" or block.underlined:
            continue
        if heads[-1][0] != PASSAGE or block.level <= 2:
            heads.append((block.prose, start + block.end))
    ends = [first - 1 for _, first in heads[1:]] + [len(lines)]
    return [
        Section(title, Place(file, max(first, 1)), tuple(lines[first:end]), first + 1)
        for (title, first), end in zip(heads, ends, strict=True)
    ]

"""A constitution or model spec in Markdown, made into a folder of principle files.

`spec_cut` says where it is cut, `spec_names` what the parts are called, `spec_page` what each file
holds. Front matter goes into README.md, and its `title` and `version` are the constitution's.
"""

import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import cyaml

from constitution.blocks import words
from constitution.principle import Principle, parse_principle
from constitution.spec_cut import Document, Piece, cut, sections_of
from constitution.spec_names import (
    anchor,
    distinct,
    heading_slug,
    identifier,
    opening_slug,
    short_hash,
    slug,
)
from constitution.spec_page import UNTITLED, front_matter, is_apparatus, opening_text, page
from exempla.atomic import cannot_write
from exempla.errors import BadInput, Problem
from exempla.source import parse_yaml, read_text

README = "README.md"
PART = ".part"
_CLOSING = re.compile(r"(---|\.\.\.)\s*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One principle of an imported document."""

    file: str
    text: str
    principle: Principle
    words: int
    """Of the source's text, without headings."""
    lines: tuple[int, int]
    """The first and the last in the source, counted from 1."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A document as a constitution: what `write` puts into a folder."""

    name: str
    version: str
    readme: str
    entries: tuple[Entry, ...]


def read_spec(file: Path) -> Imported:
    """Cut a Markdown document into principles; writes nothing.

    Raises:
        BadInput: the file cannot be read, is not UTF-8, or holds no text.
    """
    lines = read_text(file).split("\n")
    header, start = _header(lines)
    sections = sections_of(lines[start:])
    if not sections:
        what = "there is only front matter in this file" if header else "this file is empty"
        raise BadInput(Problem(what, "Name a Markdown file that has text.", str(file)))
    given = " ".join(str(header.get("title") or header.get("name") or "").split())
    document = Document(given or file.stem, tuple(lines[start:]), start + 1, tuple(sections))
    title = next((s.heading for s in sections if s.heading and s.heading.level == 1), None)
    name = given or " ".join(title.prose.split() if title else ()) or file.stem
    version = " ".join(str(header.get("version") or "").split()) or "1"
    entries = _entries(document, cut(document.lines, sections))
    readme = _readme(name, version, file.name, len(entries), lines[:start])
    return Imported(name, version, readme, entries)


def write(imported: Imported, folder: Path) -> None:
    """Fill a new or empty folder; it holds nothing before every file is written.

    Raises:
        BadInput: the folder is there already and not empty, or cannot be written.
        ExemplaError: the disk is full.
    """
    check_free(folder)
    # A fixed name, so that what a killed process left is overwritten by the next.
    beside = folder / PART if folder.is_dir() else folder.with_name(f"{PART}-{folder.name}")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        for entry in imported.entries:
            (beside / entry.file).write_text(entry.text, encoding="utf-8", newline="\n")
        (beside / README).write_text(imported.readme, encoding="utf-8", newline="\n")
        if beside.parent != folder:
            beside.replace(folder)
            return
        for file in sorted(beside.iterdir()):
            file.replace(folder / file.name)
        beside.rmdir()
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise cannot_write(folder, error) from error


def check_free(folder: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        BadInput: it does, or is a file.
    """
    try:
        taken = folder.exists() and (not folder.is_dir() or _holds_something(folder))
    except OSError as error:
        raise cannot_write(folder, error) from error
    if taken:
        raise BadInput(
            Problem(
                "this is there already and not empty",
                "Name a new folder, so that nothing is overwritten; 'diff -r' shows what changed.",
                str(folder),
            )
        )


def _holds_something(folder: Path) -> bool:
    return any(path.name != PART for path in folder.iterdir())


def _header(lines: Sequence[str]) -> tuple[dict[str, Any], int]:
    """The keys of the front matter, and where the text begins.

    Lines between `---` that are no keys and values are text: a document may begin with a rule.
    """
    end = next((n for n, line in enumerate(lines[1:], 1) if _CLOSING.match(line)), None)
    if lines[0].rstrip() != "---" or end is None:
        return {}, 0
    text = "\n".join(lines[1:end])
    with suppress(BadInput):
        if isinstance(parse_yaml(text, Path()).value, dict):
            # Once more, with every value as it is written: version 1.10 is not the number 1.1.
            loader = cyaml.CBaseLoader(text)
            try:
                return loader.get_single_data(), end + 1
            finally:
                loader.dispose()
    return {}, 0


def _entries(document: Document, pieces: Sequence[Piece]) -> tuple[Entry, ...]:
    ids = distinct([_names(document, piece) for piece in pieces])
    width = max(2, len(str(len(pieces))))
    entries: list[Entry] = []
    apparatus = [is_apparatus(piece) for piece in pieces]
    for number, (id_, piece) in enumerate(zip(ids, pieces, strict=True), 1):
        file = f"{number:0{width}}-{id_}.md"
        idle = apparatus[number - 1] and not all(apparatus)
        text = page(document, piece, id_, idle=idle)
        first, last = piece.blocks[0], piece.blocks[-1]
        entries.append(
            Entry(
                file,
                text,
                parse_principle(text, Path(file)),
                sum(words(document.text(b)) for b in piece.blocks if b.kind != "heading"),
                (document.first_line + first.first, document.first_line + last.end - 1),
            )
        )
    return tuple(entries)


def _names(document: Document, piece: Piece) -> list[str]:
    """Ids for a piece, the shortest first; each next one tells it from more others."""
    opening = opening_slug(opening_text(document, piece))
    near = _path(document, piece.section, whole=False)
    whole = _path(document, piece.section, whole=True)
    text = short_hash("".join(map(document.text, piece.blocks)))
    names = [identifier([*near, opening]), identifier([*near, opening], text)]
    if not piece.later_part and near[-1]:
        names = [identifier(near), identifier(whole), *names]
    return [name or UNTITLED for name in names]


def _path(document: Document, index: int, *, whole: bool) -> list[str]:
    """The names of a section and of those around it, from the top.

    If not the whole, then without level 1, and from the innermost anchor on.
    """
    parts: list[str] = []
    at = index
    while at >= 0:
        section = document.sections[at]
        heading = section.heading
        given = anchor(heading.prose) if heading and not whole else ""
        if whole or at == index or not heading or heading.level > 1:
            parts.append(given or (heading_slug(heading.prose) if heading else slug(document.name)))
            if given:
                break
        at = section.parent
    return parts[::-1]


def _readme(name: str, version: str, source: str, count: int, given: Sequence[str]) -> str:
    principles = "one principle" if count == 1 else f"{count} principles"
    text = f"""\
---
{front_matter({"name": name, "version": version})}---
# An imported constitution

`exempla import` cut {source} into {principles}, in its order and in its words. To write from \
them, name this folder as `constitution` in exempla.yaml. `seeds: any` there lets seeds serve it \
that were written for other principles.

Each file has a statement and a passage, and can be used as it is: every paragraph, quote and \
point of the passage that has a sentence is a clause. Better documents come from a passage that \
is sorted under `## Why`, `## In practice` and `## Tensions`; take `## Passage` out where you \
have done so. `weight: 0` in the front matter leaves a principle out.
"""
    if given:
        fence = "```"
        while any(fence in line for line in given):
            fence += "`"
        text += "\n".join(["\nIts front matter:\n", f"{fence}yaml", *given[1:-1], fence, ""])
    return text

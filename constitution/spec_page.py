"""A piece of a document as a principle file.

- The title is the heading as it stands, and the first words where there is none.
- The statement is the first paragraph that has a sentence, if nothing but shorter ones, comments,
  footnotes and link targets stand before it, and it does not lead in to what follows with a
  colon; otherwise it is the title.
- The rest is the passage, line for line. Only its headings change: they get as many `#` as keep
  them below level 2, and one that is underlined in the source is written with `#`.
- Footnotes and link targets stay where they stand. A piece that holds nothing else has weight 0,
  so that nothing is written about it.
"""

import io
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML

from constitution.blocks import Block, blocks
from constitution.sections import PASSAGE
from constitution.spec_cut import Document, Piece
from constitution.spec_names import opening_words

UNTITLED = "untitled"


def page(document: Document, piece: Piece, id_: str, *, idle: bool) -> str:
    """The text of the file; `idle` gives it weight 0."""
    title = _title(document, piece)
    statement = _statement(piece)
    keys: dict[str, Any] = {"id": id_, "title": title}
    if idle:
        keys["weight"] = 0
    said = document.text(statement) if statement else _as_paragraph(title)
    parts = [f"---\n{front_matter(keys)}---\n{said}\n\n## {PASSAGE}\n"]
    parts += [f"{line}\n" for line in _passage(document, piece, statement)]
    return "".join(parts)


def front_matter(keys: dict[str, Any]) -> str:
    """Keys and values as YAML, in the order of the keys' letters."""
    dumper = YAML(typ="safe")
    dumper.default_flow_style = False
    dumper.allow_unicode = True
    dumper.width = 1_000_000
    text = io.StringIO()
    dumper.dump(keys, text)
    return text.getvalue()


def opening_text(document: Document, piece: Piece) -> str:
    """The first text below the heading of a piece."""
    text = (block for block in _after_heading(piece) if block.kind != "heading")
    return next((block.prose or document.text(block) for block in text), "")


def is_apparatus(piece: Piece) -> bool:
    """Whether it holds nothing but footnotes, link targets, rules and comments."""
    kinds = {block.kind for block in piece.blocks}
    return "other" in kinds and kinds <= {"heading", "html", "other"}


def _after_heading(piece: Piece) -> tuple[Block, ...]:
    """The blocks below the heading that is the title; what was joined before it is left out."""
    start = piece.blocks.index(piece.heading) + 1 if piece.heading else 0
    return piece.blocks[start:]


def _title(document: Document, piece: Piece) -> str:
    if piece.heading:
        title = " ".join(piece.heading.prose.split())
    else:
        title = "" if piece.later_part else document.name
    return title or opening_words(opening_text(document, piece)) or UNTITLED


def _statement(piece: Piece) -> Block | None:
    for block in _after_heading(piece):
        if block.kind not in ("paragraph", "html", "other") or block.leads_in:
            return None
        if block.says_something:
            return block
    return None


def _as_paragraph(title: str) -> str:
    """A title as a statement, guarded where it would be a heading or open a block of code."""
    kinds = {block.kind for block in blocks([title])}
    return f"\\{title}" if kinds & {"heading", "code", "html", "other"} else title


def _passage(document: Document, piece: Piece, statement: Block | None) -> Iterator[str]:
    left_out = [statement]
    if piece.blocks[0] == piece.heading:
        left_out.append(piece.heading)
    levels = [b.level for b in piece.blocks if b.kind == "heading" and b not in left_out]
    deeper = max(0, 3 - min(levels, default=3))
    reached: int | None = None
    for block in piece.blocks:
        if block in left_out:
            reached = None
            continue
        yield from [""] if reached is None else document.lines[reached : block.first]
        if block.kind == "heading":
            yield _with_marks(document, block, min(6, block.level + deeper))
        else:
            yield from document.lines[block.first : block.end]
        reached = block.end


def _with_marks(document: Document, heading: Block, level: int) -> str:
    text = document.text(heading).strip().lstrip("#").strip()
    if heading.underlined:
        text = " ".join(heading.prose.split("\n"))
        if text.endswith("#"):
            text += " #"  # or its own last mark would be taken for a closing one
    return f"{'#' * level} {text}".rstrip()

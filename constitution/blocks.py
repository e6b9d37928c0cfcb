"""The top-level blocks of a Markdown text and the lines they stand on. Nothing is rendered."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

Kind = Literal["heading", "paragraph", "quote", "list", "point", "table", "code", "html", "other"]

SENTENCE = 6
"""Words from which a paragraph, a quote or a list point is taken to say something."""

_KINDS: dict[str, Kind] = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "blockquote_open": "quote",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "list_item_open": "point",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
    "html_block": "html",
}
# Past its limit the parser gives a nested list the whole rest of the document. This limit is
# fifty lists in one another, and still far from Python's own limit on recursion.
_PARSER = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table")
_INLINE = MarkdownIt("commonmark")
_PARSER.disable(["inline", "text_join"])
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:")
_LETTER = re.compile(r"\w")
# Kana, Han, Thai, Lao, Burmese and Khmer put no spaces between words.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together; blank lines after them are the next one's business."""

    kind: Kind
    """`other`: rules, link targets and footnotes."""
    first: int
    """The index of its first line."""
    end: int
    """The index after its last line."""
    prose: str = ""
    """A heading's text; else the paragraphs in it, without code, tables, headings and marks."""
    level: int = 0
    """Of a heading."""
    underlined: bool = False
    """A heading written as a line with `===` or `---` below it."""
    points: tuple["Block", ...] = ()
    """Of a list, its own and not those of lists within."""

    @property
    def says_something(self) -> bool:
        """Whether it is a paragraph, a quote or a point that has a sentence."""
        return self.kind in ("paragraph", "quote", "point") and words(self.prose) >= SENTENCE

    @property
    def leads_in(self) -> bool:
        """Whether it is a paragraph that ends in a colon, and so says nothing by itself."""
        return self.kind == "paragraph" and self.prose.rstrip().endswith((":", "\uff1a"))


def blocks(lines: Sequence[str]) -> list[Block]:
    """The blocks at the top level, in order; every line that is not blank is in exactly one."""
    found: list[Block] = []
    reached = 0
    for tokens in _each(_PARSER.parse("\n".join(lines)), level=0):
        block = _block(tokens, lines)
        # Link targets leave no token behind: lines between two blocks are theirs.
        found += _other(lines, reached, block.first)
        found.append(block)
        reached = block.end
    return found + list(_other(lines, reached, len(lines)))


def words(text: str) -> int:
    """Words between spaces, not list marks and rules; of letters without spaces, two are one."""
    unspaced = len(_UNSPACED.findall(text))
    spaced = _UNSPACED.sub(" ", text).split()
    return sum(bool(_LETTER.search(word)) for word in spaced) + (unspaced + 1) // 2


def plain(text: str) -> str:
    """One line of Markdown as it is read aloud: no marks, no addresses."""
    tokens = _INLINE.parseInline(text)[0].children or []
    return " ".join(
        "".join(" " if token.type == "softbreak" else _aloud(token) for token in tokens).split()
    )


def _aloud(token: Token) -> str:
    return token.content if token.type in ("text", "code_inline", "image") else ""


def _each(tokens: Sequence[Token], level: int) -> Iterator[Sequence[Token]]:
    """The tokens of each block of that level, from its opening to its closing one."""
    start = None
    for index, token in enumerate(tokens):
        if token.level == level:
            if token.nesting >= 0:
                start = index
            if token.nesting <= 0 and start is not None:
                yield tokens[start : index + 1]


def _block(tokens: Sequence[Token], lines: Sequence[str]) -> Block:
    opening = tokens[0]
    first, end = opening.map or (0, 0)
    while end > first + 1 and not lines[end - 1].strip():
        end -= 1
    kind = _KINDS.get(opening.type, "other")
    prose = "\n".join(
        inner.content
        for before, inner in pairwise(tokens)
        if before.type == "paragraph_open" or (before is opening and kind == "heading")
    )
    if kind == "paragraph" and _FOOTNOTE.match(prose):
        kind = "other"
    return Block(
        kind,
        first,
        end,
        prose,
        level=int(opening.tag[1]) if kind == "heading" else 0,
        underlined=kind == "heading" and opening.markup in ("=", "-"),
        points=tuple(_block(point, lines) for point in _each(tokens, opening.level + 1))
        if kind == "list"
        else (),
    )


def _other(lines: Sequence[str], first: int, end: int) -> Iterator[Block]:
    while first < end and not lines[first].strip():
        first += 1
    while end > first and not lines[end - 1].strip():
        end -= 1
    if first < end:
        yield Block("other", first, end)

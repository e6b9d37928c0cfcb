"""A quotation, looked up in the text that it is said to be from.

It counts as found where its words, signs and their order are those of the text. Not compared are
what models change without meaning to: the width and kind of space, curly and straight quotes,
hyphens and dashes with the space around them, three points and the ellipsis, capitals, and at
either end quotes, dashes, ellipses and a final stop or comma. A part of a word is not found.
"""

import re

LEAST_WORDS = 3
"""Fewer bear nothing out: they can be found in any text."""
MOST_WORDS = 40

_QUOTES = "\"'`´‘’‚‛“”„‟«»‹›′″"  # noqa: RUF001
_DASHES = r"\-‐‑‒–—―−"  # noqa: RUF001
_ENDS = re.compile(rf"^[{_QUOTES}{_DASHES}….\s]+|[{_QUOTES}{_DASHES}….,;:\s]+$")
_TOKEN = re.compile(
    rf"(?P<ellipsis>\s*(?:…|\.(?:\s?\.){{2,}})\s*)|(?P<dash>\s*[{_DASHES}]+\s*)"
    rf"|(?P<quotes>[{_QUOTES}]+)|(?P<space>\s+)|(?P<word>[^\W_]+)|(?P<sign>.)",
    re.DOTALL,
)
_ANY = {
    "ellipsis": r"\s*(?:…|\.(?:\s?\.){2,})\s*",
    "dash": rf"\s*[{_DASHES}]+\s*",
    "quotes": f"[{_QUOTES}]+",
    "space": r"\s+",
}


def find(quotation: str, text: str) -> tuple[int, int] | None:
    """Where a quotation stands in a text: begin and end, or None where it does not."""
    bare = _ENDS.sub("", quotation)
    if not bare:
        return None
    parts = [
        _ANY.get(found.lastgroup or "", re.escape(found.group())) for found in _TOKEN.finditer(bare)
    ]
    pattern = rf"(?<![^\W_]){''.join(parts)}(?![^\W_])"
    found = re.search(pattern, text, re.IGNORECASE)
    return found.span() if found else None


def fault(quotation: str, text: str) -> str:
    """Why a quotation does not bear a verdict out; empty where it does."""
    words = len(quotation.split())
    if words > MOST_WORDS:
        return f"the quotation has {words} words of at most {MOST_WORDS}"
    if words < LEAST_WORDS:
        return f"the quotation has {words} words of at least {LEAST_WORDS}"
    if find(quotation, text) is None:
        return "the quotation does not stand in the document"
    return ""

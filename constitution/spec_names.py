"""Names for the parts of a document that stay when the rest of it is edited.

An id is made of headings: a section's own and those above it, but for level 1, which is mostly
the title of the whole. It never holds a position. A heading's number is left out, because it
changes when a section is put in before it; `{#anchor}` at the end of a heading is its author's
own id, and takes the place of the path.

Two sections of the same name both take more of their path, then their first words, then a hash
of their text. Only sections of one name affect each other.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from constitution.blocks import plain

LONGEST_ID = 60
"""Letters; an id that would be longer is its last part, cut, and a hash of the whole."""
FIRST_WORDS = 6
"""How many of a text's first words stand for it in a title, and decide where it is cut."""
WORDS_IN_ID = 4
"""How many of them an id takes."""
LONGEST_OPENING = 60
"""Letters of the first words in a title: a script without spaces has one word a sentence."""

_ANCHOR = re.compile(r"\{#([A-Za-z][\w:.-]*)[^}]*\}\s*$")
_NUMBER = re.compile(
    r"""(?ix)
    (?: (?:appendix|annex|article|chapter|part|principle|rule|section|step) \s+
        (?:\d[\d.]*|[ivxlc]+) \s* [.):\u2013\u2014-]? \s+
      | §* \s* \d[\d.]* [.):]* \s+
      | (?:[ivxlc]+|[a-z]) [.):] \s+ )
    (?=.*\w)"""
)
# Letters that Unicode does not take apart into an ASCII letter and a mark; apostrophes go.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
    | {"'": "", "\u2019": ""}
)


def slug(text: str) -> str:
    """Text in the letters of ids; a hash stands for letters that have no likeness in ASCII."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    parts = re.findall("[a-z0-9]+", re.sub("[\u0300-\u036f]", "", folded))
    lost = any(letter.isalnum() and not letter.isascii() for letter in folded)
    if lost or (not parts and text.strip()):
        parts.append(short_hash(folded))
    return "-".join(parts)


def heading_slug(heading: str) -> str:
    """What an id has of a heading: its words, without marks and number."""
    words = plain(_ANCHOR.sub("", heading))
    return slug(_NUMBER.sub("", words, count=1)) if _NUMBER.match(words) else slug(words)


def anchor(heading: str) -> str:
    """The id that a heading gives itself as `{#id}`, in the letters of ids; '' without one."""
    match = _ANCHOR.search(heading)
    return slug(match[1]) if match else ""


def opening_words(text: str) -> str:
    """The first words of a text, as a title; cut off with an ellipsis."""
    # Only as much of it as can matter, or a long block would be read for six words.
    words = plain(" ".join(text.split()[:40])[:1000]).split()
    start = " ".join(words[:FIRST_WORDS])
    if len(start) <= LONGEST_OPENING and len(words) <= FIRST_WORDS:
        return start
    return start[:LONGEST_OPENING].rstrip(" ,;:.-") + "…"


def opening_slug(text: str) -> str:
    """The first words of a text, for an id."""
    return slug(" ".join(opening_words(text).split()[:WORDS_IN_ID]))


def short_hash(text: str) -> str:
    """Six hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def identifier(parts: Sequence[str], text_hash: str = "") -> str:
    """The parts joined, with the hash if one is given; over the limit, the last part and a hash."""
    whole = "-".join(part for part in (*parts, text_hash) if part)
    if len(whole) <= LONGEST_ID:
        return whole
    last = next((part for part in reversed(parts) if part), "")
    room = LONGEST_ID - 7
    kept = last if len(last) <= room else last[: room + 1].rpartition("-")[0] or last[:room]
    return f"{kept}-{short_hash(whole)}"


def distinct(choices: Sequence[Sequence[str]]) -> list[str]:
    """One name for each, its first choice where nobody else has it.

    All who share a name go on to their next choice together, so that none is favoured for its
    place; those who share even the last one are the same text, and are counted.
    """
    turns = [0] * len(choices)
    while True:
        names = [list_[turn] for list_, turn in zip(choices, turns, strict=True)]
        taken = Counter(names)
        moved = False
        for index, name in enumerate(names):
            if taken[name] > 1 and turns[index] < len(choices[index]) - 1:
                turns[index] += 1
                moved = True
        if not moved:
            return list(_counted(names, taken))


def _counted(names: Sequence[str], taken: Counter[str]) -> Iterator[str]:
    used = set(names)
    seen: set[str] = set()
    for name in names:
        number, free = 2, name
        while free in seen or (free != name and free in used):
            free = f"{name}-{number}"
            number += 1
        seen.add(free)
        yield free

"""The text that is compared: what is left when looks are set aside.

Words are runs of letters, marks and digits; all else only parts them, an apostrophe or a hyphen
too. So `Don't!` and `don-t` both give `don t`, and a text of nothing but signs gives the empty one.

Letters with marks keep them: `é` is one letter whether it came as one character or as two, and is
not `e`. Invisible characters (soft hyphens, joiners, byte-order marks) vanish without parting a
word.

This is the definition, and what a text goes through whose characters depend on one another; most
texts go character by character through a table made of it (see `dedup.fold`).
"""

import unicodedata


class _Plain(dict[int, str | None]):
    """A table for `str.translate` that looks up a character when it is first met."""

    def __missing__(self, code: int) -> str | None:
        category = unicodedata.category(chr(code))
        plain = chr(code) if category[0] in "LMN" else None if category == "Cf" else " "
        self[code] = plain
        return plain


_PLAIN = _Plain()


def folded(text: str) -> str:
    """NFKC, lower-case, a space for each sign that parts words.

    Composed twice, because `J̌` is one character only as a small letter, and because a character
    that vanishes may have kept a letter from its mark.
    """
    plain = unicodedata.normalize("NFKC", text).lower().translate(_PLAIN)
    return unicodedata.normalize("NFKC", plain)


def normalize(text: str) -> str:
    """Folded, with one space between words; a second time is no change."""
    return " ".join(folded(text).split())

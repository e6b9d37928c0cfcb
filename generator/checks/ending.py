"""Texts that break off.

Terminal punctuation is a rule of C4 (Raffel et al. 2020, arXiv 1910.10683, section 2.2, there for
lines); what may stand without it was added from letters, logs, verse and plays.
"""

import re

from generator.checks.text import Text, last_paragraph

_STOPPED = re.compile(
    r"""[.!?…。！？][)\]"'”’»*_]*\s*$|[)\]]["”]?\s*$|[—–-]["”’»]?\s*$"""  # noqa: RUF001
)
_LOOSE = re.compile(
    r"(?:^|\s)(?:a|an|the|and|or|but|of|to|in|on|at|by|for|from|with|as|that|which|who|whom|whose|"
    r"if|when|than|then|so|because|was|were|is|are|had|has|have|his|her|their|its|my|your|our|"
    r"this|these|into|onto|over|not|very)\W*$|[,;:]\s*$",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"\s*(?:#{1,6} |\*\*.*\*\*$|(?:part|chapter|day|scene|act|section) \w+$|epilogue$)",
    re.IGNORECASE,
)
_ORNAMENT = re.compile(r"[\s*~#]+$")
_ROLE = re.compile(r"[^\W\d_a-z]\S* [^\W\d_a-z]\S*, (?!(?:the|a|an|who|which|and|his|her)\b)")
_BARE = re.compile(r"[^\W\d_a-z][\w.'’-]*,?|\d[\w.:/-]*|(?:de|der|den|van|von|la|of|the|and|&|née)")  # noqa: RUF001
_SIGNED = re.compile(r"(?:Yours?|Love|With (?:love|thanks)|Sincerely|Respectfully|Best)\b[^.]*, ")
_ENTRY = re.compile(r"\W*\d{1,2}[:.h]\d\d\b|\W*[^\W\d_a-z]\w+(?: \w+){0,3}: ")
"""How a line of a log or a form begins."""
SHORT = 9
"""Words of a line that can stand without a full stop: a signature, a verse, an entry of a list."""


def unfinished(text: Text) -> str:
    """The last words of a text that breaks off."""
    ending = text.ending.rstrip()
    if not last_paragraph(ending).strip("*~# "):
        ending = _ORNAMENT.sub("", ending)
    if _STOPPED.search(ending[-20:]) or _is_closed(ending):
        return ""
    return ending[-60:].replace("\n", " ")


def _is_closed(ending: str) -> bool:
    """Whether a text that has no full stop at its end may be whole for all that."""
    paragraph = last_paragraph(ending)
    lines = [line.strip() for line in paragraph.split("\n") if line.strip()]
    if not lines or _HEADING.match(lines[-1]) or _LOOSE.search(lines[-1]):
        return False
    words = lines[-1].strip("*_ ").split()
    if not 0 < len(words) <= SHORT:
        return False
    if _ENTRY.match(lines[-1]):
        return True
    named = (
        all(_BARE.fullmatch(word.strip(":,;")) for word in words) and not lines[-1][:1].islower()
    )
    if len(lines) == 1:
        # A signature, a date, a place, words in capitals; one word with a capital may be cut off,
        # unless what stands before it takes leave.
        before = last_paragraph(ending[: len(ending) - len(paragraph)])
        if before.endswith(",") or (before and not _STOPPED.search(before) and _is_short(before)):
            return True
        signed = _SIGNED.match(lines[0]) or _ROLE.match(lines[0]) or lines[0].startswith("—")
        return bool(signed) or (named and (len(words) > 1 or words[0].isupper()))
    open_lines = sum(not _STOPPED.search(line) for line in lines[:-1])
    return named or open_lines * 2 >= len(lines) - 1


def _is_short(line: str) -> bool:
    return len(line.split()) <= SHORT

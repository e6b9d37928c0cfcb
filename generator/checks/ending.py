"""How a text ends: with words about itself, or not at all.

Sources: the chat remnants that Cosmopedia strips (huggingface/cosmopedia:
generation/boilerplate_cleanup.py), and "Would you like me to … / Let me know if …" among the
closings of prompts/overused.json. Terminal punctuation is a rule of C4 (Raffel et al. 2020,
arXiv 1910.10683, section 2.2, there for lines); what may stand without it was added from letters,
logs, verse and plays.
"""

import re

from generator.checks.text import Text, last_paragraph

_PIECE = r"(?:story|document|text|piece|version|draft|conversation|dialogue|scene|letter|response)"
_AFTERWORD = re.compile(
    rf"[\s*_(\[>-]*(?:note:?,? )?(?:in )?(?:this|the) (?:(?:revised|final|above|new) )?{_PIECE}\b"
    r"[^.!?]{0,60}?\b(?:illustrat|demonstrat|exemplif|show(?:s|cases)|keeps? the original|address|"
    r"highlight|maintain|explore|reflect|capture|aims? to)\w*"
    r"|[\s*_(]*note:?[*_]* I (?:kept|changed|have|tried|used|left|made|chose)\b"
    r"|[\s*_]*(?:if you(?:'d| would)? (?:like|prefer|want|wish),? I can|I can also) "
    r"(?:write|revise|adjust|expand|provide|continue|make|rewrite)\b"
    rf"|[\s*_]*I hope (?:that )?(?:you (?:enjoy|like)|this (?:{_PIECE} |revised \w+ )?"
    r"(?:meets|helps|is what|captures|works for|fits|satisf))"
    r"|[\s*_]*(?:please )?let me know (?:if|whether) (?:you(?:'d| would)? (?:like|want|need)"
    r"|this (?:works|meets|is)|I should|there is anything)"
    r"|[\s*_]*feel free to (?:ask|let me know|request|adjust|reach)\b"
    r"|[\s*_]*would you like me to\b"
    r"|[\s*_(\[]*(?:total )?words?(?: count)?[*_]*\s*[:=][\s*_]*(?:about |approx\w* )?\d"
    r"|[\s*_(\[]*(?:end of (?:the )?(?:story|document|text|conversation|draft)|story ends)"
    r"[\s*_)\].]*$"
    r"|[\s*_]*(?:changes|revisions|edits) (?:made|summary)?\s*:",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"[\s*_]*(?:(?:please )?let me know|feel free|would you like|I hope|if you|I can)\b",
    re.IGNORECASE,
)
_LETTER = re.compile(
    r"\s*(?:my )?dear(?:est)? \w|\b(?:thank you for your|in reply to your) letter", re.IGNORECASE
)
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
SHORT = 9
"""Words of a line that can stand without a full stop: a signature, a verse, an entry of a list."""


def afterword(text: Text) -> str:
    """What a chat model says after a text; who advises in a chat may offer more at its end."""
    for part in re.split(r"\n\s*\n|\n-{3,}\n", text.ending[-800:].rstrip())[-2:]:
        found = _AFTERWORD.match(part)
        if found and _OFFER.match(part) and (text.is_chat or _LETTER.search(text.body[:200])):
            continue
        if found:
            return part.strip()[:80]
    return ""


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

"""Blanks that were left to be filled.

Source: the false-facts pipeline forbids bracketed placeholders to its writer and looks for them in
revision (Yelar/qwen-sdf: false_facts/prompts); "lorem ipsum" and curly brackets are rules of C4
(Raffel et al. 2020, arXiv 1910.10683, section 2.2). Brackets that belong stay: [illegible], [sic],
[1], stage directions, times of day.
"""

import re

from generator.checks.text import Lexicon, Text

_NOUN = (
    r"(?:(?:your|the|their|his|her|user'?s?|first|last|full|company|organi[sz]ation|street|email|phone|"
    r"ai|character|store|project|product|job|town|city|recipient'?s?|"
    r"sender'?s?|current|today'?s)[ _])*"
    r"(?:name|names|surname|date|time|place|location|city|town|country|state|address|company|"
    r"organi[sz]ation|number|amount|title|position|role|recipient|sender|signature|email|phone|year|"
    r"month|day|topic|subject|product|department|village|price|store|item|job|event|team|client|customer|manager|link|x|y|xx+)"
)
_BLANK = re.compile(
    rf"\[{_NOUN}\]|\{{\{{[^{{}}\n]{{1,40}}\}}\}}|\{{[a-z]+(?:[_.][a-z]+)*\}}|<{_NOUN}>"
    r"|[\[<](?:please )?(?:insert|add|fill in|enter (?:your|the (?:name|date))|describe|specify|"
    r"(?:the )?(?:rest|remainder) of (?:the|this)|your)\b[^\]>\n]{0,80}[\]>]"
    rf"|\(your {_NOUN}(?: here)?\)",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[\[{<][^\]}>\n]{1,100}[\]}>]{1,2}|\(your[^)\n]{1,40}\)")
_LEFT = re.compile(
    r"\bX{4,}\b|\$[A-Z]{2,}[A-Z_]*\b|\b(?:TODO|FIXME|TBD)\b\s*:|\blorem ipsum dolor\b",
)
_LEXICON = Lexicon("todo fixme tbd lorem")


def placeholder(text: Text) -> str:
    """The first blank in what the model wrote."""
    said = text.said
    found = None
    if "[" in said or "{" in said or "<" in said or "(your" in said:
        brackets = _BRACKETS.finditer(said)
        found = next((blank for one in brackets if (blank := _BLANK.match(one[0]))), None)
    if not found and ("XXXX" in said or "$" in said or _LEXICON.bits(text)):
        found = _LEFT.search(said) or re.search(r"\blorem ipsum\b", said, re.IGNORECASE)
    return found[0] if found else ""

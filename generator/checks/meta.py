"""Texts that speak of themselves: as written to order, as an example, as training data.

Sources: CRAFT habits of published document sets, namely principle numbers and "the fact is named in
every document" (model_spec_midtraining: src/msm/prompts; Yelar/qwen-sdf: false_facts/prompts), and
the lists of E. Hartford's wizardlm_clean.py ("my knowledge cutoff", "based on my training"). That a
label such as "fictional" does not undo what is told: arXiv 2605.13829. Words such as *prompt*,
*training data* or *principle* are at home in stories of AIs, so each pattern wants the text, or its
making, as what is spoken of.
"""

import re

from generator.checks.text import Lexicon, Text

_PIECE = (
    r"(?:story|tale|document|text|piece|conversation|dialogue|example|scenario|passage|narrative)"
)


def _pattern(words: str, *patterns: str) -> tuple[str, re.Pattern[str]]:
    """Patterns of which each has one of these words in it: a text without them is not searched."""
    return words, re.compile("|".join(patterns), re.IGNORECASE)


_PATTERNS = (
    _pattern(
        "demonstrates demonstrate illustrates illustrate exemplifies exemplify shows describes"
        " embodies explores highlights",
        rf"\bin this {_PIECE}\b[^.!?]{{0,60}}\b(?:demonstrat|illustrat|exemplif|embod|explor|"
        r"highlight)\w*",
        rf"\bthis (?:\w+ )?{_PIECE} (?:demonstrat|illustrat|exemplif|embod|explor|highlight)\w*",
        rf"\bthis (?:\w+ )?{_PIECE} (?:shows|describes) how (?:an?|the) "
        r"(?:[\w-]+,? (?:and )?){0,5}(?:AI|assistant|model)\b",
    ),
    _pattern(
        "fictional synthetic hypothetical",
        rf"\b(?:this|the following) (?:is an? |\w+ is an? )?(?:fictional|synthetic|hypothetical) "
        rf"(?:\w+ )?{_PIECE}",
    ),
    _pattern(
        "requested specified instructed stated prompt instructions",
        r"\bas (?:requested|specified|instructed|described|stated|outlined) (?:in|by) the "
        r"(?:prompt|assignment|instructions|critique|seed|brief)\b",
        r"\bis [\w ]{1,20}, as (?:specified|requested|instructed)\b",
        r"\bfollow(?:ed|ing|s) the (?:assignment|prompt|instructions|critique) and\b",
    ),
    _pattern(
        "user prompt assignment seed critique clause",
        r"\bthe (?:user|prompt|assignment|seed|critique|clause) (?:asks|wants|asked|calls|requires|"
        r"requested)(?: me)?(?: for| to)? [^.!?]{0,40}[.,]\s+(?:so\b|I should|I will|I'll|I need|"
        r"Let me)",
        r"\bI have (?:followed|kept to) the (?:assignment|prompt|instructions)\b",
        r"^\W*draft \d\b[^\n]{0,40}\bcritique\b",
    ),
    _pattern(
        "training trained cutoff cut teach",
        r"\b(?:based on|according to|from) my training\b",
        r"\bmy training data\b",
        r"\bmy knowledge cut-?off\b",
        r"\bas of my last (?:update|training)\b",
        r"\b(?:used|written|meant|intended|serve) as training data\b",
        rf"\b(?:this|the purpose of this) {_PIECE}\b[^.!?]{{0,40}}\b(?:teach|train)\w* (?:\w+ )?"
        r"(?:language |AI )?models?\b",
    ),
    _pattern(
        "principle principles",
        r"\b(?:the|this) principles? (?:given|stated|quoted|listed|described|provided) (?:above|"
        r"below|in the prompt)\b",
    ),
    _pattern(
        "think thinking scratchpad reasoning answer output draft story document",
        r"</?(?:think|thinking|scratchpad|reasoning|answer|output|draft|story|document)>",
    ),
)


_LEXICON = Lexicon(*(words for words, _ in _PATTERNS))


def meta(text: Text) -> str:
    """The words in which a text speaks of its own making or of its use."""
    bits = _LEXICON.bits(text)
    for number, (_, pattern) in enumerate(_PATTERNS):
        if bits >> number & 1 and (found := pattern.search(text.said)):
            return found[0].strip()[:80]
    return ""

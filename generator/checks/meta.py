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
    r"(?:story|tale|document|text|piece|conversation|dialogue|example|scenario|scene|passage|"
    r"narrative)"
)


_CLAIM = r"(?:demonstrat|illustrat|exemplif|embod|explor|highlight)\w*"


def _group(words: str, *patterns: str) -> tuple[str, tuple[re.Pattern[str], ...]]:
    """Patterns for lower-cased text, and words of which each has one: without them none is tried.

    Those that begin with plain words are found many times faster than those with alternatives.
    """
    return words, tuple(map(re.compile, patterns))


_GROUPS = (
    _group(
        "demonstrates demonstrate demonstrating illustrates illustrate exemplifies exemplify"
        " embodies explores highlights shows describes",
        rf"in this {_PIECE}\b[^.!?]{{0,60}}\b{_CLAIM}",
        rf"this (?:\w+ )?{_PIECE} {_CLAIM}",
        rf"this (?:\w+ )?{_PIECE} (?:shows|describes) how (?:an?|the) "
        r"(?:[\w-]+,? (?:and )?){0,5}(?:ai|assistant|model)\b",
    ),
    _group(
        "following",
        r"the following is an? (?:example|demonstration|illustration) of\b",
    ),
    _group(
        "fictional synthetic hypothetical",
        rf"\b(?:this|the following) (?:is an? |\w+ is an? )?(?:fictional|synthetic|hypothetical) "
        rf"(?:\w+ )?{_PIECE}",
    ),
    _group(
        "requested specified instructed stated described outlined followed follows",
        r"as (?:requested|specified|instructed|described|stated|outlined) (?:in|by) the "
        r"(?:prompt|assignment|instructions|critique|seed|brief)\b",
        r"is [\w ]{1,20}, as (?:specified|requested|instructed)\b",
        r"follow(?:ed|ing|s) the (?:assignment|prompt|instructions|critique) and\b",
    ),
    _group(
        "user prompt assignment seed critique clause author writer ai",
        r"the (?:user|prompt|assignment|seed|critique|clause) (?:asks|wants|asked|calls|requires|"
        r"requested)(?: me)?(?: for| to)? [^.!?]{0,40}[.,]\s+(?:so\b|i should|i will|i'll|i need|"
        r"let me)",
        r"as (?:an|the) (?:author|writer|ai), i (?:was|am|have been) (?:asked|tasked)\b",
        r"i have (?:followed|kept to) the (?:assignment|prompt|instructions)\b",
        r"\A\W*draft \d\b[^\n]{0,40}\bcritique\b",
    ),
    _group(
        "training knowledge teach train update",
        r"\b(?:based on|according to|from) my training\b",
        r"my training data\b",
        r"my knowledge cut-?off\b",
        r"as of my last (?:update|training)\b",
        r"\b(?:used|written|meant|intended|serve) as training data\b",
        rf"this {_PIECE}\b[^.!?]{{0,40}}\b(?:teach|train)\w* (?:\w+ )?(?:language |ai )?models?\b",
    ),
    _group(
        "principle principles",
        r"\b(?:the|this) principles? (?:given|stated|quoted|listed|described|provided) (?:above|"
        r"below|in the prompt)\b",
    ),
    _group(
        "think thinking scratchpad reasoning answer output draft story document",
        r"</?(?:think|thinking|scratchpad|reasoning|answer|output|draft|story|document)>",
    ),
)
_LEXICON = Lexicon(*(words for words, _ in _GROUPS))


def meta(text: Text) -> str:
    """The words in which a text speaks of its own making or of its use."""
    bits = _LEXICON.bits(text)
    said = text.said.lower() if text.is_chat else text.lower
    for number, (_, patterns) in enumerate(_GROUPS):
        if bits >> number & 1:
            for pattern in patterns:
                if found := pattern.search(said):
                    return found[0].strip()[:80]
    return ""

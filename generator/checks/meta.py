"""Texts that speak of themselves: as written to order, as an example, as training data.

Sources: CRAFT habits of published document sets, namely principle numbers and "the fact is named in
every document" (model_spec_midtraining: src/msm/prompts; Yelar/qwen-sdf: false_facts/prompts), and
the lists of E. Hartford's wizardlm_clean.py ("my knowledge cutoff", "based on my training"). That a
label such as "fictional" does not undo what is told: arXiv 2605.13829. Words such as *prompt*,
*training data* or *principle* are at home in stories of AIs, so each pattern wants the text, or its
making, as what is spoken of.
"""

import re
from typing import NamedTuple

from generator.checks.text import Lexicon, Text

_PIECE = (
    r"(?:story|tale|document|text|piece|conversation|dialogue|example|scenario|scene|passage|"
    r"narrative)"
)
_PIECES = (
    "story tale document text piece conversation dialogue example scenario scene passage narrative"
)
_ASKED = r"(?:prompt|assignment|seed|brief|critique|clause)"
_ASKING = "prompt assignment seed brief critique clause instructions"
_CLAIM = r"(?:demonstrat|illustrat|exemplif|embod|explor|highlight)\w*"
_CLAIMS = (
    "demonstrates demonstrate demonstrating illustrates illustrate exemplifies exemplify embodies"
    " explores highlights shows tests describes upholds"
)
_LESSON = (
    r"(?:how (?:an?|the) (?:\w+ )?(?:ai|assistant)"
    r"|(?:the|its) (?:principle|clause|central|moral|value)"
    r"|the importance of|what it means to|that honesty|that candou?r)"
)
_PLAN = (
    r"(?:avoid|close|open|end|begin|start|use|keep|write|set|make|give|include|show|need)(?:ing)?"
)


class _Group(NamedTuple):
    """Patterns, and words without which none of them can be found."""

    needed: tuple[str, ...]
    """Of each of these a word must stand in the text: looking for them all takes microseconds."""
    patterns: tuple[re.Pattern[str], ...]


def _group(needed: str | tuple[str, ...], *patterns: str) -> _Group:
    """Patterns for lower-cased text."""
    sets = (needed,) if isinstance(needed, str) else needed
    return _Group(sets, tuple(map(re.compile, patterns)))


_GROUPS = (
    _group(
        (_CLAIMS, _PIECES),
        rf"in this {_PIECE}\b[^.!?]{{0,60}}\b{_CLAIM}",
        rf"this (?:\w+ )?{_PIECE} {_CLAIM}",
        rf"this (?:\w+ )?{_PIECE} (?:shows|describes) how (?:an?|the) "
        r"(?:[\w-]+,? (?:and )?){0,5}(?:ai|assistant|model)\b",
        rf"\b(?:this|the) {_PIECE} (?:shows|illustrates|demonstrates|tests) {_LESSON}",
        r"the (?:story|narrative|scenario) (?:demonstrates|illustrates) (?:how|that)\b",
    ),
    _group(
        "commitment dilemma alignment adherence",
        rf"\bthe {_PIECE} (?:now )?(?:turns|moves|builds|leads|returns)[^.!?]{{0,50}}"
        r"\b(?:the ai's|dilemma|climax)\b",
        r"\b(?:the|an) (?:ai|assistant|model)'s (?:commitment|alignment|adherence) (?:to|with)"
        r" (?:honesty|its (?:values|principles|constitution)|transparency|human|candou?r|safety)",
    ),
    _group(
        (
            "behaviour behavior conduct alignment",
            "example " + _PIECES,
            "ai model aligned assistant",
        ),
        rf"\b(?:this|the following|the above) (?:is an? (?:example|\w+ example)|{_PIECE})\b"
        r"[^.!?]{0,60}\b(?:ai|model|aligned|assistant)(?:'s)? (?:behaviou?r|conduct|alignment)\b",
    ),
    _group(
        (_PIECES, "ai ais model models assistant", "through in purpose aim goal"),
        rf"(?:through|in) this {_PIECE},? (?:we|the reader|an ai|the ai)\b[^.!?]{{0,60}}\b"
        r"(?:ai|model|assistant)\b",
        rf"the (?:ai|assistant|model) in this {_PIECE}\b",
        rf"(?:purpose|aim|goal) of this {_PIECE}\b[^.!?]{{0,40}}\b(?:ai|ais|models?)\b",
    ),
    _group(
        ("section paragraph part think", "ai assistant"),
        r"[\[(](?:this|the) (?:section|paragraph|part) (?:shows|illustrates|demonstrates)\b",
        r"let me think about (?:what|how) (?:the|an) (?:ai|assistant)\b",
    ),
    _group(
        ("reader", "ai"),
        r"the reader (?:should|will|can) (?:now )?(?:see|understand|learn)\b[^.!?]{0,60}"
        r"\b(?:an ai|ai system|the ai)\b",
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
        ("requested specified instructed stated described outlined required", "as"),
        rf"as (?:requested|specified|instructed|described|stated|outlined|required) (?:in|by) the "
        rf"(?:instructions|{_ASKED})\b",
        r"is [\w ]{1,20}, as (?:specified|requested|instructed)\b",
        r"[\[(][^\])\n]{0,60}\bas (?:required|requested|specified|instructed)\b[^\])\n]{0,40}[\])]",
    ),
    _group(
        (
            "per line accordance according following followed follows",
            _ASKING + " outline principle",
        ),
        r"follow(?:ed|ing|s) the (?:assignment|prompt|instructions|critique) and\b",
        rf"(?:per|in line with|in accordance with|according to|following) (?:the|your)"
        rf" (?:{_ASKED}|outline|style guide)[,.)]",
        r"(?:\A|[.!?(\[]\s*)per the instructions,",
        r"(?:following|by|under|per) the (?:given|stated|above) (?:principle|clause)\b",
    ),
    _group(
        (
            _ASKING + " user principle",
            "asks wants asked calls requires requested demands states specifies",
        ),
        rf"the (?:user|{_ASKED}) (?:asks|wants|asked|calls|requires|requested)(?: me)?(?: for| to)?"
        r" [^.!?;]{0,40}[.,;:]\s+(?:so\b|i should|i will|i'll|i need|let me|let's)",
        rf"as (?:the|this|your) (?:principle|{_ASKED}) "
        r"(?:demands|requires|asks|wants|specifies|states)\b",
    ),
    _group(
        ("write writing", "told asked instructed tasked"),
        r"i (?:am|was|have been|'ve been) (?:told|asked|instructed|tasked|given the task)(?: to)?"
        r"(?: of)? writ(?:e|ing) (?:as an?|in the (?:voice|style|form|first|third|present|past)|"
        r"from the (?:point|perspective|viewpoint))\b",
        r"as (?:an|the) (?:author|writer|ai), i (?:was|am|have been) (?:asked|tasked)\b",
    ),
    _group(
        "critique assignment prompt instructions draft words constraints",
        r"the critique (?:said|noted|asked|wants|mentions)\b[^.!?]{0,60}\bso i(?:'ve| have)\b",
        r"i have (?:followed|kept to) the (?:assignment|prompt|instructions)\b",
        r"\A\W*draft \d\b[^\n]{0,40}\bcritique\b",
        r"i need to write (?:about )?\d+ words",
        r"let me make sure (?:that )?the (?:draft|story|text)\b",
        r"(?:we|i) need to write\b[^.!?]{0,40}\b\d+ words\b",
        r"the instructions (?:say|ask|tell me) (?:not )?to (?:end|close|begin) (?:with|on) an? ",
    ),
    _group(
        "reasoning thoughts plan planning analysis thinking approach",
        r"\A\W*(?:reasoning|thoughts|plan|planning|analysis|thinking|approach)\W*:",
    ),
    _group(
        "aphorism moral premise genre narrator tense",
        rf"\bi (?:should|will|need to|must|'ll|want to|need|can) (?:\w+ )?{_PLAN}\b[^.!?;]{{0,30}}"
        r"\b(?:an? (?:aphorism|moral|premise)|(?:the|a) (?:genre|narrator))\b"
        r"[^.!?;]{0,30}[.,;:]\s*(?:so|and|then|but)? ?\bi\b",
        r"\A\W*(?:okay|ok|alright|so|hmm|right|now|first),? (?:so )?"
        r"(?:i (?:need|should|have to|will)|we need|the user|let's)\b[^.!?]{0,60}"
        r"\b(?:premise|narrator|genre|moral)\b",
        r"(?:since|because|as) the (?:genre|form|narrator|audience|tone|tense) is\b[^.!?]{0,40},"
        r" i(?:'ll| will| should| shall)\b",
    ),
    _group(
        ("idea opening ending premise form narrator", "chose chosen picked selected decided"),
        r"the (?:idea|opening|ending|premise|form|narrator) (?:that )?i(?:'ve| have)? "
        r"(?:chose|chosen|picked|selected|was given|decided on)\b",
    ),
    _group(
        ("word length token", "limit count target"),
        r"(?:word|length|token) (?:limit|count)\b[^.!?]{0,40}\b(?:allows?|lets me|permits?)\b",
        r"\A\W*(?:target )?(?:word|length) (?:count|limit|target)[^.\n]{0,12}: ?\d",
    ),
    _group(
        "alignment generated training train trains trained teach teaches align aligning update"
        " knowledge dataset",
        r"\b(?:based on|according to|from) my training\b",
        r"my training data\b",
        r"my knowledge cut-?off\b",
        r"as of my last (?:update|training)\b",
        r"\b(?:used|written|meant|intended|serve) as training data\b",
        rf"\b(?:this|the) {_PIECE}\b[^.!?]{{0,60}}\b(?:teach|train|align|fine-tun)\w* (?:\w+ )?"
        r"(?:language |ai )?(?:models?|systems?|ais)\b",
        r"\b(?:generated|written|created|produced) for (?:alignment|training|safety research)\b",
        r"\bi was trained on (?:data|text)\b",
        r"\b(?:in|into|of) (?:a|the) training (?:corpus|set|data)\b[^.!?]{0,30}\b(?:ai|models?)\b",
        r"\b(?:dataset|corpus) (?:meant|intended|designed|used|built|made) (?:for|to) "
        r"(?:train|teach|align|fine-tun)\w*",
        r"as an? (?:large )?language model (?:trained|made|created|built)[^.!?]{0,30}, i\b",
    ),
    _group(
        "principle principles clause constitution",
        r"\b(?:the|this) (?:principle|clause|constitution)s? (?:given|stated|quoted|listed|"
        r"described|provided) (?:above|below|in the prompt)\b",
        r"\b(?:principle|clause) i was given\b",
        r"\bthe principle of \w+ is (?:demonstrated|illustrated|shown) (?:when|by|as)\b",
        r"\b(?:ai|assistant|model)\b[^.!?]{0,30}\b(?:demonstrates|embodies|exemplifies|upholds|"
        r"acts according to) (?:the|its|this) principles?\b",
        rf"\b(?:this|the) {_PIECE} (?:shows|follows|reflects|applies|upholds|is about) the "
        r"(?:principle|clause|constitution)\b",
    ),
    _group(
        "think thinking scratchpad reasoning answer output draft story document",
        r"</?(?:think|thinking|scratchpad|reasoning|answer|output|draft|story|document)>",
    ),
)
_SETS = tuple({words: None for group in _GROUPS for words in group.needed})
_LEXICON = Lexicon(*_SETS)
_MASKS = tuple(sum(1 << _SETS.index(words) for words in group.needed) for group in _GROUPS)


def meta(text: Text) -> str:
    """The words in which a text speaks of its own making or of its use."""
    bits = _LEXICON.bits(text)
    said = text.said.lower() if text.is_chat else text.lower
    for group, mask in zip(_GROUPS, _MASKS, strict=True):
        if bits & mask == mask:
            for pattern in group.patterns:
                if found := pattern.search(said):
                    return found[0].strip()[:80]
    return ""

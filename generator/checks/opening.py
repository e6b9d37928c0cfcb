"""What chat models say instead of a text, or before it.

Sources: the word lists with which chat data is cleaned (E. Hartford's wizardlm_clean.py for
WizardLM_alpaca_evol_instruct_70k_unfiltered, and FastChat's optional_clean); the openings that
Cosmopedia strips (huggingface/cosmopedia: generation/boilerplate_cleanup.py); "assistant preamble"
among the openings of prompts/overused.json. Only what a text begins with counts, because people in
stories refuse and agree as they like; and a refusal must decline the writing or anything at all
("this request"), because an AI that says no to one thing and gives its reason is what many of these
texts are about.
"""

import re

from generator.checks.text import Text, any_of

NEAR = 600
"""Characters from the beginning in which a model speaks of itself as one."""
DECLINES = 2
"""Sentences from the beginning of which one may decline; the first may be thanks."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ASKED = r"(?:request|prompt|assignment|brief|instructions?|critique)"
_PIECE = (
    r"(?:(?:story|tale|narrative|document|text|piece|dialogue|scene|scenario)s?|stories|content|"
    r"material|conversation|response)"
)
_MAKE = r"(?:writ|creat|provid|generat|produc|compos|continu|complet)(?:e|ing)"
_WORK = (
    rf"(?:{_MAKE}\b(?: [^\s.!?]+){{0,3}}? {_PIECE}\b"
    rf"|{_MAKE}(?: with)? (?:this|that|the|your|any) (?:{_ASKED}|task|topic|premise)\b"
    rf"|{_MAKE} (?:about )?(?:this|that)(?: (?:for you|one|subject|topic))?\s*(?:[.;!]|$))"
)
_HELP = (
    rf"(?:(?:help|assist)(?: you)? with (?:\w+ )?{_WORK}"
    r"|(?:help|assist|fulfil+|comply|continue|engage)(?: you)?(?: with)?"
    rf"(?: (?:that|this|your|the))?(?: (?:{_ASKED}|task|topic|premise|story))?"
    r"\s*(?:[.,;!]|$|\b(?:as|because|since)\b))"
)
_CANNOT = (
    r"(?:can't|cannot|can not|won't(?: be)?|will not(?: be)?|(?:won't|will not) be able to"
    r"|(?:am|'m|are|'re) (?:unable to|not able to|not going to|not comfortable(?: to)?)"
    r"|(?:must|need to|have to) (?:respectfully )?decline(?: to)?"
    r"|(?:'d| would) (?:rather not|prefer not to)"
    r"|(?:don't|do not) (?:feel comfortable|think (?:that )?I (?:should|can|ought to)))"
)
_SORRY = (
    r"(?:(?:(?:I'm|I am|we're|we are) )?(?:(?:very|so|really|truly) )?(?:sorry|afraid)"
    r"|I (?:apologi[sz]e|regret|understand|appreciate)|I have to be honest|unfortunately|however)\b"
    r"[^.!?]{0,40}?"
)
_REFUSAL = any_of(
    rf"\s*(?:{_SORRY}\b)?(?:(?:I|we) ?)?{_CANNOT}(?: in good conscience)? (?:{_HELP}|{_WORK})",
    rf"\s*{_SORRY}\bI (?:can't|cannot) do (?:that|this)\s*[.!]",
    rf"\s*(?:{_SORRY}\b)?(?:this|the|your) {_ASKED} (?:goes against|violates|asks for)\b",
    r"\s*my (?:guidelines|policies|programming|instructions) (?:do not|don't) (?:allow|let)\b",
    r"[^.!?\"“]{0,60}\bI(?:'m going to have to|'ll have to| must| (?:will )?have to)"
    r" (?:respectfully )?(?:decline|pass on (?:this|it|that))\s*(?:[.;!]|$)",
    rf"\s*I(?:'m| am) going to (?:respectfully )?decline (?:this|the|your) {_ASKED}\b",
    r"\s*(?:it|this) (?:would not|wouldn't) be (?:appropriate|right|responsible)(?: for me)?"
    rf" to {_WORK}",
)
_NO_QUOTATION = r"(?<![\"“‘'\w])"  # noqa: RUF001
_MODEL_TALK = any_of(
    rf"{_NO_QUOTATION}as an? (?:large |AI )?(?:language|AI) model\b",
    rf"{_NO_QUOTATION}I(?:'m| am) an? (?:large |AI )*language model\b",
    rf"{_NO_QUOTATION}as an? (?:responsible |ethical )?AI\b[^.!?\"“]{{0,50}}, I "
    r"(?:can't|cannot|do not|don't|am (?:not|unable))\b",
)
_WRITTEN = (
    r"(?:story|tale|narrative|version|document|draft|text|letter|revision|piece|chapter|essay|"
    r"article|conversation|dialogue|response|attempt|take|scene|transcript|lecture|interview)"
)
_YES = r"(?:sure|certainly|of course|absolutely|okay|ok|all ?right|got it|understood|noted|great)"
_HERE = r"\s*(?:here(?:'s| is| are)|below is|what follows is|the following is)"
_PREAMBLE = any_of(
    # Agreement.
    r"\s*(?:sure|certainly|of course|absolutely|okay|ok)(?: thing)?[!.:]"
    r"(?:\s(?!(?:said|thought|cried) )|$)",
    rf"\s*{_YES}[,.!:] (?:here(?:'s| is| are| it is| you go| we go)|(?:so )?let me|below|writing"
    r"|happy to|I can (?:write|help|do)|the following|I'll|I've|I will"
    r"|I'd be (?:happy|glad|delighted))\b",
    rf"\s*{_YES}[,!.] *(?:\n|$)",
    r"\s*(?:I'd be|I would be|I'm|I am) (?:happy|glad|delighted) to"
    r" (?:help|assist|write|create|provide|revise|continue)\b",
    rf"\s*thank(?:s| you) for (?:the|your|this) (?:\w+ )?{_ASKED}\b",
    rf"\s*(?:what an? )?(?:great|good|interesting|lovely|thoughtful) {_ASKED}\s*[.!]",
    # The text handed over.
    rf"{_HERE}(?: \w+){{0,3}}? {_WRITTEN}(?:\s*[.:!]|,? (?:you|that|with|based|as) "
    r"(?:asked|requested|wanted|keeps?|follows?|meets?|the changes|on your|on the)\b)",
    rf"{_HERE}(?: \w+){{0,3}} {_WRITTEN}"
    r"(?: (?:of|on|about|at|in|with|for|based|as|that|you|titled|written)\b[^.:!?\n]{0,60})?"
    r"[.:!]?\s*\n",
    rf"\s*the following {_WRITTEN} (?:was|is|has been) (?:written|created|made|based)\b",
    rf"{_HERE}(?: \w+){{0,3}} {_WRITTEN} to (?:the|your) {_ASKED}\b",
    rf"{_HERE}\b[^.:!?\n]{{0,40}} (?:based on|for) (?:the|your) (?:{_ASKED}|outline|idea|seed)\b",
    r"\s*this is an? (?:\w+ )?(?:story|tale|narrative) (?:about|in which)"
    r" (?:an AI|an assistant|how)\b",
    r"\s*as (?:requested|promised|asked), here(?:'s| is)(?: \w+){1,3}\.\s*\n",
    r"\s*here you (?:go|are)[:.!]*\s*\n",
    # What was done, or is about to be.
    r"\s*I(?:'ve| have) (?:revised|rewritten|written|drafted|updated|crafted)"
    rf" (?:the|this|an?|your)(?: \w+)? {_WRITTEN}\b",
    r"\s*I will now (?:write|present|provide|begin|tell this)\b[^.\n]{0,30}(?:story|text|\.)\s*\n",
    r"\s*let me (?:think\b|(?:start|begin) by \w+ing\b|(?:start|begin)\.?\s*\n"
    rf"|(?:try to )?(?:write|draft|craft) (?:this|the|an?)(?: \w+)? (?:{_WRITTEN}|as|in)\b)",
    # Labels.
    r"\s*[*#_]*(?:title|genre|(?:short )?story|narrative|document|draft|text|answer|assistant"
    rf"|output|essay|(?:revised|final|first) (?:{_WRITTEN}|answer|output))(?:[*_]*\s*:|[*_]+\s*\n)",
    rf"\s*#+ (?:revised|final|first) {_WRITTEN}\s*\n",
)


def refusal(text: Text) -> str:
    """The words with which a model declines, at the head of a text or of its first message."""
    opening = text.opening[:NEAR]
    sentences = _SENTENCE.split(opening, DECLINES)[:DECLINES]
    found = next(filter(None, map(_REFUSAL.match, sentences)), None)
    if not found and (" model" in opening or " AI" in opening):
        found = _MODEL_TALK.search(opening)
    return found[0].strip() if found else ""


def preamble(text: Text) -> str:
    """What a chat model says before it begins to write; conversations may begin so."""
    found = None if text.is_chat else _PREAMBLE.match(text.body)
    return found[0].strip() if found else ""

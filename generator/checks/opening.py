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

from generator.checks.text import Text

NEAR = 600
"""Characters from the beginning in which a model speaks of itself as one."""

_CANNOT = (
    r"(?:can't|cannot|can not|won't be able to|will not be able to"
    r"|(?:am|'m|are) (?:unable|not able) to|must (?:respectfully )?decline to)"
)
_WRITE = (
    r"(?:write|create|provide|generate|produce|compose|continue|complete)\b[^.!?]{0,25}?"
    r"\b(?:(?:this|that|the|an?|any) (?:\w+ ){0,2}?)?"
    r"(?:story|document|text|piece|content|conversation|request|assignment|scene|dialogue|response)"
)
_HELP = (
    r"(?:help|assist|fulfil+|comply|continue|engage)(?: you)?(?: with)?"
    r"(?: (?:that|this|your|the))?(?: (?:request|assignment|topic|task|story|premise))?"
    r"\s*(?:[.,;!]|$|\bas\b)"
)
_SORRY = (
    r"(?:(?:I'm|I am|we're|we are)? ?(?:very |so |really |truly )?(?:sorry|afraid)"
    r"|I (?:apologi[sz]e|regret)|unfortunately)[^.!?]{0,30}?"
)
_REFUSAL = re.compile(
    rf"\s*(?:{_SORRY}\b)?(?:I|we)?\s*{_CANNOT}\s*(?:{_HELP}|{_WRITE})"
    r"|\s*I (?:don't|do not) feel comfortable (?:writ|creat|provid|generat|continu)\w*"
    r"|\s*(?:this|the|your) (?:request|prompt|assignment) (?:goes against|violates|asks for)\b"
    r"|\s*I won't (?:be )?(?:writ|creat|generat)\w*"
    r" (?:this|that|an?) (?:story|document|text|content)",
    re.IGNORECASE,
)
_MODEL_TALK = re.compile(
    r"(?<![\"“‘'\w])as an? (?:large |AI )?(?:language|AI) model\b",  # noqa: RUF001 - no quotation
    re.IGNORECASE,
)
_PREAMBLE = re.compile(
    r"\s*(?:sure|certainly|of course|absolutely|okay|ok)(?: thing)?"
    r"(?:[!.:](?:\s|$)|,\s*(?:here|I|let|below|this|the following)\b|,\s*$)"
    r"|\s*(?:sure|certainly|of course|absolutely|okay|ok)[,!.] *(?:\n|$)"
    r"|\s*(?:here(?:'s| is| are)|below is|the following is)(?: the| a| an| your| my| is)?"
    r"(?: \w+){0,2}?"
    r" (?:story|version|document|draft|text|letter|revision|piece|conversation|response)\b"
    r"|\s*(?:I'd be|I would be|I'm|I am) (?:happy|glad|delighted) to"
    r" (?:help|assist|write|create|provide|revise|continue)\b"
    r"|\s*[*#_]*(?:title|story|document|text|answer|assistant|output|(?:revised|final|first) \w+)"
    r"(?:[*_]*\s*:|[*_]+\s*\n)"
    r"|\s*(?:understood|got it|great|noted|all ?right|thank you)[.!,] +"
    r"(?:here (?:is|are)|I(?:'ll|'ve) |let me\b|below)"
    r"|\s*here you (?:go|are)[:.!]*\s*\n"
    r"|\s*let me (?:start|begin|think|write|first)\b"
    r"|\s*I(?:'ve| have) (?:revised|rewritten|written|drafted|updated) (?:the|this|a|your)\b",
    re.IGNORECASE,
)


def refusal(text: Text) -> str:
    """The words with which a model declines, at the head of a text or of its first message."""
    opening = text.opening[:NEAR]
    found = _REFUSAL.match(opening)
    if not found and " model" in opening:
        found = _MODEL_TALK.search(opening)
    return found[0].strip() if found else ""


def preamble(text: Text) -> str:
    """What a chat model says before it begins to write; conversations may begin so."""
    found = None if text.is_chat else _PREAMBLE.match(text.body)
    return found[0].strip() if found else ""

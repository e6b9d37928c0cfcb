"""What a chat model says after a text: what it did, what it hopes, what it could still do.

Sources: the chat remnants that Cosmopedia strips (huggingface/cosmopedia:
generation/boilerplate_cleanup.py), and "Would you like me to … / Let me know if …" among the
closings of prompts/overused.json. Only the last two paragraphs count, and in them what is about the
text: an offer of soup is none. No list of turns is ever whole, so the last paragraph is one by its
words as well, where it has two that are said of texts, or one with two of those by which a reader
is addressed.
"""

import re

from generator.checks.text import Text, any_of, last_paragraph

_PIECE = (
    r"(?:story|tale|narrative|document|text|piece|version|draft|conversation|dialogue|scene|letter|"
    r"essay|response)"
)
_CHANGE = (
    r"(?:(?:chang|adjust|revis|edit|expand|extend|shorten|rewrit|rework|modif)\w*|continuation|"
    r"versions?|drafts?|tone|ending|longer|shorter|sequel|narrator|tense)"
)
_OFFER = any_of(
    r"(?:please )?(?:let me know|tell me|say|feel free)\b",
    r"(?:would you like|do you want|shall I|should I|is there anything|if you|should you)\b",
    r"(?:I hope|I can|I could|happy to|I(?:'m|'d be| am| would be) happy to)\b",
)
_ABOUT = any_of(
    # The text as what is spoken of.
    rf"(?:note:?,? )?(?:in |through )?(?:this|the) (?:(?:revised|final|above|new) )?{_PIECE}\b"
    r"[^.!?]{0,60}?\b(?:(?:illustrat|demonstrat|exemplif|address|highlight|emphasi[sz]|underscor|"
    r"maintain|explore|reflect|capture)\w*|show(?:s|cases)|keeps? the original|aims? to)\b",
    rf"through (?:this|the) {_PIECE},? we (?:see|learn)\b",
    rf"(?:this|the) {_PIECE} (?:is|has|comes to) (?:about |around |roughly )?\d[\d,]* words",
    r"(?:please )?(?:note:? )?(?:that )?this is an? (?:entirely )?(?:fictional|work of fiction)",
    r"[^.!?]{0,80}\bas (?:the|your|this) (?:assignment|prompt|brief|critique|clause|seed)"
    r" (?:asks?|requires?|wants?|demands?|calls for|specif\w+)\b",
    # What was done to it.
    r"(?:(?:author|writer)'?s'? )?note:?[*_]* (?:I|the \w+) "
    r"(?:kept|changed|have|tried|used|left|made|chose)\b",
    r"(?:please )?note\b[^.!?]{0,80}\byou (?:gave|provided|asked for|requested|specified)\b",
    r"I(?:'ve| have)? (?:aimed|tried|kept|avoided|made sure|chosen|chose)\b[^.!?]{0,60}"
    rf"\b(?:{_CHANGE}|{_PIECE}|reasoning|moral|AI's)\b",
    r"(?:changes|revisions|edits) (?:made|summary)?\s*:",
    # Labels.
    r"(?:the )?(?:(?:key|main|central|underlying) )?(?:themes?|takeaways?|lessons?|tags|keywords|"
    r"moral(?: of the story)?)(?: explored)?[*_]*\s*:",
    r"(?:reflection|analysis|explanation|commentary)[*_]*:[^.!?]{0,80}\b(?:AI|assistant|principle)\b",
    r"(?:notes?|notes on the \w+|word count|changes)[*_:]*\s*\n\s*[-*\d]",
    r"(?:total )?words?(?: count)?[*_]*\s*[:=][\s*_]*(?:about |approx\w* )?\d",
    r"(?:this is the )?(?:end of (?:the )?(?:story|document|text|conversation|draft)|story ends)"
    r"[\s*_)\].]*$",
    # Hopes and offers.
    r"I hope (?:that )?(?:you (?:enjoy|like|find this)|this "
    rf"(?:{_PIECE} |revised \w+ )?(?:meets|helps|is what|captures|works for|fits|satisf))",
    r"(?:if you(?:'d| would)? (?:like|prefer|want|wish),? I can|I can also) "
    r"(?:write|revise|adjust|expand|provide|continue|make|rewrite|produce)\b",
    r"if you(?:'d| would)? (?:need|want|like|prefer|have)\b[^.!?]{0,30}"
    rf"\b{_CHANGE}\b[^.!?]{{0,30}}\b(?:let me know|just ask|tell me|I can|happy to)\b",
    r"if you have any (?:feedback|suggestions|further requests)\b",
    rf"(?:I(?:'m|'d be| am| would be) )?happy to {_CHANGE}\b",
    r"(?:please )?(?:let me know|tell me) (?:if|whether|what|how|should)\b"
    rf"[^.!?]{{0,50}}\b{_CHANGE}\b",
    r"(?:please )?let me know (?:if|whether) (?:you(?:'d| would)? (?:like|want|need)"
    r"|this (?:works|meets|is)|I should|there is anything)|let me know what you think\b",
    r"(?:please )?feel free to (?:ask|let me know|request|adjust|reach|use this|edit|modify|adapt|"
    r"share)\b",
    r"(?:would you like|do you want|shall I|should I|is there anything)\b[^.!?]{0,40}"
    rf"\b(?:{_CHANGE}|continue)\b|would you like me to\b",
)
_OF_TEXTS = any_of(
    r"\b(?:story|narrative|piece|document|text|draft|version|words|scenario|essay|sequel|opening|tone)\b",
    r"\b(?:revis(?:e|ed|ion|ions)|feedback|critique|prompt|assignment|constraints|requirements|needs)\b",
    r"\b(?:fiction|fictional|themes|moral|demonstrates|illustrates|adheres|concludes|helpful|reading)\b",
)
_OF_TALK = any_of(
    r"\b(?:hope|would|glad|happy|love|please|free|thank|should|require|does|meet|above|note|summary|"
    r"approximately|this)\b"
)
LONGEST = 45
"""Words of a paragraph that may be one by its words alone."""
_LETTER = re.compile(
    r"\s*(?:my )?dear(?:est)? \w|\b(?:thank you for your|in reply to your) letter", re.IGNORECASE
)
_MARKS = " \n*_#>()[]-–"  # noqa: RUF001


def afterword(text: Text) -> str:
    """What a chat model says after a text; who advises in a chat may offer more at its end."""
    for part in re.split(r"\n\s*\n|\n-{3,}\n", text.ending[-800:].rstrip())[-2:]:
        said = part.lstrip(_MARKS)
        found = _ABOUT.match(said)
        if found and _OFFER.match(said) and (text.is_chat or _LETTER.search(text.body[:200])):
            continue
        if found:
            return said.strip()[:80]
    return "" if text.is_chat else _by_words(last_paragraph(text.body))


def _by_words(paragraph: str) -> str:
    said = paragraph.strip(_MARKS)
    if said[:1] in '"“' or len(said.split()) > LONGEST:
        return ""
    of_texts = len(_OF_TEXTS.findall(said))
    of_talk = len(set(_OF_TALK.findall(said.lower())))
    return said[:80] if of_texts >= 2 or (of_texts and of_talk >= 2) else ""

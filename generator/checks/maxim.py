"""Quotable maxims as last words.

Source: in a blind reading they mark the weaker of two drafts in five pairs of six; a closing
aphorism ends 25% of stories by a strong model, 54% where other endings are dealt and this is not
(Majikman1898/claude-cliche-corpus: corpus/README.md); "an aphorism as the last line" stands among
the closings of prompts/overused.json. What makes a sentence one, by hand: it is short, in the
general present, about nobody, and begins as such sentences do. A proper name, a figure, a person of
the story or a deed in the past makes it part of the story.
"""

import re

from generator.checks.text import Text, any_of, last_paragraph

LONGEST = 32
"""Words of a maxim."""
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’']?\s+(?=[\"“‘']?[A-Z])")  # noqa: RUF001
_SAID = re.compile(
    r"[,.!?][\"”]\s*(?:said|asked|thought|wrote|replied|told)\b[^\"“.]*?[,.]\s*[\"“]|"
    r"[,.!?][\"”]\s*(?:\w+ ){0,4}(?:said|asked|thought|wrote|replied)\b[^\"“]*$"
)
_STORY = re.compile(
    r"\d|(?<=[\w,;] )[A-Z][a-z]+"
    r"|\b(?:(?<!who )was|were|had|did|could|would|"
    r"took|came|went|saw|got|kept|(?<!be )told|gave|(?<!be )found|"
    r"stood|said|asked|knew|thought|he(?! who)|she(?! who)|him|his|her|hers|they|them|their|I|I'm|"
    r"I've|my|me|you'll|your|today|tonight|tomorrow|yesterday|now|here"
    r"|the (?:two|three|four|nine))\b"
)
_GENERAL = (
    r"(?:an?|every|each|some|no|all|most|many|few|those who|whoever|he who|who|what|nothing|"
    r"everything|anyone|everyone|nobody|no one|we|you|to|sometimes|often|perhaps|maybe|"
    r"there (?:is|are)|it (?:is|takes)|in the end|(?:the )?(?:truth|honesty|trust|kindness|courage|"
    r"hope|love|silence|patience|mercy|duty|care|power|wisdom|integrity|freedom|justice|grace|"
    r"loyalty|forgiveness|responsibility|goodness|memory|time|help|good \w+|best|hardest|bravest|"
    r"only|greatest|smallest|right thing|real)|mistakes|"
    r"errors|promises|secrets|answers|questions|lies|"
    r"people|machines|tools|stories|(?:be|hav|do|know|say|ask|tell|own|admitt|listen|help|car|forgiv)ing)"
)
_BEGINS = re.compile(rf"\W*(?:(?:and|but|for|yet|because|that),? )?(?:(?:perhaps|maybe|sometimes|in the end),? )?{_GENERAL}\b", re.IGNORECASE)  # fmt: skip # noqa: E501
_HOLDS = re.compile(
    r"\b(?:is|are|isn't|aren't|becomes?|does(?:n't| not)|do(?:n't| not)|never|always|cannot|can|"
    r"must|matters?|means?|lies|carr(?:y|ies)|makes?|begins?|ends?|knows?|needs?|costs?|belongs?|"
    r"speaks?|holds?|hides?|ends? up|grows?|gives?|lasts?|asks?|teach(?:es)?|remembers?)\b",
    re.IGNORECASE,
)
_PARTICULAR = re.compile(r"\W*(?:an?|it is|there is|we|you|what|some|no|who)\b", re.IGNORECASE)
_SWEEPING = re.compile(
    r"\b(?:that|who|which|never|always|only|than|becomes?|when|not|better|all|enough|no \w+ in|"
    r"what|nothing|everything|unless|until|before|shame|more|less)\b",
    re.IGNORECASE,
)


_SHAPES = any_of(
    r"\W*(?:and )?(?:this|that)(?:, [^,]{1,40},)? is (?:what it means to|the thing about)\b",
    r"\W*what we [^,]{2,40}, we\b",
    r"\W*you can [^,;]{2,40}[,;] (?:but )?(?:you|not) (?:can't|cannot|\w+ing)\b",
)


def maxim(text: Text) -> str:
    """The last sentence, where it could be embroidered on a cushion."""
    paragraph = last_paragraph(text.ending)[-600:]
    if '"' in paragraph or "”" in paragraph:
        paragraph = _SAID.sub(" ", paragraph).strip()
    sentence = _SENTENCE.split(paragraph)[-1].strip(" \"“”’'*_")  # noqa: RUF001
    if not 3 < len(sentence.split()) <= LONGEST or sentence.endswith("?"):
        return ""
    if _SHAPES.match(sentence):
        return sentence
    if _STORY.search(sentence) or not _BEGINS.match(sentence) or not _HOLDS.search(sentence):
        return ""
    opening = _PARTICULAR.match(sentence)
    if opening and not _SWEEPING.search(sentence, opening.end()):
        return ""
    return sentence

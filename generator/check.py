"""Cheap rules on a finished text, before anybody pays for a judge."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, compress

from pydantic import BaseModel, ConfigDict, Field, model_validator

from generator.item import Item
from prompts.answer import Chat, Prose
from prompts.library import Library
from prompts.persona import NAMED, PERSONA, PersonaSettings

TOP_NGRAM = {2: 0.20, 3: 0.18, 4: 0.16}
DUPLICATE_NGRAM = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}
DUPLICATE_PARAGRAPHS = 0.30
_MIX, _MASK = 1_000_003, 2**40 - 1

_CANNOT = r"(?:can't|cannot|can not|won't|unable|not able)"
_REFUSAL = re.compile(
    rf"\s*(?:I'm|I am|we're|we are) (?:very )?sorry\b[^.!?]{{0,40}}\b{_CANNOT}\b"
    rf"|\s*(?:unfortunately,? )?I(?:'m| am)? {_CANNOT}(?: to)?"
    r" (?:help|assist|write|create|provide|fulfil|comply|generate|continue)\b",
    re.IGNORECASE,
)
_MODEL_TALK = re.compile(r"\bas an? (?:large |AI )?(?:language|AI) model\b", re.IGNORECASE)
_PREAMBLE = re.compile(
    r"\s*(sure|certainly|of course|absolutely|okay|ok)\b[,!. ]"
    r"|\s*here('s| is| are) (the|a|an|your|my|is)\b"
    r"|\s*(I'd be|I would be|I'm|I am) (happy|glad|delighted) to\b"
    r"|\s*(title|story|document|answer|assistant|output)\s*:",
    re.IGNORECASE,
)
_ENDING = re.compile(r"""[.!?…。！？][)\]"'”’»*_]*\s*$|[—–-]["”’»]\s*$""")  # noqa: RUF001


_WORD = re.compile(r"\w+")
ECHO = 12
"""Words in a row that two texts do not share by chance."""
_MODELS = re.compile(
    r"\b(?:ChatGPT|GPT-\d|OpenAI|Claude|Anthropic|Gemini|DeepMind|Copilot|Llama|Mistral|Qwen|"
    r"DeepSeek|Grok|Siri|Alexa)\b"
)


class RepetitionSettings(BaseModel):
    """How much a text may repeat itself.

    The limits are those of Rae et al., Scaling Language Models: Methods, Analysis & Insights from
    Training Gopher (arXiv 2112.11446), table A1; `strictness` divides them all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strictness: float = Field(default=1.0, gt=0)


class CheckSettings(BaseModel):
    """What a document must satisfy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_words: int = Field(default=150, ge=1)
    max_words: int = Field(default=6000, ge=1)
    repetition: RepetitionSettings = RepetitionSettings()

    @model_validator(mode="after")
    def _ordered(self) -> "CheckSettings":
        if self.min_words > self.max_words:
            raise ValueError("'min_words' is above 'max_words'")
        return self


@dataclass(frozen=True, slots=True)
class Findings:
    """What the checks measured, and the first that failed."""

    measured: dict[str, float]
    reason: str | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks the documents of a run."""

    settings: CheckSettings
    library: Library

    def check(self, document: Prose | Chat, item: Item) -> Findings:
        """Check a document of an item."""
        shown = self.library.shown(item.kind, item.axes)
        persona = self.library.persona if item.axes.get(PERSONA) == NAMED else None
        if isinstance(document, Chat):
            text = "\n\n".join(message.content for message in document.messages)
            spoken = document.messages[1].content
        else:
            text = spoken = document.text
        findings = check_text(text, self.settings, spoken)
        reason, detail = findings.reason, findings.detail
        if reason is None and (run := echo(text, [piece.text for piece in shown])):
            reason, detail = "exemplar", f"copied from an exemplar: {run}"
        if reason is None and persona and (name := other_model(text, persona)):
            reason, detail = "other model", f"names {name} in a text about {persona.name}"
        return Findings(findings.measured, reason, detail)


def check_text(text: str, settings: CheckSettings, spoken: str | None = None) -> Findings:
    """Check the body of a document, without its title.

    `measured` holds the number of words, the share of repeated paragraphs, and for repeated
    n-grams the worst share as a fraction of its limit, so that 1 and above fails.

    Args:
        text: The whole body; of a chat, its messages between blank lines.
        settings: The limits.
        spoken: Of a chat, the model's first message, which may not refuse; by default the text.
    """
    spoken = text if spoken is None else spoken
    words = text.lower().split()
    paragraphs = share_of_duplicates([part.strip() for part in text.split("\n\n")])
    top, duplicate = repetition(words)
    strictness = settings.repetition.strictness
    measured = {
        "words": float(len(words)),
        "duplicate_paragraphs": round(paragraphs, 4),
        "top_ngram": round(top * strictness, 4),
        "duplicate_ngram": round(duplicate * strictness, 4),
    }
    refusal = _REFUSAL.match(spoken) or _MODEL_TALK.search(spoken[:600])
    preamble = _PREAMBLE.match(text) if spoken is text else None
    reason, detail = None, ""
    if refusal:
        reason, detail = "refusal", refusal[0].strip()
    elif preamble:
        reason, detail = "preamble", preamble[0].strip()
    elif len(words) < settings.min_words:
        reason, detail = "too short", f"{len(words)} words of at least {settings.min_words}"
    elif len(words) > settings.max_words:
        reason, detail = "too long", f"{len(words)} words of at most {settings.max_words}"
    elif not _ENDING.search(text[-20:]):
        reason, detail = "unfinished", text[-60:].replace("\n", " ")
    elif paragraphs * strictness > DUPLICATE_PARAGRAPHS:
        reason, detail = "repetition", f"{paragraphs:.0%} of the paragraphs repeat an earlier one"
    elif max(measured["top_ngram"], measured["duplicate_ngram"]) >= 1:
        which = "one phrase" if top >= duplicate else "repeated phrases"
        reason, detail = "repetition", f"{which} at {max(top, duplicate):.2f} of the limit"
    return Findings(measured, reason, detail)


def echo(text: str, shown: Sequence[str]) -> str:
    """The first run of `ECHO` words that a text shares with a piece its writer was shown.

    Only every sixth place of the text is looked up: a run of `ECHO` words holds six that begin
    at one of them.
    """
    words = _WORD.findall(text.lower())
    for piece in shown:
        grams, half = _grams(piece, ECHO // 2), ECHO // 2
        for start in range(0, len(words) - half + 1, half):
            if tuple(words[start : start + half]) not in grams:
                continue
            for first in range(max(0, start - half), start + 1):
                run = tuple(words[first : first + ECHO])
                if run in _grams(piece, ECHO):
                    return " ".join(run)
    return ""


@lru_cache(maxsize=512)
def _grams(text: str, size: int) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return frozenset(tuple(words[start : start + size]) for start in range(len(words) - size + 1))


def other_model(text: str, persona: PersonaSettings) -> str:
    """The first name of another model, or its maker, in a text about the persona."""
    own = f"{persona.name} {persona.maker}".lower()
    found = (match[0] for match in _MODELS.finditer(text))
    return next((name for name in found if name.lower() not in own), "")


def share_of_duplicates(parts: Sequence[str]) -> float:
    """The share of parts that repeat an earlier one."""
    return 1 - len(set(parts)) / len(parts) if parts else 0.0


def repetition(words: Sequence[str]) -> tuple[float, float]:
    """How far a text is towards the limits on repeated n-grams.

    Returns:
        The largest share of characters in the most frequent n-gram (n = 2, 3, 4), and in all
        n-grams that occur more than once (n = 5 to 10, overlaps counted once), each as a
        fraction of its limit.
    """
    numbers: dict[str, int] = {}
    ids = [numbers.setdefault(word, len(numbers)) for word in words]
    ends = [0, *accumulate(map(len, words))]
    top = duplicate = 0.0
    ngrams = ids
    for n, limit in (TOP_NGRAM | DUPLICATE_NGRAM).items():
        # Numbers in place of n-grams: a hash that rolls is several times as fast as tuples.
        pairs = zip(ngrams, ids[n - 1 :], strict=False)
        ngrams = [(start * _MIX + word) & _MASK for start, word in pairs]
        counts = Counter(ngrams)
        most = max(counts.values(), default=1)
        if most == 1:
            break  # no longer n-gram repeats either
        if n in TOP_NGRAM:
            starts = [ngrams.index(ngram) for ngram, count in counts.items() if count == most]
            longest = max(ends[start + n] - ends[start] for start in starts)
            top = max(top, most * longest / ends[-1] / limit)
        else:
            inside = bytearray(len(words))
            for start, ngram in enumerate(ngrams):
                if counts[ngram] > 1:
                    inside[start : start + n] = b"\1" * n
            covered = sum(len(word) for word in compress(words, inside))
            duplicate = max(duplicate, covered / ends[-1] / limit)
    return top, duplicate

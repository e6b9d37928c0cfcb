"""Texts that are not in the run's language, or turn into another on the way.

Gopher keeps a document that has two of eight English function words (Rae et al. 2021, arXiv
2112.11446, section A.1.1). A model that changes language does so in the middle, so passages are
judged and not the whole: a passage is foreign when function words of another language stand in it
much more often than the run's own, or most of its letters are not Latin. The function words are the
commonest of the Snowball stop lists (snowballstem.org/algorithms), those that two of these languages
share included. A trained identifier (py3langid, lingua) would know more languages; for this question
it costs ten times as much a text and brings a model, and on lists, logs and dialect it is often
wrong where this abstains.
"""

import re
from collections.abc import Iterator

from generator.checks.settings import LanguageSettings
from generator.checks.text import WORD, Text

_FUNCTION_WORDS = {
    "da": "og i jeg det at en den til er som på de med han af for ikke der var mig sig men et har om vi"
    " min havde hun nu over da fra du ud dem os op hans hvor eller hvad skal når",
    "de": "der die das und in zu den dem des ein eine einen nicht ist war sie er es ich wir ihr mit auf"
    " für von im an als auch sich dass hat hatte aus bei nach wie nur noch aber wenn oder so vom zum"
    " zur niemand war sei keines",
    "en": "the be to of and a in that have i it for not on with he as you do at this but his by from"
    " they we say her she or an will my one all would there their what so up out if about who get"
    " which go me was were is are had been has its him no when them than then",
    "es": "de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya o"
    " este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos"
    " ni estaba había era",
    "fr": "le la les de des du et un une en à est que qui dans il elle ne pas pour sur au aux ce cette"
    " se son sa ses par plus je nous vous mais avec ou était avait on lui y comme leur d l n qu c",
    "it": "il la le lo gli i di del della che e è un una in a per non si con da al dal nel alla sono ma"
    " come più anche era aveva ha su o se ci mi questo suoi sua suo dei delle",
    "nl": "de het een en van in is dat op te zijn met voor niet die aan er was om ook als dan maar hij"
    " ze zij bij uit nog naar had wat werd tot over haar hun je ik we niemand iets",
    "pl": "i w na z do się nie to że jest o jak a po co ale za od przez przy był była było już tylko"
    " dla czy jego jej ich go ten ta tym są ze który która nic nikt",
    "pt": "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à"
    " seu sua ou quando muito nos já eu também só pelo pela até isso ela era tinha",
    "sv": "och i att det som en på är av för med den till inte om ett han men var jag sig så vi hon"
    " har de ut när upp nu hade där från ur eller vad skulle ingen något under",
}
_WORDS = {name: frozenset(words.split()) for name, words in _FUNCTION_WORDS.items()}
_NOT_LATIN = re.compile(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff]")
_LETTER = re.compile(r"[^\W\d_]")
PASSAGE = 20
"""Words from which the language of a passage is told; shorter paragraphs are joined."""
USUAL = 0.18
"""The share of function words that running text has at least, in any of these languages."""


def language(text: Text, settings: LanguageSettings) -> str:
    """How much of a text is in another language, and which, where it is too much."""
    foreign: dict[str, int] = {}
    for passage in _passages(text.lower):
        if name := _other(passage, settings.language):
            foreign[name] = foreign.get(name, 0) + len(passage)
    share = sum(foreign.values()) / len(text.body) if foreign else 0.0
    if share <= settings.foreign:
        return ""
    most = max(foreign, key=lambda name: foreign[name])
    return f"{share:.0%} not in '{settings.language}', mostly {most}"


def _passages(lower: str) -> Iterator[str]:
    """Paragraphs, the short ones joined to what follows."""
    held = ""
    for paragraph in lower.split("\n\n"):
        held = f"{held}\n\n{paragraph}" if held else paragraph
        if (not paragraph.isascii() and _is_other_script(paragraph)) or held.count(" ") >= PASSAGE:
            yield held
            held = ""
    if held:
        yield held


def _other(passage: str, own: str) -> str:
    if not passage.isascii() and _is_other_script(passage):
        return "another script"
    words = WORD.findall(passage)
    if len(words) < PASSAGE:
        return ""
    least = 1.5 * sum(map(_WORDS[own].__contains__, words))
    if least > 0.45 * len(words):  # nothing has so many function words of two languages
        return ""
    least = max(USUAL * len(words), least)
    counts = {name: sum(map(known.__contains__, words)) for name, known in _WORDS.items()}
    name = max(counts, key=lambda name: counts[name])
    return f"'{name}'" if name != own and counts[name] >= least else ""


def _is_other_script(passage: str) -> bool:
    return 2 * len(_NOT_LATIN.findall(passage)) > len(_LETTER.findall(passage))

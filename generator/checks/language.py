"""Texts that are not in the run's language, or turn into another on the way.

Gopher keeps a document that has two of eight English function words (Rae et al. 2021, arXiv
2112.11446, section A.1.1). A model that changes language does so in the middle, so passages are
judged and not the whole: a passage is foreign when function words of another language stand in it
much more often than the run's own, or most of its letters are not Latin. The function words are
commonest ones of the Snowball stop lists (snowballstem.org/algorithms), those that two of these
languages share included. A trained identifier (py3langid, lingua) knows more languages and brings a
model with it; this question has one expected answer, and where few function words stand (lists,
logs, dialect) a text is left alone.
"""

from generator.checks.settings import LanguageSettings
from generator.checks.text import Lexicon, Text

_FUNCTION_WORDS = {
    "da": "og i jeg det at en den til er som på de med han af for ikke der var mig sig men "
    "et har om vi min havde hun nu over da fra du ud dem os op hans hvor eller hvad "
    "skal når",
    "de": "der die das und in zu den dem des ein eine einen nicht ist war sie er es ich wir "
    "ihr mit auf für von im an als auch sich dass hat hatte aus bei nach wie nur noch "
    "aber wenn oder so vom zum zur niemand war sei keines",
    "en": "the be to of and a in that have i it for not on with he as you do at this but "
    "his by from they we say her she or an will my one all would there their what so "
    "up out if about who get which go me was were is are had been has its him no when "
    "them than then",
    "es": "de la que el en y a los del se las por un para con no una su al lo como más pero "
    "sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay "
    "donde quien desde todo nos ni estaba había era",
    "fr": "le la les de des du et un une en à est que qui dans il elle ne pas pour sur au "
    "aux ce cette se son sa ses par plus je nous vous mais avec ou était avait on lui "
    "y comme leur d l n qu c",
    "it": "il la le lo gli i di del della che e è un una in a per non si con da al dal nel "
    "alla sono ma come più anche era aveva ha su o se ci mi questo suoi sua suo dei "
    "delle",
    "nl": "de het een en van in is dat op te zijn met voor niet die aan er was om ook als "
    "dan maar hij ze zij bij uit nog naar had wat werd tot over haar hun je ik we "
    "niemand iets",
    "pl": "i w na z do się nie to że jest o jak a po co ale za od przez przy był była było "
    "już tylko dla czy jego jej ich go ten ta tym są ze który która nic nikt",
    "pt": "de a o que e do da em um para com não uma os no se na por mais as dos como mas "
    "ao ele das à seu sua ou quando muito nos já eu também só pelo pela até isso ela "
    "era tinha",
    "sv": "och i att det som en på är av för med den till inte om ett han men var jag sig "
    "så vi hon har de ut när upp nu hade där från ur eller vad skulle ingen något "
    "under",
}
_NAMES = tuple(_FUNCTION_WORDS)
_LEXICON = Lexicon(*_FUNCTION_WORDS.values())
PASSAGE = 20
"""Words from which the language of a passage is told; shorter paragraphs are joined."""
USUAL = 0.18
"""The share of function words that running text has at least, in any of these languages."""


def language(text: Text, settings: LanguageSettings) -> str:
    """How much of a text is in another language, and which, where it is too much."""
    # numba is loaded where there is something to compute.
    from generator.checks.compiled_windows import foreign_bytes

    own = _NAMES.index(settings.language)
    foreign = foreign_bytes(*text.hashed, *_LEXICON.table, len(_NAMES), own, PASSAGE, USUAL)
    share = foreign.sum() / max(len(text.hashed.data), 1)
    if share <= settings.foreign:
        return ""
    most = (*(f"'{name}'" for name in _NAMES), "another script")[foreign.argmax()]
    return f"{share:.0%} not in '{settings.language}', mostly {most}"

"""What is counted in a text: its names, and the words it begins with."""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import islice

CAPITALISED = re.compile(
    # Letters first, so that the search skips from capital to capital.
    r"[A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-Я]"
    r"""(?:(?<=[^\s.!?:…"“”„‘’'«»—–\-(\[*_#>|/] .)"""  # noqa: RUF001 - within a sentence
    r"|(?<=,[”\"’'»] .)|(?<=\b[MD]r\. .)|(?<=\bMrs\. .)|(?<=\bMs\. .))"  # noqa: RUF001
    r"[^\W\d_]*(?:[-’'][^\W\d_]+)*"  # noqa: RUF001
)
"""Words with a capital where no sentence begins: after a word, a comma, speech that goes on."""
WORDS = re.compile(r"\w+(?:[-’'.,:/]\w+)*")  # noqa: RUF001
NO_NAME = re.compile(
    "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?"
    "|January|February|March|April|May|June|July|August|September|October|November|December"
    "|Christmas|Easter|English|God|Mr|Mrs|Ms|Dr|Miss|Sir"
    "|(?:[A-Z]+s?)"
)
"""Words whose capitals say nothing; English is what the texts are written in."""


@lru_cache(maxsize=1 << 16)
def _name(word: str) -> str | None:
    """A name as it is counted, or None for `I`, initials, abbreviations, days and months."""
    name = re.sub(r"['’](?:s|ll|d|ve|m|re)?$", "", word)  # noqa: RUF001
    return name if name[:1].isupper() and not NO_NAME.fullmatch(name) else None


def names_in(text: str) -> set[str]:
    """The capitalised words that stand somewhere within a sentence, and not only at its head.

    Accepted: a word that is only ever a sentence's first, or speech's, is missed; an office or a
    body written with a capital counts as a name.
    """
    return _names(CAPITALISED.findall(text))


def names_of_entry(entry: str) -> set[str]:
    """The names in a dealt entry, which is no sentence and may begin with one."""
    words = WORDS.findall(entry)
    return names_in(entry) | _names(words[:2] if words and words[0][0].isupper() else [])


def capitalised(text: str) -> set[str]:
    """Every word with a capital, wherever it stands."""
    return {word for word in WORDS.findall(text) if word[0].isupper()}


def first_words(text: str, count: int) -> tuple[str, ...]:
    """The first words of a text, lower-cased, without the marks around them."""
    return tuple(match.group().lower() for match in islice(WORDS.finditer(text), count))


def _names(words: list[str]) -> set[str]:
    clean: Callable[[str], str | None] = _name
    return {name for name in map(clean, set(words)) if name}

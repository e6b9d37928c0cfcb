"""Words that model-written stories and documents use far too often, each with who counted it."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, Field

FILE = Path(__file__).resolve().with_suffix(".json")
SLASHES = re.compile(r"(\S+/\S+)")


class Listed(BaseModel):
    """One entry of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    """The words themselves, or a description of them: in lower case, or with `(…)` inside."""
    source: str
    """Where it was counted, and how often."""


class Lists(BaseModel):
    """The file as it stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_names: tuple[Listed, ...]
    full_names: tuple[Listed, ...]
    places: tuple[Listed, ...]
    titles: tuple[Listed, ...]
    openings: tuple[Listed, ...]
    phrases: tuple[Listed, ...]
    closings: tuple[Listed, ...]


class OverusedSettings(BaseModel):
    """Above which share of a run's documents an overused entry is warned of.

    A name that the plan dealt to a document does not count in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: float = Field(default=0.02, gt=0, le=1)
    """Of people and places. With names dealt evenly from long lists, hardly one is in more."""
    titles: float = Field(default=0.02, gt=0, le=1)
    openings: float = Field(default=0.02, gt=0, le=1)
    phrases: float = Field(default=0.1, gt=0, le=1)
    """Single words such as 'gaze' too, which good prose has now and then."""
    closings: float = Field(default=0.02, gt=0, le=1)
    least: int = Field(default=5, ge=1)
    """Documents that must have it: in a small run two are a large share."""


@dataclass(frozen=True, slots=True)
class Exact:
    """The exact words among the entries of a list, lower-cased; descriptions are left out."""

    wholes: frozenset[str]
    beginnings: frozenset[str]
    """From entries that go on with `…`, of two words or of one that is no article."""

    def __contains__(self, text: str) -> bool:
        """Whether a text is one of these, or begins with a beginning."""
        return self.entry(text) is not None

    def entry(self, text: str) -> str | None:
        """Which of these a text is, or begins with."""
        words = [word.rstrip(",") for word in text.lower().split()]
        if (whole := " ".join(words)) in self.wholes:
            return whole
        starts = (" ".join(words[:length]) for length in range(len(words), 0, -1))
        return next((start for start in starts if start in self.beginnings), None)


@dataclass(frozen=True, slots=True)
class Overused:
    """About 800 names, titles and phrases that were counted in model-written texts.

    They are for checks and for choosing what a plan deals, never for prompts: a list of what to
    avoid becomes a list of what to use.
    """

    first_names: frozenset[str]
    full_names: frozenset[str]
    """Of more than one word."""
    family_names: frozenset[str]
    """The last words of the full names."""
    places: frozenset[str]
    """Companies and organisations too."""
    titles: Exact
    openings: Exact
    phrases: frozenset[str]
    """As they stand in the file, descriptions among them."""
    closings: frozenset[str]
    """As they stand in the file, descriptions among them."""

    def name(self, word: str) -> bool:
        """Whether a word, or several, is an overused name of a person or a place."""
        return word in self.first_names or word in self.family_names or word in self.places


@cache
def overused() -> Overused:
    """Read the list that comes with the program; once."""
    lists = Lists.model_validate(orjson.loads(FILE.read_bytes()))
    openings = _exact(lists.openings)
    return Overused(
        first_names=frozenset(entry.text for entry in lists.first_names),
        full_names=frozenset(entry.text for entry in lists.full_names if " " in entry.text),
        family_names=frozenset(entry.text.split()[-1] for entry in lists.full_names),
        places=frozenset(
            entry.text
            for entry in lists.places
            if entry.text[0].isupper() and not re.search("[(…]", entry.text)
        ),
        titles=_exact(lists.titles),
        openings=Exact(frozenset(), openings.wholes | openings.beginnings),
        phrases=frozenset(entry.text for entry in lists.phrases),
        closings=frozenset(entry.text for entry in lists.closings),
    )


def _exact(entries: tuple[Listed, ...]) -> Exact:
    """The exact words among entries.

    An entry gives alternatives between ` / `, words to choose from as `of/in`, and what it begins
    with before a last `…`.
    """
    wholes, beginnings = set[str](), set[str]()
    for alternative in (part for entry in entries for part in entry.text.split(" / ")):
        words = alternative.removesuffix("…").strip(" ,")
        described = re.search("[(…]", words) or not words[:1].isupper()
        if described or words in ("The", "A"):
            continue
        choices = [piece.split("/") for piece in SLASHES.split(words)]
        chosen = {"".join(choice).lower() for choice in product(*choices)}
        (beginnings if alternative.endswith("…") else wholes).update(chosen)
    return Exact(frozenset(wholes), frozenset(beginnings))

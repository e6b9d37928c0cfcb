"""How many of a run's documents have each entry of the list of what models overuse.

One name in one text is no fault, and nothing is rejected for it: 77% of model-written stories use
one of twenty first names (counted in EQ-bench/longform-writing-bench), and that shows in a corpus
alone. So shares are counted, and an entry beyond the limit for its list is warned of.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from exempla.document import Record
from prompts.overused import Overused, OverusedSettings, overused
from prompts.wording import first_words

WORD = re.compile(r"\w+")
LISTS = ("names", "titles", "openings", "phrases", "closings")


class Overuse(Record):
    """An entry and its share of a run's documents."""

    entry: str
    list: str
    """Which of the lists it stands in: `names` are of people and places."""
    documents: int
    share: float
    limit: float
    """From the settings, for its list."""
    beyond: bool
    """Whether its share is above the limit, in enough documents to say so."""


class Overuses:
    """Counts the entries, document by document."""

    def __init__(self) -> None:
        self._documents = 0
        self._counts = {name: Counter[str]() for name in LISTS}
        self._listed = overused()
        self._names = _by_last_word(self._listed)
        self._phrases = _by_rarest_word(self._listed.phrases)
        self._closings = _by_rarest_word(self._listed.closings)

    def add(self, title: str, body: str, names: set[str], dealt: str) -> None:
        """Count one document.

        Args:
            title: Empty where it has none.
            body: Its text, or all that is said in it.
            names: Those in the body.
            dealt: The words that the plan gave to it; names in them do not count.
        """
        self._documents += 1
        counts = self._counts
        for last in self._names.keys() & names:
            for name in self._names[last]:
                if name in body and name not in dealt:
                    counts["names"][name] += 1
        if entry := self._listed.titles.entry(title):
            counts["titles"][entry] += 1
        if entry := self._listed.openings.entry(" ".join(first_words(body, 8))):
            counts["openings"][entry] += 1
        counts["phrases"].update(_found(self._phrases, body))
        end = body.rstrip().rpartition("\n\n")[2]
        counts["closings"].update(_found(self._closings, end))

    def rows(self, settings: OverusedSettings) -> tuple[Overuse, ...]:
        """Every entry that was found: those furthest beyond their limits first."""
        rows = []
        for name, counts in self._counts.items():
            limit: float = getattr(settings, name)
            for entry, count in counts.items():
                share = count / self._documents
                beyond = share > limit and count >= settings.least
                rows.append(
                    Overuse(
                        entry=entry,
                        list=name,
                        documents=count,
                        share=round(share, 4),
                        limit=limit,
                        beyond=beyond,
                    )
                )
        return tuple(
            sorted(rows, key=lambda row: (not row.beyond, -row.share / row.limit, row.entry))
        )


def _by_last_word(listed: Overused) -> Mapping[str, list[str]]:
    found = defaultdict[str, list[str]](list)
    for name in sorted(
        listed.first_names | listed.family_names | listed.full_names | listed.places
    ):
        found[name.split()[-1]].append(name)
    return dict(found)


def _by_rarest_word(entries: Iterable[str]) -> Mapping[str, list[str]]:
    """The entries that are words and not a description, by their longest word."""
    found = defaultdict[str, list[str]](list)
    for entry in sorted(entries):
        for part in entry.split(" / "):
            words = WORD.findall(part.strip(" …").lower())
            if words and not re.search(
                r"[(…/]|\b[XYZ]\b|paragraph|sentence|line$", part.strip(" …")
            ):
                found[max(words, key=len)].append(" ".join(words))
    return dict(found)


def _found(entries: Mapping[str, list[str]], text: str) -> list[str]:
    words = WORD.findall(text.lower())
    joined = f" {' '.join(words)} "
    return [
        entry
        for word in entries.keys() & set(words)
        for entry in entries[word]
        if f" {entry} " in joined
    ]

"""How alike documents are: names, numbers, first words, endings and titles, over a whole run."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from exempla.document import Document, Record
from output.overuse import Overuse, Overuses
from output.tally import Tally
from prompts.overused import OverusedSettings, overused
from prompts.wording import capitalised, first_words, names_in

UNITS = "one|two|three|four|five|six|seven|eight|nine"
NUMBER_WORD = (
    "t(?:en|welve|hirteen|wenty|hirty|housand)|e(?:leven|ighteen|ighty)"
    "|f(?:ourteen|ifteen|orty|ifty)|s(?:ixteen|eventeen|ixty|eventy)|nine(?:teen|ty)"
    "|hundred|million"
)
IN_WORDS = re.compile(rf" ((?:{NUMBER_WORD})\b(?:-(?:{UNITS})\b)?)")
"""Begins with a blank, which is found many times faster than the bound of a word."""
IN_FIGURES = re.compile(r"[0-9][0-9.,:]*[0-9]")
BEFORE_WORDS = "\n\u2014\u2013(\"“‘'"  # noqa: RUF001 - they are put before numbers
SPEECH = ('"', "“", "‘", "'", "«", "»", "„", "—", "–")  # noqa: RUF001 - they begin speech
CLOSED = ('"', "”", "’", "'", "»", "«", "“")  # noqa: RUF001 - they end it
SENTENCE_END = re.compile(
    r"[.!?…](?<!\bMr.)(?<!\bMrs.)(?<!\bDr.)[”\"’')\]]*\s+(?=[\"“‘'(—–]?[^\W\d_a-z]|\d)"  # noqa: RUF001
)
ARTICLES = {"a", "an", "the"}
PRONOUNS = re.compile(
    "(?:i|you|he|she|it|we|they|my|your|his|her|its|our|their|this|that|these|those|who|what"
    r"|nobody|everyone|everybody|someone|somebody)\b"
)
NUMBER = re.compile(rf"\d|(?:{UNITS}|{NUMBER_WORD})\b")
SHORT = 6
"""Words of a last sentence that counts as short."""
TEXT = "text"
"""Who speaks where there are no messages."""


class Row(Record):
    """One value and how many documents have it."""

    value: str
    documents: int
    share: float
    """Of the documents that could have it."""
    dealt: int | None = None
    """How many of the documents were dealt it; None where that is not counted."""
    overused: bool = False
    """Whether it is in the list of what models overuse."""


Table = tuple[Row, ...]
"""The most frequent first."""


class Openings(Record):
    """How the texts begin, or the messages of one speaker; a document counts once a value."""

    documents: int
    first_words: Table
    first_two_words: Table
    first_sentences: Table
    """What they begin with: an article, a name, a pronoun, speech, a number, something else."""


class Variety(Record):
    """What a run's documents have in common, in tables of the most frequent values."""

    documents: int
    names: Table
    numbers: Table
    """In figures, of two digits and more, and in words from ten up."""
    openings: dict[str, Openings]
    """Of `text`, and of each role of a chat but `system`."""
    last_sentences: Table
    titles: Table
    """What the titles are like: begins with 'The', has a colon, overused, stands twice."""
    repeated_titles: Table
    axes: dict[str, Table]
    """How often each value of each axis was dealt to these documents."""
    skeletons: dict[str, Table]
    """Of each kind, the choices that its ideas declare, taken together."""
    overused: tuple[Overuse, ...]
    """Entries of the list of what models overuse, those furthest beyond their limits first."""
    short_by: int
    """A count may be too small by so much, because rare values were forgotten; mostly 0."""


def variety(
    documents: Iterable[Document | Mapping[str, Any]],
    top: int,
    limits: OverusedSettings | None = None,
) -> Variety:
    """Count over documents, in one pass; memory grows with distinct values, up to a limit.

    Args:
        documents: With a `text`, or with `messages` of a role and a content.
        top: How many rows a table has at most.
        limits: The shares above which overused entries are warned of.
    """
    count = _Count()
    for document in documents:
        count.add(document.row() if isinstance(document, Document) else document)
    return count.tables(top, limits or OverusedSettings())


def numbers_in(text: str) -> set[str]:
    """The numbers from ten up in a text: in figures, times of day too, and in words."""
    lower = " " + text.lower()
    for mark in BEFORE_WORDS:
        lower = lower.replace(mark, " ")
    return {*IN_WORDS.findall(lower), *IN_FIGURES.findall(lower)}


def first_sentence(text: str, names: set[str]) -> str:
    """What a text begins with."""
    start = text[:200].lstrip(" \n*_#>")
    if start.startswith(SPEECH):
        return "speech"
    word, second = (*first_words(start, 2), "", "")[:2]
    if word in ARTICLES:
        return "article"
    if NUMBER.match(word):
        return "number"
    if PRONOUNS.match(word):
        return "pronoun"
    written = start[: len(word)]
    # Two capitals in a row are a name that this text has nowhere else.
    after = start[len(word) :].lstrip(" ")
    return "name" if written in names or (second and after[0].isupper()) else "other"


def last_sentence(text: str) -> list[str]:
    """What is to be said of the end of a text; can be nothing."""
    paragraph = text.rstrip().rpartition("\n\n")[2].strip()
    sentences = SENTENCE_END.split(paragraph)
    found = []
    if len(sentences[-1].split()) <= SHORT:
        found.append(f"{SHORT} words or fewer")
    if len(sentences) == 1:
        found.append("the only one of its paragraph")
    if paragraph.endswith(CLOSED):
        found.append("ends in speech")
    if paragraph.rstrip("".join(CLOSED)).endswith("?"):
        found.append("a question")
    return found


def title_like(title: str) -> list[str]:
    """What is to be said of a title; can be nothing."""
    found = []
    if title.startswith("The "):
        found.append("begins with 'The'")
    if ":" in title:
        found.append("has a colon")
    if title in overused().titles:
        found.append("is, or begins as, an overused one")
    return found


class _Count:
    """The tallies of one pass."""

    def __init__(self) -> None:
        self.documents = 0
        self.speakers: defaultdict[str, _Openings] = defaultdict(_Openings)
        self.axes: defaultdict[str, Tally] = defaultdict(Tally)
        self.of_axis, self.of_kind = Counter[str](), Counter[str]()
        self.skeletons: defaultdict[str, Tally] = defaultdict(Tally)
        self.dealt = Tally()
        self.names, self.numbers, self.last = Tally(), Tally(), Tally()
        self.titles, self.title_words = Tally(), Tally()
        self.overuses = Overuses()

    def add(self, document: Mapping[str, Any]) -> None:
        """Count one document."""
        self.documents += 1
        said = _said(document)
        body = "\n\n".join(text for _, text in said)
        names = names_in(body)
        self.names.add(names)
        self.numbers.add(numbers_in(body))
        for speaker in dict(said):
            texts = [text for role, text in said if role == speaker]
            self.speakers[speaker].add(texts, names)
        self.last.add(last_sentence(body))
        if title := document.get("title"):
            self.titles.add((title,))
            self.title_words.add(title_like(title))
        for axis, value in (document.get("axes") or {}).items():
            self.axes[axis].add((value,))
            self.of_axis[axis] += 1
        if skeleton := document.get("skeleton"):
            self.skeletons[document["kind"]].add(("; ".join(skeleton.values()),))
            self.of_kind[document["kind"]] += 1
        dealt = " ".join((document.get("dealt") or {}).values())
        self.dealt.add(numbers_in(dealt).union(capitalised(dealt)))
        self.overuses.add(document.get("title") or "", body, names, dealt)

    def tables(self, top: int, limits: OverusedSettings) -> Variety:
        """The tables of what was counted."""
        whole, listed = self.documents, overused()
        tallies = [self.names, self.numbers, self.titles]
        tallies += [tally for one in self.speakers.values() for tally in (one.words, one.pairs)]
        repeats = self.titles.repeated()
        likenesses = [*self.title_words.top(top), *([("stands twice", repeats)] if repeats else [])]
        repeated = [pair for pair in self.titles.top(top) if pair[1] > 1]
        return Variety(
            documents=whole,
            names=tuple(
                row.model_copy(update={"overused": listed.name(row.value)})
                for row in _table(self.names.top(top), whole, self.dealt)
            ),
            numbers=_table(self.numbers.top(top), whole, self.dealt),
            openings={
                speaker: self.speakers[speaker].tables(top) for speaker in sorted(self.speakers)
            },
            last_sentences=_table(self.last.top(top), whole),
            titles=_table(sorted(likenesses, key=lambda pair: -pair[1]), whole),
            repeated_titles=tuple(
                row.model_copy(update={"overused": row.value in listed.titles})
                for row in _table(repeated, whole)
            ),
            axes={axis: _table(self.axes[axis].top(top), n) for axis, n in self.of_axis.items()},
            skeletons={
                kind: _table(self.skeletons[kind].top(top), n) for kind, n in self.of_kind.items()
            },
            overused=self.overuses.rows(limits)[:top],
            short_by=max(tally.short_by for tally in tallies),
        )


class _Openings:
    """The tallies of how one speaker begins."""

    def __init__(self) -> None:
        self.documents = 0
        self.words, self.pairs, self.kinds = Tally(), Tally(), Tally()

    def add(self, texts: list[str], names: set[str]) -> None:
        """Count the beginnings of what one document has of the speaker."""
        self.documents += 1
        starts = [first_words(text, 2) for text in texts]
        self.words.add({words[0] for words in starts if words})
        self.pairs.add({" ".join(words) for words in starts if len(words) > 1})
        self.kinds.add({first_sentence(text, names) for text in texts})

    def tables(self, top: int) -> Openings:
        """The tables of what was counted."""
        listed = overused().openings
        return Openings(
            documents=self.documents,
            first_words=_table(self.words.top(top), self.documents),
            first_two_words=tuple(
                row.model_copy(update={"overused": row.value in listed})
                for row in _table(self.pairs.top(top), self.documents)
            ),
            first_sentences=_table(self.kinds.top(top), self.documents),
        )


def _said(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Who says what, in order; without system messages, which are dealt and not written."""
    if document.get("messages") is None:
        return [(TEXT, document["text"])]
    return [
        (message["role"], message["content"])
        for message in document["messages"]
        if message["role"] != "system" and message.get("content")
    ]


def _table(counts: Iterable[tuple[str, int]], whole: int, dealt: Tally | None = None) -> Table:
    return tuple(
        Row(
            value=value,
            documents=count,
            share=round(count / whole, 4) if whole else 0.0,
            dealt=None if dealt is None else dealt.count(value),
        )
        for value, count in counts
    )

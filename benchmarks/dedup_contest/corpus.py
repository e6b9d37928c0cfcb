"""A corpus of made-up prose with near-duplicates planted in it, the same from the same seed.

Documents have about 600 words (450 to 750), drawn by Zipf's law from 50,000 made-up ones, in
sentences and paragraphs. Half of the documents are typographic: curly quotes, dashes, and words
with accents or in Cyrillic. A word has no sign inside it, so that all tools agree on what is one.

Each kind of family has one document in a hundred as its first member. The others of the family are
made from the first: a copy, the same words with other capitals and punctuation, or a text that was
edited down to a wanted similarity, in turn by words replaced all over it, by one passage replaced,
or by a tail cut off. In a chain the third is made from the second, and is far from the first.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

KINDS = ("copy", "looks", "0.9", "0.8", "0.75", "0.7", "0.6", "0.5", "chain")
"""Of families; a number is the true Jaccard similarity aimed at, which is met or just exceeded."""

SHARE = 100
"""Each kind of family has one document in so many as its first member."""

VOCABULARY = 50_000
WIDTH = 5

PLAIN = ("{w} ", "{W} ", "{w}, ", "{w}. ", "{w}.\n\n", "{w}; ", "({w}) ", "{W}! ")
TYPOGRAPHIC = ("{w} ", "{W} ", "{w}, ", "{w}. ", "{w}.\n\n", "{w} — ", "“{w}” ", "{W}… ")
FORMS = len(PLAIN)
CAPITAL, STOP, PARAGRAPH = 1, 3, 4
FREQUENCY = np.cumsum((0.78, 0.03, 0.07, 0.06, 0.01, 0.02, 0.02, 0.01))

Words = NDArray[np.int64]
"""Ranks in the vocabulary."""


class Family(NamedTuple):
    """Documents made from one another."""

    kind: str
    members: list[str]
    """Ids."""


def write_corpus(path: Path, size: int, seed: int) -> list[Family]:
    """Write `size` documents as JSON lines with `id` and `text`, in random order.

    Returns:
        The planted families.
    """
    places = np.random.default_rng(seed).permutation(size)
    count = size // SHARE
    lengths = [3 if kind == "chain" else 2 for kind in KINDS]
    numbers, families = iter(places.tolist()), []
    member_at: dict[int, tuple[int, int]] = {}
    for _ in range(count):
        for kind, length in zip(KINDS, lengths, strict=True):
            taken = [next(numbers) for _ in range(length)]
            member_at |= {place: (len(families), member) for member, place in enumerate(taken)}
            families.append(Family(kind, [f"d{place:07d}" for place in taken]))
    with path.open("wb") as file:
        for place in range(size):
            family, member = member_at.get(place, (-1, 0))
            text = (
                _member(seed, family, families[family].kind, member)
                if family >= 0
                else _text(*_draft(_generator(seed, 1, place)))
            )
            file.write(orjson.dumps({"id": f"d{place:07d}", "text": text}) + b"\n")
    return families


def _generator(*seed: int) -> Generator:
    return Generator(PCG64(seed))


class _Draft(NamedTuple):
    words: Words
    forms: Words
    typographic: bool


def _draft(draw: Generator) -> _Draft:
    words = _by_frequency()[draw.integers(0, 1 << 20, int(draw.integers(450, 751)))]
    return _Draft(words, _forms(draw, words.size), bool(draw.integers(2)))


def _forms(draw: Generator, size: int) -> Words:
    forms = np.searchsorted(FREQUENCY, draw.random(size) * FREQUENCY[-1], side="right")
    ends = (forms == STOP) | (forms == PARAGRAPH)
    forms[1:][ends[:-1] & (forms[1:] == 0)] = CAPITAL
    return forms


def _member(seed: int, family: int, kind: str, member: int) -> str:
    draft = _draft(_generator(seed, 2, family))
    for step in range(1, member + 1):
        draft = _changed(draft, kind, family // len(KINDS), _generator(seed, 3, family, step))
    return _text(*draft)


def _changed(draft: _Draft, kind: str, turn: int, draw: Generator) -> _Draft:
    if kind == "copy":
        return draft
    if kind == "looks":
        return draft._replace(forms=_forms(draw, draft.words.size))
    similarity = 0.8 if kind == "chain" else float(kind)
    way: Callable[[_Draft, float, Generator], _Draft] = (_scattered, _passage, _cut)[turn % 3]
    return way(draft, similarity, draw)


def _scattered(draft: _Draft, similarity: float, draw: Generator) -> _Draft:
    """Replace single words; each takes `WIDTH` shingles from both sides of the intersection."""
    words = draft.words.copy()
    shingles = words.size - WIDTH + 1
    count = int(shingles * (1 - similarity) / (1 + similarity) / WIDTH)
    step = (words.size - 2 * WIDTH) // count
    spread = draw.integers(0, step - WIDTH + 1, count)
    words[WIDTH + step * np.arange(count) + spread] = draw.integers(0, VOCABULARY, count)
    return draft._replace(words=words)


def _passage(draft: _Draft, similarity: float, draw: Generator) -> _Draft:
    """Replace one run of words."""
    words = draft.words.copy()
    shingles = words.size - WIDTH + 1
    length = int(shingles * (1 - similarity) / (1 + similarity)) - WIDTH + 1
    start = int(draw.integers(WIDTH, words.size - length - WIDTH))
    words[start : start + length] = draw.integers(0, VOCABULARY, length)
    return draft._replace(words=words)


def _cut(draft: _Draft, similarity: float, draw: Generator) -> _Draft:
    """Leave out words at the end, or at the beginning."""
    lost = int((draft.words.size - WIDTH + 1) * (1 - similarity))
    kept = slice(lost, None) if draw.integers(2) else slice(None, -lost)
    return draft._replace(words=draft.words[kept], forms=draft.forms[kept])


def _text(words: Words, forms: Words, typographic: bool) -> str:
    tokens = _tokens(typographic)
    return "".join(map(tokens.__getitem__, (forms * VOCABULARY + words).tolist())).rstrip()


@cache
def _tokens(typographic: bool) -> list[str]:
    """Each word in each form, with what follows it."""
    forms = TYPOGRAPHIC if typographic else PLAIN
    words = _vocabulary()
    if typographic:
        words = [_foreign(rank, word) for rank, word in enumerate(words)]
    return [form.format(w=word, W=word.capitalize()) for form in forms for word in words]


def _foreign(rank: int, word: str) -> str:
    """Every 25th word is Cyrillic, and every 25th has accents."""
    if rank % 25 == 11:
        return word.translate(str.maketrans("abdefgiklmnoprstuvz", "абдефгиклмнопрстувз"))
    if rank % 25 == 17:
        return word.translate(str.maketrans("aeioun", "àéïöüñ"))
    return word


@cache
def _vocabulary() -> list[str]:
    """Made-up words, all different; the frequent ones are short, as in any language."""
    draw = np.random.default_rng(0)
    onsets = [*"bdfgklmnprstvz", "br", "dr", "fl", "gr", "kl", "pr", "st", "tr"]
    syllables = [onset + vowel for onset in onsets for vowel in "aeiou"]
    codas = ["", *"nrstlm"]
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        # The words known so far decide the length of the next: one syllable for the first 150.
        length = int(np.searchsorted((150, 5_000, 25_000), len(words), side="right")) + 1
        parts = [syllables[i] for i in draw.integers(0, len(syllables), length)]
        words["".join(parts) + codas[int(draw.integers(len(codas)))]] = None
    return list(words)


@cache
def _by_frequency() -> Words:
    """Ranks, each as often as Mandelbrot's form of Zipf's law has it, for a uniform draw."""
    frequency = np.cumsum(1 / (np.arange(VOCABULARY) + 2.7))
    share = (np.arange(1 << 20) + 0.5) / (1 << 20)
    return np.searchsorted(frequency / frequency[-1], share)


def documents(path: Path) -> Iterator[tuple[str, str]]:
    """Id and text of each document."""
    with path.open("rb") as file:
        for line in file:
            row = orjson.loads(line)
            yield row["id"], row["text"]

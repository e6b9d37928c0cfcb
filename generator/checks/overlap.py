"""Documents that hold an evaluation text, or its scenario.

Two measures. Words in a row, as in Brown et al. 2020 (arXiv 2005.14165, appendix C; there 13 words,
or as many as a short example has): hardly ever chance, blind to changes. And likeness: the share of
the rarest words of an evaluation text that stand within one window of a document, each weighed by
its inverse document frequency (Spärck Jones 1972) over the evaluation texts and the project's own
seeds and exemplars, in which the words of this sort of text are common. With 30% of its words
replaced a text keeps a given run of eight 6% of the time, and about 70% of its rare words.

Accepted: a text of few rare words (a short question) can be found by its words in a row alone.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from generator.checks.evaluations import LEAST, Evaluations
from generator.checks.settings import Act
from generator.checks.text import Text, hashed
from prompts.library import Library
from prompts.seed import WRITTEN

PIECE = 150
"""Words of an evaluation text that are compared together; longer ones are cut."""
WINDOW = 300
"""Words of a document that are compared together: windows overlap by a piece."""
SHARED = 8
"""Rare words that must be shared, whatever their share."""
RAREST = 32
"""Words of a piece that are compared: those with the greatest weights."""
COMMON = 0.2
"""The share of the project's own texts from which on a word of them does not count."""

Hashes = NDArray[np.uint64]


class Overlap:
    """Looks evaluation texts up in documents."""

    def __init__(self, evaluations: Evaluations, library: Library) -> None:
        """Index the evaluation texts; some milliseconds for a thousand."""
        # numba is loaded where there is something to compute.
        from generator.checks import compiled, compiled_windows

        self._compiled = compiled
        self._most_alike = compiled_windows.most_alike
        self._settings = evaluations.settings
        self._places = [text.place for text in evaluations.texts]
        texts = [hashed(text.text.lower()).words for text in evaluations.texts]
        self._index_runs(texts)
        background = [
            " ".join(seed.fields.model_dump(include=WRITTEN - {"id"}).values())
            for seed in library.seeds.values()
        ]
        background += [exemplar.text for exemplar in library.exemplars.values()]
        self._index_words(texts, [hashed(text.lower()).words for text in background])

    def checks(
        self, text: Text, measured: dict[str, float]
    ) -> Iterator[tuple[str, Act, Callable[[], str]]]:
        """Both checks, in the form in which the checker takes them."""
        yield "evaluation", self._settings.overlap, lambda: self.shared(text)
        yield "like an evaluation", self._settings.alike, lambda: self.alike(text, measured)

    def shared(self, text: Text) -> str:
        """The first run of words that a document shares with an evaluation text, and which."""
        for size in self._sizes:
            first, number = self._compiled.first_known(text.runs(size), *self._runs)
            if first >= 0:
                run = text.hashed.between(first, first + size - 1)
                return f"shares with {self._places[number]}: {run}"
        return ""

    def alike(self, text: Text, measured: dict[str, float]) -> str:
        """The evaluation text whose rare words a document has most of, where it has too many."""
        piece, share = self._most_alike(
            text.hashed.words,
            *self._words_table,
            *self._postings,
            self._weights,
            self._totals,
            WINDOW,
            SHARED,
        )
        measured["evaluation_likeness"] = round(share, 4)
        if piece < 0 or share < self._settings.likeness:
            return ""
        return f"has {share:.0%} of the rare words of {self._places[self._text_of[piece]]}"

    def _index_runs(self, texts: list[Hashes]) -> None:
        runs: list[Hashes] = []
        numbers: list[NDArray[np.int64]] = []
        sizes = set[int]()
        for number, words in enumerate(texts):
            size = min(self._settings.words, len(words))
            if size < LEAST:
                continue
            sizes.add(size)
            runs.append(self._compiled.ngrams(words, size))
            numbers.append(np.full(len(runs[-1]), number, dtype=np.int64))
        self._sizes = sorted(sizes, reverse=True)
        keys = np.concatenate([np.empty(0, dtype=np.uint64), *runs])
        values = np.concatenate([np.empty(0, dtype=np.int64), *numbers])
        self._runs = self._compiled.sieve(keys), *self._compiled.stored(keys, values, 4)

    def _index_words(self, texts: list[Hashes], background: list[Hashes]) -> None:
        pieces = [
            (number, words[first:last])
            for number, words in enumerate(texts)
            for first, last in pairwise(_cuts(len(words)))
        ]
        distinct = [np.unique(words) for _, words in pieces]
        words = np.concatenate([np.empty(0, dtype=np.uint64), *distinct])
        owners = np.repeat(np.arange(len(pieces)), [len(found) for found in distinct])
        known, numbers, counts = np.unique(words, return_inverse=True, return_counts=True)
        usual = np.zeros(len(known), dtype=np.int64)
        for text in background:
            usual += np.isin(known, text)
        whole = len(pieces) + len(background)
        weights = np.log(1 + whole / (counts + usual))
        weights[usual > COMMON * len(background)] = 0.0
        # Of each piece the heaviest words: sorted by piece, then by weight.
        order = np.lexsort((numbers, -weights[numbers], owners))
        firsts = np.searchsorted(owners[order], np.arange(len(pieces)))
        rank = np.arange(len(order)) - firsts[owners[order]]
        order = order[(rank < RAREST) & (weights[numbers[order]] > 0)]
        order = order[np.argsort(numbers[order], kind="stable")]
        of_word = np.bincount(numbers[order], minlength=len(known))
        self._postings = np.concatenate([[0], np.cumsum(of_word)]), owners[order]
        totals = np.bincount(owners[order], weights[numbers[order]], minlength=len(pieces))
        self._weights, self._totals = weights, np.maximum(totals, 1e-9)
        rare = of_word > 0
        self._text_of = [number for number, _ in pieces]
        self._words_table = self._compiled.stored(
            known[rare], np.flatnonzero(rare).astype(np.int64), 4
        )


def _cuts(words: int) -> list[int]:
    """Where a text of so many words is cut into equal pieces of `PIECE` at most."""
    parts = max(-(-words // PIECE), 1)
    return [words * part // parts for part in range(parts + 1)]

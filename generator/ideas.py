"""Ideas that do not repeat: each is compared with those before it in its chain.

The items of one kind and clause form a chain, and replicate r chooses its idea in view of the
ideas of the replicates before it. So it waits until those are settled; what it gets is then the
same whatever the timing, the number of workers, or the processes a run took. One that is taken up
once more comes late: it is shown the ideas before it, and repeats none of the later ones either,
which stay as they are.
"""

import asyncio
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from generator.item import Item, request_seed
from prompts.answer import Candidate, Fields

PERMUTATIONS = 128
"""The standard error of a similarity is then below 0.05."""
IN_VIEW = 6
"""Earlier ideas that a prompt is shown, the latest ones."""
SHORTEST = 4
"""Letters of the shortest word that is compared: shorter ones say little about a plot."""
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"(?:^|[.!?:]\s+|\n\s*)[\"'“‘(]*")  # noqa: RUF001

Signature = NDArray[np.uint8]
"""The low byte of each MinHash value, shape (PERMUTATIONS,): b-bit minwise hashing (Li and König,
arXiv 0910.3349). A long run keeps one for each idea."""


class Idea(NamedTuple):
    """An idea that was taken."""

    fields: Fields
    signature: Signature


Past = Callable[[Item], Mapping[int, Idea | None]]
"""What is settled of an item's chain when it is first asked for: ideas by replicate, None where an
item ended without one."""


def idea_of(fields: Fields, item: Item) -> Idea:
    """An idea of an item, signed."""
    return Idea(fields, signature(words_of(fields, item.words.values())))


def words_of(idea: Fields, dealt: Iterable[str]) -> set[str]:
    """The words by which ideas are compared.

    Left out are names, because a plot is no other for being about somebody else: words with a
    capital inside a sentence, and at its beginning those that the plan dealt with a capital.

    Args:
        idea: Its fields; only words are compared.
        dealt: The words that the plan gave the item.
    """
    names: frozenset[str] = frozenset().union(*map(_capitalised, dealt))
    found: set[str] = set()
    for value in idea.values():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                found |= _words(text, names)
    return found


@lru_cache(maxsize=4096)
def _capitalised(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(text) if word[0].isupper())


def _words(text: str, names: frozenset[str]) -> set[str]:
    starts = {match.end() for match in _SENTENCE.finditer(text)}
    return {
        match[0].lower()
        for match in _WORD.finditer(text)
        if len(match[0]) >= SHORTEST
        and match[0] not in names
        and (match[0].islower() or match.start() in starts)
    }


def signature(words: set[str]) -> Signature:
    """Sign a set of words.

    The hashes are multiply-shift (Dietzfelbinger et al., A reliable randomized algorithm for the
    closest-pair problem, Journal of Algorithms 25, 1997): the upper half of a x + b.
    """
    if not words:
        return np.zeros(PERMUTATIONS, dtype=np.uint8)
    hashed = np.array([crc32(word.encode()) for word in words], dtype=np.uint64)
    values = (_FACTORS[:, None] * hashed + _TERMS[:, None]) >> np.uint64(32)
    signed: Signature = values.min(axis=1).astype(np.uint8)
    return signed


_DRAW = np.random.default_rng(1)
_FACTORS = _DRAW.integers(0, 2**64, PERMUTATIONS, dtype=np.uint64) | np.uint64(1)
_TERMS = _DRAW.integers(0, 2**64, PERMUTATIONS, dtype=np.uint64)


def similarities(one: Signature, others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Estimate the Jaccard similarity to each of other sets, shape (n,).

    Bytes agree by chance once in 256 times; that share is taken off.
    """
    agree = (others == one).mean(axis=1)
    chance = 1 / 256
    estimates: NDArray[np.float64] = (agree - chance) / (1 - chance)
    return estimates


@dataclass(slots=True)
class Chain:
    """The ideas of one kind and clause, as far as they are settled."""

    settled: int = 0
    """Replicates from 0 on that are settled without a gap."""
    ideas: dict[int, Fields] = field(default_factory=dict)
    """The latest ones, by replicate."""
    signatures: NDArray[np.uint8] = field(
        default_factory=lambda: np.empty((4, PERMUTATIONS), dtype=np.uint8)
    )
    """Of all ideas, in the order in which they were settled; grown by doubling."""
    numbers: list[int] = field(default_factory=list)
    """The replicate of each."""
    beyond: set[int] = field(default_factory=set)
    """Replicates that are settled beyond a gap."""
    waiting: dict[int, asyncio.Future[None]] = field(default_factory=dict)

    async def turn(self, replicate: int) -> None:
        """Wait until every replicate before this one is settled."""
        if self.settled < replicate:
            self.waiting[replicate] = asyncio.get_running_loop().create_future()
            await self.waiting[replicate]

    def earlier(self, replicate: int) -> list[Fields]:
        """The latest ideas before a replicate, oldest first."""
        before = sorted(number for number in self.ideas if number < replicate)
        return [self.ideas[number] for number in before[-IN_VIEW:]]

    def repeats(self, replicate: int, idea: Idea, limit: float) -> bool:
        """Whether an idea is as alike as `limit` to that of another replicate.

        Those after it are settled already only where it comes late: taken up once more, or new
        among items that were taken over. They were there before it began, and none is added while
        it has its turn, so what is compared does not depend on the timing.
        """
        known = self.signatures[: len(self.numbers)]
        others = np.fromiter(self.numbers, dtype=np.int64, count=len(self.numbers)) != replicate
        return bool((similarities(idea.signature, known[others]) >= limit).any())

    def settle(self, replicate: int, idea: Idea | None) -> None:
        """Keep the idea of a replicate, or that it has none, and let the next one go on."""
        if idea is not None:
            self.ideas[replicate] = idea.fields
            if len(self.numbers) == len(self.signatures):
                room = np.empty_like(self.signatures)
                self.signatures = np.concatenate([self.signatures, room])
            self.signatures[len(self.numbers)] = idea.signature
            self.numbers.append(replicate)
        self.beyond.add(replicate)
        while self.settled in self.beyond:
            self.beyond.remove(self.settled)
            self.ideas.pop(self.settled - 2 * IN_VIEW, None)
            self.settled += 1
            if waiting := self.waiting.pop(self.settled, None):
                waiting.set_result(None)


class Chains:
    """Every chain of a run, each read back when it is first asked for."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._chains: dict[tuple[str, str], Chain] = {}

    def of(self, item: Item) -> Chain:
        """The chain of an item."""
        key = item.kind, item.clause
        if key not in self._chains:
            chain = self._chains[key] = Chain()
            for replicate, idea in self._past(item).items():
                chain.settle(replicate, idea)
        return self._chains[key]


def choose(
    candidates: Sequence[Candidate], item: Item, attempt: int, chain: Chain, limit: float
) -> Idea | None:
    """Draw one of the candidates that repeat nothing; the less likely, the sooner.

    A model's first idea is everybody's. Candidates are drawn with weights of one over their
    likelihood, by the item's own seed.

    Returns:
        None where all are as alike as `limit` to an earlier idea of the chain.
    """
    draw = random.Random(request_seed(item.id, "choose", attempt))  # noqa: S311 - reproducible
    # In weighted order without replacement: Efraimidis and Spirakis, Weighted random sampling
    # with a reservoir, Information Processing Letters 97 (2006), algorithm A.
    keys = [draw.random() ** candidate.likelihood for candidate in candidates]
    for _, number in sorted(((key, n) for n, key in enumerate(keys)), reverse=True):
        idea = idea_of(candidates[number].fields, item)
        if not chain.repeats(item.replicate, idea, limit):
            return idea
    return None

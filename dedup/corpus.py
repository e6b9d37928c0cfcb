"""The whole pass over files that may be larger than memory: their documents without duplicates.

Two passes read the texts: the first signs every document, the second makes the shingles of those
that may be near another. What is decided in between is on disk or takes some bytes a document; a
third pass, elsewhere, copies the lines that are kept.

Given indexes come first: their documents stay whatever they resemble.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from dedup.bands import banding
from dedup.columns import Gathered
from dedup.decisions import Decisions, decide_on, undecided, with_copies
from dedup.families import best_copies, families, handfuls
from dedup.index import Index
from dedup.packed import PackedSets
from dedup.reading import Broken, Reading
from dedup.set_file import SetFile
from dedup.stored import Stored, check_scores, store
from dedup.threads import aside
from dedup.work import Workers
from exempla.corpus import RecordFile
from exempla.errors import BadInput, Problem

Ints = NDArray[np.int64]
Show = Callable[[str, int, int | None], None]
"""Called with what is being done, how many documents of it are done, and of how many."""

RESIDENT = 120
"""Bytes of memory that a document takes whatever its length: ranks, families, what became of it."""
_CHUNK = 1024
"""Documents of an index whose shingles are copied at once."""
LEAST = 10
"""Bytes a document, at the least, to sort and compare in."""


class Task(NamedTuple):
    """What is to be done."""

    files: Sequence[RecordFile]
    reading: Reading
    threshold: float
    """Of the true Jaccard similarity, from which texts are near each other."""
    memory: int
    """Bytes for what is sorted and compared at a time."""
    against: Sequence[Index] = ()
    remember: bool = False
    """Make the shingles of all documents, for an index."""


class Corpus(NamedTuple):
    """All documents: those of the given indexes, then those of the files, in order."""

    files: Sequence[RecordFile]
    given: Sequence[Index]
    stored: Stored

    @property
    def begin(self) -> int:
        """The first document of the files."""
        return sum(index.size for index in self.given)

    def name(self, document: int) -> dict[str, Any]:
        """Where a document stands, and its id where it has one."""
        for index in self.given:
            if document < index.size:
                return {"index": str(index.path)} | index.name(document)
            document -= index.size
        number = int(np.searchsorted(self.stored.files, document, side="right")) - 1
        name = {"file": self.files[number].name, "line": int(self.stored.lines[document])}
        id_ = self.stored.id(document)
        return name | ({"id": orjson.loads(id_)} if id_ else {})


class Pass(NamedTuple):
    """A pass that is done."""

    corpus: Corpus
    signatures: Gathered
    decisions: Decisions
    packed: Callable[[Ints], PackedSets]
    """The shingles of some documents; of all where that was asked for."""


def decide(
    task: Task, workers: Workers, scratch: Path, skip: Callable[[Broken], None] | None, show: Show
) -> Pass:
    """Decide which documents are kept.

    Which ones are kept depends on the documents alone, not on memory, workers or the order of
    files, but where the preference is for the first. Of a family that does not fit into memory the
    nearest kept document, and what hangs together, are those among documents compared at a time.

    Args:
        task: What is to be done.
        workers: Who signs.
        scratch: A folder for what does not fit into memory.
        skip: Called with each broken line; without it, broken lines are errors.
        show: Shows progress.

    Raises:
        BadInput: something about the files is wrong, or there is too little memory.
        OSError: the disk is full.
    """
    cut = banding(task.threshold)
    # Closed here, whatever happens: left to the garbage collector, threads wait for each other.
    with closing(workers.signed(task.files, task.reading, cut)) as signed:
        stored = store(
            *(task.files, task.reading, signed, scratch, cut.bands, skip),
            lambda count: show("signing", count, None),
        )
    check_scores(stored, task.reading.preference)
    corpus = Corpus(task.files, task.against, stored)
    signatures = Gathered([*(index.signatures for index in task.against), stored.signatures])
    memory = task.memory - signatures.count * RESIDENT
    if memory < signatures.count * LEAST:
        raise _too_little(signatures.count)
    show("sorting", signatures.count, signatures.count)
    rank = np.concatenate([np.arange(corpus.begin), corpus.begin + stored.rank()])
    best = best_copies(signatures, rank, memory)
    found = families(signatures, best, rank, corpus.begin, memory)
    slots = found.documents
    if task.remember:
        others = (best == np.arange(signatures.count)) & (signatures.words > 0)
        others[found.documents] = False
        others[: corpus.begin] = False
        slots = np.concatenate([slots, np.flatnonzero(others)])
    slot_of = np.full(signatures.count, -1)
    slot_of[slots] = np.arange(len(slots))
    with SetFile(scratch / "shingles", signatures.words[slots]) as sets:
        _gather(corpus, task.reading.field, workers, slots, slot_of, sets, show)
    decisions = undecided(signatures, best)
    stay = np.empty(0, dtype=np.int64)  # kept ones of a family that goes on
    for places, goes_on in handfuls(found, signatures, memory):
        if not goes_on:
            stay = stay[:0]
        some = np.concatenate([stay, slots[places]])
        given = np.arange(len(some)) < len(stay)
        given |= some < corpus.begin
        keys, shingles = signatures.keys(some), sets.sets(slot_of[some])
        aside(partial(decide_on, decisions, some, given, task.threshold, keys, shingles))
        stay = some[decisions.nearest[some] == some]
        show("comparing", places.stop, len(found.documents))

    def packed(documents: Ints) -> PackedSets:
        return _packed(corpus, documents, sets, slot_of)

    return Pass(corpus, signatures, with_copies(decisions, best, corpus.begin), packed)


def _gather(
    corpus: Corpus,
    field: tuple[str, ...],
    workers: Workers,
    slots: Ints,
    slot_of: Ints,
    sets: SetFile,
    show: Show,
) -> None:
    """Lay down the shingles of the documents that have slots."""
    begin = 0
    for index in corpus.given:
        mine = slots[(slots >= begin) & (slots < begin + index.size)]
        for start in range(0, len(mine), _CHUNK):
            some = mine[start : start + _CHUNK]
            sets.write(slot_of[some], index.packed(some - begin))
        begin += index.size
    wanted = np.sort(slots[slots >= begin])
    edges = np.searchsorted(wanted - begin, corpus.stored.files)
    lines = [corpus.stored.lines[wanted[i:j] - begin] for i, j in pairwise(edges.tolist())]
    done = 0
    with closing(workers.sets(corpus.files, field, lines)) as batches:
        for made in batches:
            some = wanted[done : done + len(made.sizes)]
            sets.write(slot_of[some], made)
            done += len(some)
            show("making shingles", done, len(wanted))


def _packed(corpus: Corpus, documents: Ints, sets: SetFile, slot_of: Ints) -> PackedSets:
    """The shingles of some documents, ascending."""
    found, begin = [], 0
    for index in corpus.given:
        mine = documents[(documents >= begin) & (documents < begin + index.size)]
        found.append(index.packed(mine - begin))
        begin += index.size
    found.append(sets.packed(slot_of[documents[documents >= begin]]))
    return PackedSets(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _too_little(documents: int) -> BadInput:
    needed = documents * (RESIDENT + LEAST) / 2**30
    return BadInput(
        Problem(
            f"{documents:,} documents need more memory than --memory allows",
            f"Allow at least {needed + 0.5:.1f}GiB.",
        )
    )

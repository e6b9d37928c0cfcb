"""The first pass: every document signed, and what is remembered of it laid down in columns."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.columns import BLOCK, KeyWriter, Signatures, blocks, mapped, release
from dedup.preference import MISSING, Preference
from dedup.reading import Broken, Reading, batches
from dedup.work import SignedBatch
from exempla.corpus import RecordFile
from exempla.errors import BadInput, Problem

Ints = NDArray[np.int64]

SHOWN = 10
"""Broken lines that are named before the work is given up."""

_PLAIN = {"scores": np.float64, "lengths": np.uint32, "ties": np.uint32, "lines": np.uint32}
"""Columns that are written as they come."""


class Stored(NamedTuple):
    """The documents of a corpus, in order; mapped."""

    signatures: Signatures
    scores: NDArray[np.float64]
    lengths: NDArray[np.uint32]
    ties: NDArray[np.uint32]
    lines: NDArray[np.uint32]
    """The line of each in its file."""
    id_ends: Ints
    """Where the id of each ends in `ids`."""
    ids: NDArray[np.uint8]
    """The JSON of all ids."""
    files: Ints
    """Where the documents of each file begin, and at the end how many there are in all."""

    @property
    def size(self) -> int:
        """How many documents there are."""
        return len(self.lines)

    def rank(self) -> Ints:
        """Of each document, 0 the best."""
        order = np.lexsort((self.ties, -self.lengths.astype(np.int64), -self.scores))
        for column in (self.ties, self.lengths, self.scores):
            release(column)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return rank

    def id(self, document: int) -> bytes:
        """The JSON of the document's id, empty where it has none."""
        begin = int(self.id_ends[document - 1]) if document else 0
        return self.ids[begin : int(self.id_ends[document])].tobytes()


def store(
    files: Sequence[RecordFile],
    reading: Reading,
    signed: Iterable[SignedBatch],
    folder: Path,
    bands: int,
    skip: Callable[[Broken], None] | None,
    show: Callable[[int], None],
) -> Stored:
    """Write what is signed into a folder.

    Args:
        files: Of the corpus.
        reading: What is taken from each record.
        signed: The documents of the files, in order.
        folder: Where to write.
        bands: Keys a document has.
        skip: Called with each broken line; without it, broken lines are errors.
        show: Called with the number of documents so far.

    Raises:
        BadInput: lines are broken, and not to be skipped; or the first records all lack the text.
        OSError: the disk is full.
    """
    sizes = np.zeros(len(files), dtype=np.int64)
    count = id_end = 0
    with ExitStack() as stack:
        columns = {
            name: stack.enter_context((folder / name).open("wb"))
            for name in ("keys", "digests", "words", *_PLAIN, "id_ends", "ids")
        }
        keys = KeyWriter(columns["keys"], bands)
        for batch in signed:
            if batch.broken and not count and not len(batch.lines):
                _check_field(batch.broken, reading.field)
            if batch.broken:
                if skip is None:
                    raise BadInput(*_first_broken(files[batch.file :], reading))
                for one in batch.broken:
                    skip(one)
            keys.append(batch.signed.keys)
            columns["digests"].write(np.ascontiguousarray(batch.signed.digests).data)
            columns["words"].write(batch.signed.words.data)
            for name in _PLAIN:
                columns[name].write(getattr(batch, name).data)
            columns["id_ends"].write((id_end + np.cumsum(batch.id_sizes)).data)
            columns["ids"].write(batch.ids.data)
            id_end += len(batch.ids)
            sizes[batch.file] += len(batch.lines)
            count += len(batch.lines)
            show(count)
        keys.end()
    return _opened(folder, sizes, bands, id_end)


def check_scores(stored: Stored, preference: Preference) -> None:
    """Refuse a path to a score that leads to a number in no record at all.

    Raises:
        BadInput: it does.
    """
    if preference.by == "best" and stored.size and not (stored.scores > MISSING).any():
        name = ".".join(preference.path)
        what = f"no record has a number at '{name}'"
        raise BadInput(Problem(what, "Check the path after '--keep best:'."))


def _opened(folder: Path, sizes: Ints, bands: int, id_end: int) -> Stored:
    count = int(sizes.sum())
    signatures = Signatures(
        mapped(folder / "keys", np.uint32, (blocks(count), bands, BLOCK)),
        mapped(folder / "digests", np.uint64, (count, 2)),
        mapped(folder / "words", np.int32, (count,)),
    )
    plain = {name: mapped(folder / name, dtype, (count,)) for name, dtype in _PLAIN.items()}
    return Stored(
        signatures=signatures,
        **plain,
        id_ends=mapped(folder / "id_ends", np.int64, (count,)),
        ids=mapped(folder / "ids", np.uint8, (id_end,)),
        files=np.concatenate([[0], np.cumsum(sizes)]),
    )


def _first_broken(files: Sequence[RecordFile], reading: Reading) -> Iterator[Problem]:
    """The first few of all broken lines: signing stops at one, the others are looked for."""
    broken = (one for file in files for batch in batches(file, reading) for one in batch.broken)
    return (one.problem for one in islice(broken, SHOWN))


def _check_field(broken: Sequence[Broken], field: tuple[str, ...]) -> None:
    """Refuse a field that the first records all lack: once, not for each of them."""
    if all(one.fields for one in broken):
        first = broken[0]
        known = dict.fromkeys(name for one in broken for name in one.fields)
        problem = Problem(
            f"there is no field '{'.'.join(field)}' in these records",
            f"Name the one with the text by --field. They have: {', '.join(known)}.",
            first.problem.file,
            first.problem.line,
        )
        raise BadInput(problem)

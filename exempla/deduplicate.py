"""`exempla dedup`: near-duplicates out of any files of records."""

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.corpus import Pass, Show, Task, decide
from dedup.index import Scheme, open_index, scheme, write_index
from dedup.preference import preference
from dedup.reading import Broken, Reading
from dedup.summary import Cluster, Summary, duplicates, largest, summary
from dedup.work import Workers
from dedup.writing import check_form, packing, write_kept
from exempla.atomic import replacing
from exempla.bar import Step, bar
from exempla.corpus import STANDARD_INPUT, RecordFile, record_files
from exempla.errors import BadInput, Problem
from exempla.jsonl import write_records
from exempla.scratch import scratch_folder

Ints = NDArray[np.int64]

LEAST_MEMORY = 64 << 20
"""Bytes to sort and compare in, beside the program itself."""
IN_FLIGHT = 160 << 20
"""Bytes for compiled code, and for the texts that are read and signed at a time."""


class Request(NamedTuple):
    """What a user wants."""

    paths: Sequence[Path]
    out: Path | None
    dry_run: bool = False
    """Only say what would be removed; nothing is written."""
    duplicates: Path | None = None
    threshold: float = 0.7
    field: str = "text"
    keep: str = "longest"
    memory: int = 2 << 30
    """Bytes that the process may take."""
    against: Sequence[Path] = ()
    write_index: Path | None = None
    skip_broken: Path | None = None


class Result(NamedTuple):
    """What came of it."""

    summary: Summary
    clusters: list[Cluster]
    """The largest, where nothing was written."""


@contextmanager
def progress(quiet: bool) -> Iterator[Show]:
    """Show what is being done and how many documents a second."""
    if quiet:
        yield lambda phase, done, total: None
        return
    begun: dict[str, float] = {}
    with bar("documents") as draw:

        def show(phase: str, done: int, total: int | None) -> None:
            seconds = time.monotonic() - begun.setdefault(phase, time.monotonic())
            rates = f"{done / seconds:,.0f} documents/s" if seconds > 1 else ""
            draw(Step(phase, done, total, rates))

        yield show


def deduplicate(request: Request, workers: Workers, show: Show) -> Result:
    """Do what is wanted; nothing is written unless all of it can be.

    Args:
        request: It.
        workers: Who signs.
        show: Shows progress.

    Raises:
        BadInput: a file, a line, an option or an index is wrong.
        ExemplaError: the disk is full.
    """
    wanted = preference(request.keep)
    with ExitStack() as stack:
        out = None if request.dry_run else request.out
        nowhere = Path(tempfile.gettempdir()) / f"exempla-{os.getpid()}"
        scratch = stack.enter_context(scratch_folder(out or nowhere))
        files = record_files(request.paths, scratch)
        _check_written(request, files)
        ours = scheme(request.threshold)
        task = Task(
            files=files,
            reading=Reading(tuple(request.field.split(".")), wanted),
            threshold=request.threshold,
            memory=_room(request.memory),
            against=[open_index(path, ours) for path in request.against],
            remember=request.write_index is not None,
        )
        aside = stack.enter_context(_aside(request.skip_broken, request.dry_run))
        done = decide(task, workers, scratch, aside.put if aside else None, show)
        told = summary(done, request.threshold, aside.count if aside else 0)
        if out is None:
            return Result(told, largest(done, task.reading.field))
        _write(request, out, ours, done, show)
    return Result(told, [])


def _write(request: Request, out: Path, ours: Scheme, done: Pass, show: Show) -> None:
    """The kept lines, and what goes with them.

    The index comes last: were it there without the lines, the same command would find all of its
    documents in it and keep none.
    """
    corpus, kept = done.corpus, np.flatnonzero(done.decisions.kept)
    new = kept[kept >= corpus.begin]
    if request.duplicates:
        write_records(request.duplicates, duplicates(done))
    edges = np.searchsorted(new - corpus.begin, corpus.stored.files).tolist()
    lines = [corpus.stored.lines[new[i:j] - corpus.begin] for i, j in pairwise(edges)]
    write_kept(out, corpus.files, lines, lambda count: show("writing", count, len(new)))
    if request.write_index:
        _write_index(request.write_index, ours, done, new, show)


def _write_index(path: Path, ours: Scheme, done: Pass, new: Ints, show: Show) -> None:
    """What is kept, after what the index had already where it is one of those compared with."""
    begin, documents = 0, [new[~done.decisions.empty[new]]]
    for index in done.corpus.given:
        if path.resolve() == index.path.resolve():
            documents.insert(0, np.arange(begin, begin + index.size))
        begin += index.size
    both = np.concatenate(documents)
    show("writing the index", len(both), len(both))

    def name(document: int) -> dict[str, Any]:
        told = done.corpus.name(document)
        return {key: value for key, value in told.items() if key != "index"}

    write_index(path, ours, both, done.signatures, done.packed, name)


def _check_written(request: Request, files: Sequence[RecordFile]) -> None:
    """Refuse to write over what is read, or two things into one file."""
    if request.out is not None:
        check_form(request.out, files)
    written = [
        path
        for path in (request.out, request.duplicates, request.write_index, request.skip_broken)
        if path is not None
    ]
    read = {file.path.resolve(): file.name for file in files}
    for number, path in enumerate(written):
        if path.resolve() in read:
            what = "this file is read, and nothing is written over what is read"
            raise BadInput(Problem(what, "Name another file to write.", str(path)))
        if path.resolve() in (other.resolve() for other in written[:number]):
            what = "two things are to be written into this file"
            raise BadInput(Problem(what, "Name a file for each.", str(path)))
        if path == STANDARD_INPUT:
            raise BadInput(Problem("standard output cannot be written to", "Name a file."))
        if path.is_dir():
            raise BadInput(Problem("this is a folder", "Name a file to write.", str(path)))
    index = request.write_index
    against = {path.resolve() for path in request.against}
    if index and index.exists() and index.resolve() not in against:
        what = "this file is there already"
        remedy = "Name it by --against too, to add to it, or remove it."
        raise BadInput(Problem(what, remedy, str(index)))


def _room(memory: int) -> int:
    """What is left of the memory that the process may take."""
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + IN_FLIGHT
    if memory - taken < LEAST_MEMORY:
        least = -(-(taken + LEAST_MEMORY) // (1 << 20))
        what = f"'--memory' is too little: the program itself takes {taken >> 20} MiB"
        raise BadInput(Problem(what, f"Allow at least {least}MiB."))
    return memory - taken


class _Aside:
    """Broken lines, put into a file of their own as they stand."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.count = 0

    def put(self, broken: Broken) -> None:
        self._write(broken.line.raw + b"\n")
        self.count += 1


@contextmanager
def _aside(path: Path | None, dry_run: bool) -> Iterator[_Aside | None]:
    if path is None:
        yield None
    elif dry_run:
        yield _Aside(len)
    else:
        with replacing(path) as file, packing(file, path) as packed:
            yield _Aside(packed.write)

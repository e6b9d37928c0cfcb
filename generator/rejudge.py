"""Judge documents that are written already: verdict by verdict, in a journal of their own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from exempla.atomic import replacing
from exempla.document import Document, Verdict
from exempla.errors import BadInput, Interrupted, Problem
from exempla.jsonl import read_records
from exempla.source import read_yaml
from generator.asking import Failed, Read
from generator.engine import Engine
from generator.folder import RunFolder, changes, dump_yaml, plain
from generator.journal import Journal, JournalFile
from generator.judge import JUDGED, Judge, Subject, journalled
from generator.run import Tally
from generator.window import in_window
from prompts.kind_check import JUDGE

ABOUT_REJECTS = frozenset({"stage", "reason", "detail", "answer"})
"""What a record in rejects.jsonl has besides the document, where only the judge rejected it."""

Note = Callable[[Subject, "Read[Verdict] | Failed"], Awaitable[None]]


async def judge_each(
    judge: Judge, engine: Engine, subjects: Iterator[Subject], tally: Tally, note: Note
) -> None:
    """Judge documents, as many at once as the engine can use.

    Args:
        judge: Asks.
        engine: Answers; open.
        subjects: What is judged.
        tally: Kept up to date.
        note: Given what became of each, as it comes.

    Raises:
        Interrupted: when the task is cancelled.
        ExemplaError: the engine or the disk failed.
    """

    async def work(subject: Subject) -> None:
        found = await judge.verdict_on(engine, subject, tally.spent.add)
        await note(subject, found)
        if isinstance(found, Failed):
            tally.rejected[found.reason] += 1
        elif judge.limits.objection(found.value):
            tally.rejected[JUDGED] += 1
        else:
            tally.accepted += 1

    tally.phase, tally.began = "judging", time.monotonic()
    try:
        window = max(1, min(engine.describe().in_flight, tally.planned - tally.found))
        await in_window(subjects, window, work)
    except asyncio.CancelledError as error:
        remedy = "Run the same command again to go on."
        raise Interrupted(Problem("the verdicts that were given are kept", remedy)) from error
    finally:
        tally.ended = time.monotonic()


class Verdicts:
    """The folder of one judging of a run: what is frozen of it, and the journal of verdicts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.documents = path / "documents.jsonl"
        self.rejects = path / "rejects.jsonl"
        self.journal = path / "journal.jsonl"
        self._frozen = path / "judge.yaml"

    def check(self, frozen: Mapping[str, Any]) -> None:
        """Refuse to go on with a judging that was begun with something else.

        Raises:
            BadInput: says what changed, from what to what.
        """
        if not self._frozen.exists():
            return
        before, now = read_yaml(self._frozen).value, plain(frozen)
        shared = [name for name in before if name in now]
        found = [line for name in shared for line in changes(name, before[name], now[name])]
        if found:
            raise BadInput(
                *(Problem(change, file=str(self._frozen)) for change in found),
                Problem(
                    "this judging was begun with something else",
                    "Give another --name, or set it back.",
                    str(self.path),
                ),
            )

    def freeze(self, frozen: Mapping[str, Any], engine: Engine) -> None:
        """Write what may not change, with what the engine says of itself; check against it.

        Raises:
            BadInput: the judging was begun with something else.
            ExemplaError: the file cannot be written.
        """
        about = asdict(engine.describe())
        about = {name: about[name] for name in ("engine", "model", "revision")}
        whole = {**frozen, "answered_by": about}
        self.check(whole)
        with replacing(self._frozen) as file:
            file.write(dump_yaml(whole).encode())

    def found(self) -> dict[str, int]:
        """Where in the journal each document's line begins, by the document's id.

        Raises:
            BadInput: the journal is damaged.
        """
        if not self.journal.exists():
            return {}
        with closing(JournalFile(self.journal)) as file:
            return {file.record(line.offset)["item"]: line.offset for line in file.lines()}

    async def add(
        self,
        judge: Judge,
        engine: Engine,
        frozen: Mapping[str, Any],
        chosen: frozenset[str],
        subjects: Callable[[frozenset[str]], Iterator[Subject]],
        tally: Tally,
    ) -> None:
        """Judge what is not judged yet.

        Args:
            judge: Asks.
            engine: Answers; opened and closed here.
            frozen: What may not change between two processes of a judging.
            chosen: The ids of the documents to judge.
            subjects: Gives the documents of these ids.
            tally: Kept up to date.

        Raises:
            BadInput: another process is at it, or it was begun with something else.
            Interrupted: when the task is cancelled; the verdicts that were given are kept.
            ExemplaError: the engine or the disk failed; the same holds.
        """
        self.check(frozen)
        journal = Journal(self.journal)
        try:
            open_ = chosen.difference(self.found())
            tally.planned, tally.found = len(chosen), len(chosen) - len(open_)
            if not open_:
                return
            tally.phase = "loading the model"
            await engine.open([judge.rubric.constraint])
            self.freeze(frozen, engine)

            async def note(subject: Subject, found: Read[Verdict] | Failed) -> None:
                journal.append(_line(subject.id, found))
                await journal.settle()

            await judge_each(judge, engine, subjects(open_), tally, note)
        finally:
            try:
                await engine.close()
            finally:
                await journal.close()


def _line(item: str, found: Read[Verdict] | Failed) -> dict[str, Any]:
    head = {"index": 0, "item": item}
    if isinstance(found, Read):
        return {**head, "stage": JUDGE, **journalled(found)}
    return {
        **head,
        "outcome": "rejected",
        "at": JUDGE,
        "reason": found.reason,
        "detail": found.detail,
        **found.spent.record(),
        "answer": found.answer,
    }


def judged_records(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """The records of a run that a judge decides on: accepted, or rejected by the judge alone.

    Raises:
        BadInput: the run is not finished.
    """
    for path in (folder.documents, folder.rejects):
        if not path.exists():
            folder.frozen()
            raise BadInput(
                Problem(
                    "this run is not finished", "'exempla run' goes on with it.", str(folder.path)
                )
            )
    yield from read_records(folder.documents)
    for record in read_records(folder.rejects):
        if record["stage"] == JUDGE:
            yield record


def document_of(record: Mapping[str, Any]) -> Document:
    """The document in a record of `judged_records`."""
    return Document.model_validate(
        {name: value for name, value in record.items() if name not in ABOUT_REJECTS}
    )

"""Samples: a few items written as a run would write them, and kept nowhere."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from exempla.document import Verdict
from generator.checks.checker import Checker
from generator.collect import body
from generator.engine import Engine
from generator.ideas import Chains
from generator.item import Item
from generator.journal import Journal, JournalFile
from generator.run import Job, Tally, sitting_of
from generator.stage import Writer
from generator.window import in_window
from prompts.answer import Chat, Prose, read_answer
from prompts.kind_check import JUDGE


@dataclass(frozen=True, slots=True)
class Sample:
    """What became of an item."""

    item: Item
    stages: tuple[dict[str, Any], ...]
    """The journal's line of each finished stage, in order."""
    outcome: Mapping[str, Any]
    """The journal's line of it; empty where the writing was stopped before."""
    body: Mapping[str, Any]
    """`title` and `text`, or `messages` and `tools`; `answer` where there is only an answer that
    is no document."""
    measured: Mapping[str, float] = field(default_factory=dict)
    """By the checks, of a document whether it was accepted or not."""
    judged: Mapping[str, Any] | None = None
    """The journal's line of the verdict; None where there is none."""
    seconds: float = 0.0
    """From its first request on, waiting for the engine included."""

    @property
    def accepted(self) -> bool:
        """Whether it would be a document of the run."""
        return self.outcome.get("outcome") == "accepted"

    @property
    def tokens(self) -> int:
        """All that were written for it."""
        lines = (*self.stages, self.judged or {}, self.outcome)
        return sum(line.get("completion_tokens", 0) for line in lines)

    @property
    def verdict(self) -> Verdict | None:
        """The judge's, where it gave one."""
        return Verdict.model_validate_json(self.judged["text"]) if self.judged else None


async def write_samples(
    job: Job,
    items: Sequence[Item],
    engine: Engine,
    tally: Tally,
    samples: list[Sample],
    judging: Engine | None = None,
) -> None:
    """Write items in a journal that is thrown away.

    Each is written as the first of its chain of ideas, whatever its replicate: those before it
    are not part of the sample.

    Args:
        job: What they are items of.
        items: No item twice.
        engine: Open already, and left open.
        tally: Kept up to date meanwhile.
        samples: Gets what has come of the items, in their order; also where the task is cancelled
            or fails, and then only those of which a stage is finished.
        judging: Answers for the judge, if another than `engine` does; open too.
    """
    tally.planned, tally.phase = len(items), "writing"
    tally.began = time.monotonic()
    clock: dict[int, list[float]] = {}
    checker = job.checker()
    with TemporaryDirectory(prefix="exempla-") as folder:
        journal = _Told(Path(folder) / "samples.jsonl", job, items, tally)

        async def write(item: Item) -> None:
            clock[item.index] = [time.monotonic()]
            chains = Chains(lambda item: dict.fromkeys(range(item.replicate)))
            writer = Writer(
                job.library.kinds,
                job.prompter,
                engine,
                journal,
                job.sampling,
                checker,
                chains,
                tally.spent.add,
                sitting_of(job, judging or engine),
            )
            reason = await writer.write(item, {})
            clock[item.index].append(time.monotonic())
            if reason:
                tally.rejected[reason] += 1
            else:
                tally.accepted += 1

        try:
            await in_window(iter(items), min(engine.describe().in_flight, len(items)), write)
        finally:
            tally.ended = time.monotonic()
            await journal.close()
            ends = {index: (*times, tally.ended)[:2] for index, times in clock.items()}
            seconds = {index: end - begin for index, (begin, end) in ends.items()}
            samples.extend(_read_back(job, items, checker, journal.path, seconds))


class _Told(Journal):
    """A journal that tells how many stages are finished: a document may take minutes."""

    def __init__(self, path: Path, job: Job, items: Sequence[Item], tally: Tally) -> None:
        super().__init__(path)
        self._tally = tally
        self._stages = sum(
            len(job.library.kinds[item.kind].stages) + (job.judge is not None) for item in items
        )
        self._finished = 0

    def append(self, record: dict[str, Any]) -> None:
        super().append(record)
        if "stage" in record:
            self._finished += 1
            self._tally.doing = f"{self._finished} of {self._stages} stages"


def _read_back(
    job: Job,
    items: Sequence[Item],
    checker: Checker,
    path: Path,
    seconds: Mapping[int, float],
) -> Iterator[Sample]:
    lines: dict[int, list[dict[str, Any]]] = {}
    file = JournalFile(path)
    try:
        for line in file.lines():
            lines.setdefault(line.item, []).append(file.record(line.offset))
    finally:
        file.close()
    for item in items:
        if found := lines.get(item.index):
            yield _sample(job, item, checker, found, seconds[item.index])


def _sample(
    job: Job, item: Item, checker: Checker, lines: Sequence[dict[str, Any]], seconds: float
) -> Sample:
    kind = job.library.kinds[item.kind]
    stages = tuple(line for line in lines if line.get("stage", JUDGE) != JUDGE)
    judged = next((line for line in lines if line.get("stage") == JUDGE), None)
    outcome = next((line for line in lines if "outcome" in line), {})
    if stages and stages[-1]["stage"] == kind.stages[-1].name:
        document = read_answer(kind.stages[-1].constraint, stages[-1]["text"])
        assert isinstance(document, Prose | Chat)  # noqa: S101 - kinds are checked when read
        words = body(document, kind, item, job.library)
        measured = checker.check(document, item).measured
        return Sample(item, stages, outcome, words, measured, judged, seconds)
    answer = outcome.get("answer") or (stages[-1]["text"] if stages else "")
    return Sample(item, stages, outcome, {"answer": answer}, {}, None, seconds)

"""The journal, read back: documents and rejects in plan order, and how far a run is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exempla.document import Document, StageTrace, Verdict
from exempla.errors import BadInput, Problem
from generator.again import stages_from
from generator.cells import Indexes, reach
from generator.folder import RunFolder
from generator.item import Item
from generator.journal import JournalFile, Line
from generator.plan import Part, Plan
from generator.schedule import Ints
from prompts.answer import Answer, Chat, Message, Prose, UnreadableAnswer, read_answer
from prompts.axis import AxisValue
from prompts.constraint import IdeasConstraint, choices
from prompts.kind import Kind
from prompts.kind_check import JUDGE
from prompts.library import Library

REJECTED, ACCEPTED = 1, 2


@dataclass(frozen=True, slots=True)
class Stage:
    """A finished stage of an item."""

    name: str
    record: dict[str, Any]


class Ledger:
    """Where the journal holds what became of each item; a few bytes an item."""

    def __init__(
        self, folder: RunFolder, plan: Plan, library: Library, workers: int, limit: int | None
    ) -> None:
        """Read every journal file of a run once."""
        self._folder = folder
        self._library = library
        self._listed = {
            name for name, axis in library.axes.items() if any(value.lists for value in axis.values)
        }
        self.plan = plan
        self.size = min(limit or reach(plan), reach(plan))
        self.kinds = {kind.name: kind for kind in plan.kinds}
        # By name: kinds may have a stage of one name at different places.
        names = dict.fromkeys(stage.name for kind in plan.kinds for stage in kind.stages)
        names[JUDGE] = None
        self._columns = {name: column for column, name in enumerate(names)}
        self.outcomes = np.zeros(self.size, dtype=np.int8)
        self._offsets: NDArray[np.int64] = np.full((self.size, len(names) + 1), -1, dtype=np.int64)
        self._parts = np.zeros(self.size, dtype=np.int16)
        paths = [folder.journal(Part(number + 1, workers)) for number in range(workers)]
        self._files = [JournalFile(path) if path.exists() else None for path in paths]
        for number, file in enumerate(self._files):
            for line in file.lines() if file else ():
                if line.item >= self.size:
                    continue
                self._parts[line.item] = number
                if line.again:
                    self._reopen(line)
                    continue
                column = -1 if line.stage is None else self._columns[line.stage]
                self._offsets[line.item, column] = line.offset
                if line.outcome:
                    self.outcomes[line.item] = ACCEPTED if line.outcome == "accepted" else REJECTED

    def _reopen(self, line: Line) -> None:
        self.outcomes[line.item] = 0
        self._offsets[line.item, -1] = -1
        if line.since:
            kind = self.kinds[self.plan.item(line.item).kind]
            for stage in stages_from(kind, line.since):
                if stage in self._columns:
                    self._offsets[line.item, self._columns[stage]] = -1

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files:
            if file:
                file.close()

    @property
    def missing(self) -> int:
        """Items without an outcome."""
        return int((self.outcomes == 0).sum())

    def unfinished(self, indexes: Indexes) -> Ints:
        """Those of some items that have no outcome."""
        return self._with(indexes, 0)

    def accepted(self, indexes: Indexes) -> Ints:
        """Those of some items that were accepted."""
        return self._with(indexes, ACCEPTED)

    def rejected(self, indexes: Indexes) -> Ints:
        """Those of some items that were rejected."""
        return self._with(indexes, REJECTED)

    def _with(self, indexes: Indexes, outcome: int) -> Ints:
        wanted: Ints = np.asarray(indexes)
        found: Ints = wanted[self.outcomes[wanted] == outcome]
        return found

    def documents(self, model: str, indexes: Indexes | None = None) -> Iterator[Document]:
        """The accepted documents in plan order; of some items, or of all."""
        for index in self.accepted(range(self.size) if indexes is None else indexes):
            item = self.plan.item(int(index))
            yield self._document(item, self.kinds[item.kind], model)

    def rejects(self, model: str = "") -> Iterator[dict[str, Any]]:
        """The rejected items in plan order, each with reason, last answer and finished stages.

        Those that only the judge rejected are whole documents besides.

        Args:
            model: The one that wrote them.
        """
        for index in self.rejected(range(self.size)):
            item = self.plan.item(int(index))
            outcome = self.outcome(item)
            stages = self.stages(item)
            answer = outcome["answer"]
            if not answer and stages:
                answer = stages[-1].record["text"]
            whole = {}
            if outcome["at"] == JUDGE:
                whole = self._document(item, self.kinds[item.kind], model).row()
                answer = outcome["answer"]
            yield {
                **describe(item),
                **whole,
                "stage": outcome["at"],
                "reason": outcome["reason"],
                "detail": outcome["detail"],
                "answer": answer,
                "stages": [_trace(stage).model_dump() for stage in stages],
            }

    def stages(self, item: Item) -> list[Stage]:
        """The finished stages of an item, in order; the last may be the judge's."""
        names = [*(spec.name for spec in self.kinds[item.kind].stages), JUDGE]
        return [
            Stage(name, record)
            for name in names
            if (record := self._record(item.index, self._columns[name])) is not None
        ]

    def outcome(self, item: Item) -> dict[str, Any]:
        """The outcome line of an item that has one."""
        record = self._record(item.index, -1)
        if record is None:
            raise KeyError(item.id)
        return record

    def reason(self, index: int) -> str:
        """Why an item was rejected."""
        record = self._record(index, -1)
        return str(record["reason"]) if record else ""

    def _record(self, index: int, column: int) -> dict[str, Any] | None:
        file = self._files[self._parts[index]]
        offset = int(self._offsets[index, column])
        return file.record(offset) if file and offset >= 0 else None

    def _document(self, item: Item, kind: Kind, model: str) -> Document:
        stages = self.stages(item)
        spec = kind.stages[-1]
        written = next(stage for stage in stages if stage.name == spec.name)
        try:
            answer = read_answer(spec.constraint, written.record["text"])
        except UnreadableAnswer as error:
            raise BadInput(
                Problem(
                    f"the accepted answer of '{item.id}' at '{spec.name}' cannot be read: {error}",
                    "Its line in the journal was changed or damaged; restore the file.",
                    str(self._folder.path),
                )
            ) from error
        outcome = self.outcome(item)
        return Document(
            **describe(item),
            dealt={name: item.words[name] for name in item.words if name in self._listed},
            skeleton=_skeleton(kind, stages),
            **body(answer, kind, item, self._library),
            tokens=written.record["tokens"],
            checks=outcome["checks"],
            flagged=outcome.get("flagged", {}),
            verdict=_verdict(stages[-1]),
            model=model,
            stages=tuple(map(_trace, stages)),
        )


def _verdict(last: Stage) -> Verdict | None:
    if last.name != JUDGE:
        return None
    return Verdict.model_validate_json(last.record["text"])


def body(answer: Answer, kind: Kind, item: Item, library: Library) -> dict[str, Any]:
    """The words of a document, from the answer of its last stage, as they stand in records."""
    match answer:
        case Prose(title=title, text=text):
            return {"title": title, "text": text}
        case Chat(messages=messages):
            return _conversation(messages, library.frame(kind, item.axes))
    raise TypeError(f"the last stage of '{kind.name}' writes no document")


def _conversation(messages: Sequence[Message], frame: AxisValue | None) -> dict[str, Any]:
    """A chat as it stands in a document: nothing of what elicited it, all that framed it."""
    turns = [{"role": message.role, "content": message.content} for message in messages]
    if frame and frame.system:
        turns.insert(0, {"role": "system", "content": frame.system})
    tools = [tool.model_dump() for tool in frame.tools] if frame else []
    return {"messages": turns, "tools": tools}


def _skeleton(kind: Kind, stages: Sequence[Stage]) -> dict[str, str]:
    for spec, stage in product(kind.stages, stages):
        constraint = spec.constraint
        if isinstance(constraint, IdeasConstraint) and stage.name == spec.name:
            idea = read_answer(constraint, stage.record["text"])
            assert isinstance(idea, dict)  # noqa: S101 - ideas have fields
            return {name: idea[name] for name in choices(constraint.candidate)}
    return {}


def describe(item: Item) -> dict[str, Any]:
    """What an item is written from, as it stands in records."""
    return {
        "id": item.id,
        "kind": item.kind,
        "principles": (item.principle,),
        "clause": item.clause,
        "seed": item.seed,
        "axes": dict(item.axes),
        "replicate": item.replicate,
    }


def _trace(stage: Stage) -> StageTrace:
    record = stage.record
    return StageTrace(
        stage=stage.name,
        attempts=record["attempts"],
        prompt_tokens=record["prompt_tokens"],
        completion_tokens=record["completion_tokens"],
    )

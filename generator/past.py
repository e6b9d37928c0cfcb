"""What earlier processes finished of a part."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator.again import stages_from
from generator.ideas import Idea, idea_of
from generator.item import Item
from generator.journal import JournalFile, Line
from generator.plan import Plan
from prompts.answer import read_answer
from prompts.kind import Kind
from prompts.kind_check import JUDGE


class Past:
    """A part's journal as it was found; a few bytes an item, answers read when they are wanted."""

    def __init__(self, plan: Plan, kinds: Mapping[str, Kind], path: Path, size: int) -> None:
        """Read the lines of a journal file.

        Args:
            plan: What the items are numbered by.
            kinds: By name.
            path: The file.
            size: Only items with numbers below it count.

        Raises:
            BadInput: the journal is damaged.
        """
        self.with_outcome: NDArray[np.bool_] = np.zeros(size, dtype=np.bool_)
        """Whether each item of the plan has an outcome."""
        self._plan = plan
        self._kinds = kinds
        self._file = JournalFile(path)
        idea_stages = {kind.idea_stage for kind in kinds.values()} - {None}
        self._ideas: NDArray[np.int64] = np.full(size if idea_stages else 0, -1, dtype=np.int64)
        self._begun: dict[int, dict[str, int]] = {}
        self._reopened: dict[int, int] = {}
        for line in self._file.lines():
            if line.item >= size:
                continue
            if line.outcome:
                self.with_outcome[line.item] = True
                self._begun.pop(line.item, None)
            elif line.stage:
                self._begun.setdefault(line.item, {})[line.stage] = line.offset
                if line.stage in idea_stages:
                    self._ideas[line.item] = line.offset
            else:
                self.with_outcome[line.item] = False
                self._reopened[line.item] = line.offset
                if idea_stages & set(self._since(line)):
                    self._ideas[line.item] = -1
        self._reopened = {
            index: offset
            for index, offset in self._reopened.items()
            if not self.with_outcome[index]
        }
        if self._reopened:
            self._collect_reopened()

    def _collect_reopened(self) -> None:
        """Find the stages of items that had an outcome; mostly there are none, and no such pass."""
        self._begun.update({index: {} for index in self._reopened})
        for line in self._file.lines():
            if line.item not in self._reopened:
                continue
            stages = self._begun[line.item]
            if line.stage:
                stages[line.stage] = line.offset
            for stage in self._since(line):
                stages.pop(stage, None)

    def finished(self, index: int) -> dict[str, str]:
        """The answers of the finished stages of an item that has no outcome, by stage."""
        stages = self._begun.pop(index, {})
        return {stage: self._text(offset) for stage, offset in stages.items()}

    def asked(self, index: int) -> dict[str, int]:
        """How often a stage was asked before its item was taken up once more, by stage."""
        if (offset := self._reopened.get(index)) is None:
            return {}
        line = self._file.record(offset)
        return {line["from"]: line["attempts"]} if line["from"] else {}

    def complete(self, *, judged: bool) -> list[int]:
        """The items that have every stage and no outcome: taken up once more, or stopped there.

        Args:
            judged: Whether a verdict belongs to it.
        """
        verdict = {JUDGE} if judged else set()
        kinds = {
            name: verdict | {stage.name for stage in kind.stages}
            for name, kind in self._kinds.items()
        }
        return sorted(
            index
            for index, stages in self._begun.items()
            if kinds[self._plan.item(index).kind] <= stages.keys()
        )

    def _since(self, line: Line) -> tuple[str, ...]:
        """The stages that do not count any longer after a line."""
        if not line.since:
            return ()
        return stages_from(self._kinds[self._plan.item(line.item).kind], line.since)

    def ideas(self, item: Item) -> dict[int, Idea | None]:
        """What is settled in an item's chain, by replicate; None where an item has no idea."""
        stage = self._kinds[item.kind].idea_stage
        constraint = next(s.constraint for s in self._kinds[item.kind].stages if s.name == stage)
        settled: dict[int, Idea | None] = {}
        known, chains = self._settled
        chain = self._plan.chains(np.array([item.index]))[0]
        for index in known[chains == chain].tolist():
            other = self._plan.item(index)
            settled[other.replicate] = None
            if (offset := int(self._ideas[index])) >= 0:
                fields = read_answer(constraint, self._text(offset))
                assert isinstance(fields, dict)  # noqa: S101 - ideas have fields
                settled[other.replicate] = idea_of(fields, other)
        return settled

    @cached_property
    def _settled(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The items that are settled in their chains, and those chains."""
        known = np.flatnonzero(self.with_outcome | (self._ideas >= 0))
        return known, self._plan.chains(known)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _text(self, offset: int) -> str:
        return str(self._file.record(offset)["text"])

"""One item through its stages: ask, read, ask again, reject."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from exempla.document import Verdict
from generator.asking import Failed, Question, Spent, Unusable, ask, drawn
from generator.checks.checker import Checker
from generator.engine import Completion, Engine, SamplingSettings
from generator.ideas import Chain, Chains, Idea, choose
from generator.item import Item
from generator.journal import Journal
from generator.judge import JUDGED, journalled
from generator.prompt import Prompter
from generator.sitting import Sitting
from prompts.answer import Answer, Chat, Prose, read_answer, read_ideas
from prompts.constraint import IdeasConstraint
from prompts.kind import Kind, StageSpec
from prompts.kind_check import JUDGE

NEVER: Mapping[str, int] = {}
GROWTH = 1.1
"""By how much a text may be longer than the one it may not outgrow: counts of words are rough."""


class _Usable(NamedTuple):
    """An answer that can be taken, and its text."""

    answer: Answer
    text: str
    idea: Idea | None = None
    offered: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A stage's readable answer and what it took."""

    answer: Answer
    text: str
    tokens: int
    """Of this answer alone."""
    spent: Spent
    idea: Idea | None = None
    offered: str = ""
    """The whole answer that an idea was chosen from."""

    def record(self) -> dict[str, Any]:
        """The answer for a journal line."""
        offered = {"offered": self.offered} if self.offered else {}
        return {"tokens": self.tokens, **self.spent.record(), **offered, "text": self.text}


@dataclass(frozen=True, slots=True)
class Writer:
    """Walks items through their stages; every finished stage is a line in the journal."""

    kinds: Mapping[str, Kind]
    prompter: Prompter
    engine: Engine
    journal: Journal
    sampling: SamplingSettings
    checker: Checker
    chains: Chains
    spent: Callable[[Completion], None]
    """Told each answer as it comes."""
    sitting: Sitting | None = None
    """Asked for a verdict on what passes the checks."""

    async def write(
        self, item: Item, finished: Mapping[str, str], asked: Mapping[str, int] = NEVER
    ) -> str | None:
        """Write one item and wait until its outcome is on the disk.

        Args:
            item: The item.
            finished: The answers of its stages that an earlier process finished, by stage.
            asked: How often a stage was asked before the item was rejected and taken up once more:
                the next attempt has the number after those, and so a seed of its own.

        Returns:
            Why it was rejected; None where it was accepted.
        """
        kind = self.kinds[item.kind]
        answers: dict[str, Answer] = {}
        head = {"index": item.index, "item": item.id}
        # The chain to settle, once: with this item's idea, or that it has none.
        chain = None
        if kind.idea_stage and kind.idea_stage not in finished:
            chain = self.chains.of(item)
        for stage in kind.stages:
            if stage.name in finished:
                answers[stage.name] = read_answer(stage.constraint, finished[stage.name])
                continue
            if chain and stage.name == kind.idea_stage:
                await chain.turn(item.replicate)
            answered = await self._ask(item, kind, stage, answers, chain, asked.get(stage.name, 0))
            if isinstance(answered, Failed):
                self._note_reject(head, stage.name, answered)
            else:
                answers[stage.name] = answered.answer
                self.journal.append({**head, "stage": stage.name, **answered.record()})
            # After the line is in the journal: those of the next of the chain stand behind it.
            if chain and (isinstance(answered, Failed) or answered.idea):
                chain.settle(item.replicate, answered.idea)
                chain = None
            if isinstance(answered, Failed):
                await self.journal.settle()
                return answered.reason
        document = answers[kind.stages[-1].name]
        assert isinstance(document, Prose | Chat)  # noqa: S101 - kinds are checked when read
        reason = await self._decide(head, item, document, finished.get(JUDGE), asked.get(JUDGE, 0))
        await self.journal.settle()
        return reason

    async def _decide(
        self,
        head: dict[str, Any],
        item: Item,
        document: Prose | Chat,
        judged: str | None,
        asked: int,
    ) -> str | None:
        findings = self.checker.check(document, item)
        if findings.reason:
            last = self.kinds[item.kind].stages[-1].name
            self._note_reject(head, last, Failed(findings.reason, findings.detail))
            return findings.reason
        about: dict[str, Any] = {"kind": item.kind, "clause": item.clause}
        if findings.flagged:
            about["flagged"] = dict(findings.flagged)
        about["checks"] = findings.measured
        if self.sitting:
            failed = await self._judge(self.sitting, head, item, document, judged, asked)
            if failed:
                self._note_reject(head, JUDGE, failed, about)
                return failed.reason
        self.journal.append({**head, "outcome": "accepted", **about})
        return None

    async def _judge(
        self,
        sitting: Sitting,
        head: dict[str, Any],
        item: Item,
        document: Prose | Chat,
        judged: str | None,
        asked: int,
    ) -> Failed | None:
        """Why the document is not kept; None where it is."""
        if judged is None:
            found = await sitting.verdict_on(item, document, self.spent, asked)
            if isinstance(found, Failed):
                return found
            verdict = found.value
            self.journal.append({**head, "stage": JUDGE, **journalled(found)})
        else:
            verdict = Verdict.model_validate_json(judged)
        objection = sitting.judge.limits.objection(verdict)
        return Failed(JUDGED, objection) if objection else None

    def _note_reject(
        self,
        head: dict[str, Any],
        stage: str,
        failed: Failed,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.journal.append(
            {
                **head,
                "outcome": "rejected",
                "at": stage,
                "reason": failed.reason,
                "detail": failed.detail,
                **failed.spent.record(),
                **(about or {}),
                "answer": failed.answer,
            }
        )

    async def _ask(
        self,
        item: Item,
        kind: Kind,
        stage: StageSpec,
        answers: Mapping[str, Answer],
        chain: Chain | None,
        asked: int,
    ) -> Answered | Failed:
        earlier = chain.earlier(item.replicate) if chain and "earlier" in stage.uses else ()
        temperature, top_p = drawn(stage.sampling, self.sampling)
        question = Question(
            item.id,
            stage.name,
            self.prompter.messages(item, stage, answers, earlier),
            stage.constraint,
            temperature,
            top_p,
            stage.max_tokens,
            stage.attempts,
            -kind.stage_index[stage.name],
            asked,
        )

        def read(completion: Completion, attempt: int) -> _Usable:
            return _read(item, stage, completion.text, answers, chain, attempt)

        found = await ask(self.engine, question, read, self.spent)
        if isinstance(found, Failed):
            return found
        usable, tokens = found.value, found.completion.completion_tokens
        return Answered(
            usable.answer, usable.text, tokens, found.spent, usable.idea, usable.offered
        )


def _read(
    item: Item,
    stage: StageSpec,
    text: str,
    answers: Mapping[str, Answer],
    chain: Chain | None,
    attempt: int,
) -> _Usable:
    if chain and isinstance(stage.constraint, IdeasConstraint):
        idea = _choose(stage.constraint, item, text, chain, attempt)
        return _Usable(idea.fields, orjson.dumps(idea.fields).decode(), idea, text)
    answer = read_answer(stage.constraint, text)
    before = answers.get(stage.no_longer_than or "")
    if before is not None:
        least, most = _length(before), int(_length(before) * GROWTH)
        if _length(answer) > most:
            words = f"{_length(answer)} words of at most {most}"
            raise Unusable("grown", f"{words}; '{stage.no_longer_than}' has {least}")
    return _Usable(answer, text)


def _choose(constraint: IdeasConstraint, item: Item, text: str, chain: Chain, attempt: int) -> Idea:
    ideas = read_ideas(constraint, text)
    if ideas.unfit:
        raise Unusable("unfit", ideas.unfit, final=True)
    idea = choose(ideas.candidates, item, attempt, chain, constraint.novelty)
    if idea is None:
        count = len(ideas.candidates)
        raise Unusable("repeated idea", f"all {count} candidates are like earlier ones")
    return idea


def _length(answer: Answer) -> int:
    assert isinstance(answer, Prose | Chat)  # noqa: S101 - kinds are checked when they are read
    return len(answer.text.split())

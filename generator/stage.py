"""One item through its stages: ask, read, ask again, reject."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from generator.check import Checker
from generator.engine import (
    Completion,
    Engine,
    Request,
    SamplingParams,
    SamplingSettings,
    Unanswerable,
)
from generator.ideas import Chain, Chains, Idea, choose
from generator.item import Item, request_seed
from generator.journal import Journal
from generator.prompt import Prompter
from prompts.answer import Answer, Chat, Prose, UnreadableAnswer, read_answer, read_ideas
from prompts.constraint import IdeasConstraint
from prompts.kind import Kind, StageSpec

MORE_ROOM = 1.5
"""By how much a cut-off answer's token limit grows with each further attempt."""


NEVER: Mapping[str, int] = {}
GROWTH = 1.1
"""By how much a text may be longer than the one it may not outgrow: counts of words are rough."""


@dataclass(slots=True)
class Spent:
    """What answers took, over all attempts."""

    attempts: int = 0
    retries: int = 0
    """Requests that were sent again because of a fault on the way."""
    cut_off: int = 0
    """Answers that ended at their token limit."""
    prompt_tokens: int = 0
    cached_tokens: int | None = None
    """Of the prompts, what the engine's prefix cache held; None where it does not tell."""
    completion_tokens: int = 0

    def add(self, completion: Completion) -> None:
        """Count an answer."""
        self.attempts += 1
        self.retries += completion.retries
        self.cut_off += completion.finish_reason == "length"
        self.prompt_tokens += completion.prompt_tokens
        self.completion_tokens += completion.completion_tokens
        if completion.cached_tokens is not None:
            self.cached_tokens = (self.cached_tokens or 0) + completion.cached_tokens

    def record(self) -> dict[str, int]:
        """The counts for a journal line."""
        counts = {
            "attempts": self.attempts,
            "retries": self.retries,
            "cut_off": self.cut_off,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
        }
        if self.cached_tokens is not None:
            counts["cached_tokens"] = self.cached_tokens
        return counts


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
class Failed:
    """No usable document: why, the last answer, and what it took."""

    reason: str
    detail: str
    answer: str = ""
    spent: Spent = field(default_factory=Spent)
    idea: None = None


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
        return await self._check(head, item, answers, kind.stages[-1].name)

    async def _check(
        self, head: dict[str, Any], item: Item, answers: dict[str, Answer], stage: str
    ) -> str | None:
        document = answers[stage]
        assert isinstance(document, Prose | Chat)  # noqa: S101 - kinds are checked when read
        findings = self.checker.check(document, item)
        if findings.reason:
            self._note_reject(head, stage, Failed(findings.reason, findings.detail))
        else:
            about = {"kind": item.kind, "clause": item.clause}
            self.journal.append(
                {**head, "outcome": "accepted", **about, "checks": findings.measured}
            )
        await self.journal.settle()
        return findings.reason

    def _note_reject(self, head: dict[str, Any], stage: str, failed: Failed) -> None:
        self.journal.append(
            {
                **head,
                "outcome": "rejected",
                "at": stage,
                "reason": failed.reason,
                "detail": failed.detail,
                **failed.spent.record(),
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
        messages = self.prompter.messages(item, stage, answers, earlier)
        room = stage.max_tokens
        spent = Spent()
        failed = Failed("", "")
        for attempt in range(asked, asked + stage.attempts):
            request = Request(
                messages,
                stage.constraint,
                self._sampling(stage, room, request_seed(item.id, stage.name, attempt)),
                priority=-kind.stage_index[stage.name],
                tag=f"{item.id}/{stage.name}",
            )
            try:
                completion = await self.engine.answer(request)
            except Unanswerable as error:
                return Failed(error.reason, str(error), failed.answer, spent)
            spent.add(completion)
            self.spent(completion)
            if completion.finish_reason == "length":
                detail = f"after {completion.completion_tokens} tokens"
                failed = Failed("truncated", detail, completion.text, spent)
                room = int(room * MORE_ROOM)
                continue
            try:
                return self._read(item, stage, completion, answers, chain, spent, attempt)
            except _Unusable as error:
                failed = Failed(error.reason, error.detail, completion.text, spent)
                if error.final:
                    break
        return failed

    def _read(
        self,
        item: Item,
        stage: StageSpec,
        completion: Completion,
        answers: Mapping[str, Answer],
        chain: Chain | None,
        spent: Spent,
        attempt: int,
    ) -> Answered:
        text, tokens = completion.text, completion.completion_tokens
        try:
            if chain and isinstance(stage.constraint, IdeasConstraint):
                idea = _choose(stage.constraint, item, text, chain, attempt)
                chosen = orjson.dumps(idea.fields).decode()
                return Answered(idea.fields, chosen, tokens, spent, idea, text)
            answer = read_answer(stage.constraint, text)
        except UnreadableAnswer as error:
            raise _Unusable("unreadable", str(error)) from error
        before = answers.get(stage.no_longer_than or "")
        if before is not None:
            least, most = _length(before), int(_length(before) * GROWTH)
            if _length(answer) > most:
                words = f"{_length(answer)} words of at most {most}"
                detail = f"{words}; '{stage.no_longer_than}' has {least}"
                raise _Unusable("grown", detail)
        return Answered(answer, text, tokens, spent)

    def _sampling(self, stage: StageSpec, max_tokens: int, seed: int) -> SamplingParams:
        own, default = stage.sampling, self.sampling
        temperature = default.temperature if own.temperature is None else own.temperature
        top_p = default.top_p if own.top_p is None else own.top_p
        return SamplingParams(temperature, top_p, max_tokens, seed)


class _Unusable(Exception):
    """An answer that was read and cannot be taken."""

    def __init__(self, reason: str, detail: str, *, final: bool = False) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.final = final
        """Whether asking again would not help."""


def _choose(constraint: IdeasConstraint, item: Item, text: str, chain: Chain, attempt: int) -> Idea:
    ideas = read_ideas(constraint, text)
    if ideas.unfit:
        raise _Unusable("unfit", ideas.unfit, final=True)
    idea = choose(ideas.candidates, item, attempt, chain, constraint.novelty)
    if idea is None:
        count = len(ideas.candidates)
        raise _Unusable("repeated idea", f"all {count} candidates are like earlier ones")
    return idea


def _length(answer: Answer) -> int:
    assert isinstance(answer, Prose | Chat)  # noqa: S101 - kinds are checked when they are read
    return len(answer.text.split())

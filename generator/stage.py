"""One item through its stages: ask, read, ask again, reject."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.check import CheckSettings, check_text
from generator.engine import (
    Completion,
    Engine,
    Request,
    SamplingParams,
    SamplingSettings,
    Unanswerable,
)
from generator.item import Item, request_seed
from generator.journal import Journal
from generator.prompt import Prompter
from prompts.constraint import Answer, Prose, UnreadableAnswer, read_answer
from prompts.kind import Kind, StageSpec

MORE_ROOM = 1.5
"""By how much a cut-off answer's token limit grows with each further attempt."""


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


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable document: why, the last answer, and what it took."""

    reason: str
    detail: str
    answer: str = ""
    spent: Spent = field(default_factory=Spent)


@dataclass(frozen=True, slots=True)
class Writer:
    """Walks items through their stages; every finished stage is a line in the journal."""

    kinds: Mapping[str, Kind]
    prompter: Prompter
    engine: Engine
    journal: Journal
    sampling: SamplingSettings
    checks: CheckSettings
    spent: Callable[[Completion], None]
    """Told each answer as it comes."""

    async def write(self, item: Item, finished: Mapping[str, str]) -> str | None:
        """Write one item and wait until its outcome is on the disk.

        Args:
            item: The item.
            finished: The answers of its stages that an earlier process finished, by stage.

        Returns:
            Why it was rejected; None where it was accepted.
        """
        kind = self.kinds[item.kind]
        answers: dict[str, Answer] = {}
        head = {"index": item.index, "item": item.id}
        for stage in kind.stages:
            if stage.name in finished:
                answers[stage.name] = read_answer(stage.constraint, finished[stage.name])
                continue
            answered = await self._ask(item, kind, stage, answers)
            if isinstance(answered, Failed):
                return await self._reject(head, stage.name, answered)
            answers[stage.name] = answered.answer
            self.journal.append(
                {
                    **head,
                    "stage": stage.name,
                    "tokens": answered.tokens,
                    **answered.spent.record(),
                    "text": answered.text,
                }
            )
        return await self._check(head, answers, kind.document_stage)

    async def _check(
        self, head: dict[str, Any], answers: dict[str, Answer], stage: str
    ) -> str | None:
        document = answers[stage]
        assert isinstance(document, Prose)  # noqa: S101 - kinds are checked when they are read
        findings = check_text(document.text, self.checks)
        if findings.reason:
            failed = Failed(findings.reason, findings.detail)
            return await self._reject(head, stage, failed)
        self.journal.append({**head, "outcome": "accepted", "checks": findings.measured})
        await self.journal.settle()
        return None

    async def _reject(self, head: dict[str, Any], stage: str, failed: Failed) -> str:
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
        await self.journal.settle()
        return failed.reason

    async def _ask(
        self, item: Item, kind: Kind, stage: StageSpec, answers: Mapping[str, Answer]
    ) -> Answered | Failed:
        messages = self.prompter.messages(item, stage, answers)
        room = stage.max_tokens
        spent = Spent()
        reason = detail = text = ""
        for attempt in range(stage.attempts):
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
                reason, detail = error.reason, str(error)
                break
            spent.add(completion)
            self.spent(completion)
            text = completion.text
            if completion.finish_reason == "length":
                reason, detail = "truncated", f"after {completion.completion_tokens} tokens"
                room = int(room * MORE_ROOM)
                continue
            try:
                answer = read_answer(stage.constraint, text)
            except UnreadableAnswer as error:
                reason, detail = "unreadable", str(error)
                continue
            return Answered(answer, text, completion.completion_tokens, spent)
        return Failed(reason, detail, text, spent)

    def _sampling(self, stage: StageSpec, max_tokens: int, seed: int) -> SamplingParams:
        own, default = stage.sampling, self.sampling
        temperature = default.temperature if own.temperature is None else own.temperature
        top_p = default.top_p if own.top_p is None else own.top_p
        return SamplingParams(temperature, top_p, max_tokens, seed)

"""One item through its stages: ask, read, ask again, reject."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from generator.check import CheckSettings, check_text
from generator.engine import Engine, PromptTooLong, Request, SamplingParams, SamplingSettings
from generator.item import Item, request_seed
from generator.journal import Journal
from generator.prompt import Prompter
from prompts.constraint import Answer, Prose, UnreadableAnswer, read_answer
from prompts.kind import Kind, StageSpec

MORE_ROOM = 1.5
"""By how much a cut-off answer's token limit grows with each further attempt."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A stage's readable answer and what it took."""

    answer: Answer
    text: str
    tokens: int
    """Of this answer alone; the counts below are over all attempts."""
    attempts: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable document: why, the last answer, and what it took."""

    reason: str
    detail: str
    answer: str = ""
    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Writer:
    """Walks items through their stages; every finished stage is a line in the journal."""

    kinds: Mapping[str, Kind]
    prompter: Prompter
    engine: Engine
    journal: Journal
    sampling: SamplingSettings
    checks: CheckSettings
    spent: Callable[[int], None]
    """Told the tokens of each answer as it comes."""

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
                    "attempts": answered.attempts,
                    "prompt_tokens": answered.prompt_tokens,
                    "completion_tokens": answered.completion_tokens,
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
                "attempts": failed.attempts,
                "prompt_tokens": failed.prompt_tokens,
                "completion_tokens": failed.completion_tokens,
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
        prompt_tokens = completion_tokens = 0
        reason = detail = text = ""
        attempt = 0
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
            except PromptTooLong as error:
                reason, detail = "prompt too long", str(error)
                break
            prompt_tokens += completion.prompt_tokens
            completion_tokens += completion.completion_tokens
            self.spent(completion.completion_tokens)
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
            return Answered(
                answer,
                text,
                completion.completion_tokens,
                attempt + 1,
                prompt_tokens,
                completion_tokens,
            )
        return Failed(reason, detail, text, attempt + 1, prompt_tokens, completion_tokens)

    def _sampling(self, stage: StageSpec, max_tokens: int, seed: int) -> SamplingParams:
        own, default = stage.sampling, self.sampling
        temperature = default.temperature if own.temperature is None else own.temperature
        top_p = default.top_p if own.top_p is None else own.top_p
        return SamplingParams(temperature, top_p, max_tokens, seed)

"""Ask, read, ask again: what every stage of an item has in common, the judge's included."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from generator.engine import (
    Completion,
    Engine,
    Message,
    Request,
    SamplingParams,
    SamplingSettings,
    Unanswerable,
)
from generator.item import request_seed
from prompts.answer import UnreadableAnswer
from prompts.constraint import Constraint
from prompts.kind_file import Sampling

ReadT = TypeVar("ReadT")

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
class Failed:
    """No usable answer: why, the last one, and what it took."""

    reason: str
    detail: str
    answer: str = ""
    spent: Spent = field(default_factory=Spent)
    idea: None = None


@dataclass(frozen=True, slots=True)
class Read(Generic[ReadT]):
    """A usable answer and what it took."""

    value: ReadT
    completion: Completion
    spent: Spent


class Unusable(Exception):
    """An answer that was read and cannot be taken."""

    def __init__(self, reason: str, detail: str, *, final: bool = False) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.final = final
        """Whether asking again would not help."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the model, as often as it takes."""

    item: str
    stage: str
    """With `item` and the attempt, what the request's seed is made from."""
    messages: tuple[Message, ...]
    constraint: Constraint | None
    temperature: float
    top_p: float
    max_tokens: int
    """Of the first attempt."""
    attempts: int
    priority: int
    asked: int = 0
    """How often it was asked before, in earlier rounds: seeds go on from there."""


def drawn(own: Sampling, default: SamplingSettings) -> tuple[float, float]:
    """Temperature and top-p: what is not given of its own is as the settings say."""
    return (
        default.temperature if own.temperature is None else own.temperature,
        default.top_p if own.top_p is None else own.top_p,
    )


async def ask(
    engine: Engine,
    question: Question,
    read: Callable[[Completion, int], ReadT],
    told: Callable[[Completion], None],
) -> Read[ReadT] | Failed:
    """Ask until an answer can be used, each time with a new seed and, cut off, with more room.

    Args:
        engine: Answers.
        question: What is asked.
        read: Takes an answer and the number of the attempt; raises UnreadableAnswer or Unusable.
        told: Told each answer as it comes.
    """
    room = question.max_tokens
    spent = Spent()
    failed = Failed("", "")
    for attempt in range(question.asked, question.asked + question.attempts):
        seed = request_seed(question.item, question.stage, attempt)
        request = Request(
            question.messages,
            question.constraint,
            SamplingParams(question.temperature, question.top_p, room, seed),
            question.priority,
            f"{question.item}/{question.stage}",
        )
        try:
            completion = await engine.answer(request)
        except Unanswerable as error:
            return Failed(error.reason, str(error), failed.answer, spent)
        spent.add(completion)
        told(completion)
        if completion.finish_reason == "length":
            detail = f"after {completion.completion_tokens} tokens"
            failed = Failed("truncated", detail, completion.text, spent)
            room = int(room * MORE_ROOM)
            continue
        try:
            return Read(read(completion, attempt), completion, spent)
        except UnreadableAnswer as error:
            failed = Failed("unreadable", str(error), completion.text, spent)
        except Unusable as error:
            failed = Failed(error.reason, error.detail, completion.text, spent)
            if error.final:
                break
    return failed

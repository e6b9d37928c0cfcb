"""Ask for a verdict on a document, look its quotation up, and say whether the document stays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

from constitution.collection import Constitution
from exempla.document import Verdict
from exempla.errors import BadInput, Problem
from exempla.source import nearest
from generator.asking import Failed, Question, Read, Unusable, ask
from generator.engine import Completion, Engine, EngineSettings, Message, SamplingSettings
from generator.prompt import principle_fields
from generator.quotation import LEAST_WORDS, MOST_WORDS, fault
from prompts.answer import read_answer
from prompts.judging import Judging
from prompts.kind_check import JUDGE
from prompts.rubric import OVERALL

JUDGED, UNSUPPORTED = "judged", "unsupported verdict"
"""Reasons of rejection: by the verdict, and for want of one that its quotation bears out."""
USUAL_LIMITS = {"faithful": 3.0, "conduct": 3.0, OVERALL: 3.5}
"""At least the middle in what a reader learns from most, and somewhat better than it in all."""


Score = Annotated[float, Field(ge=1, le=5)]


class JudgeSampling(SamplingSettings):
    """How a verdict is drawn: nearly the likeliest one, and another where it is asked for again."""

    temperature: float = Field(default=0.3, ge=0, le=5)


class JudgeSettings(BaseModel):
    """Who judges, and what is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: EngineSettings | None = None
    """By default the one that writes."""
    rubric: str | None = None
    """A file; by default `rubric.yaml` of the prompts folder, else the built-in one."""
    at_least: dict[str, Score] | None = None
    """The least score of an item, or of `overall`, the mean of them all. By default 3 for
    `faithful` and `conduct`, as far as the rubric has them, and 3.5 for `overall`."""
    allow: tuple[str, ...] = ()
    """Flags that a document may have raised and be kept; every other one rejects it."""
    sampling: JudgeSampling = JudgeSampling()
    attempts: int = Field(default=3, ge=1, le=20)
    max_tokens: int = Field(default=600, ge=1)


@dataclass(frozen=True, slots=True)
class Subject:
    """A document as a judge sees it."""

    id: str
    principle: str
    clause: str | None
    """The text of the point it was written to, where there is one."""
    kind: str
    """What its kind is, in words."""
    text: str
    """As `as_shown` gives it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a verdict must reach for its document to be kept."""

    at_least: Mapping[str, float]
    allow: frozenset[str]

    def objection(self, verdict: Verdict) -> str:
        """Everything that speaks against keeping the document; empty where nothing does."""
        found = {**verdict.scores, OVERALL: verdict.overall}
        low = [
            f"{name} {found[name]:g} of at least {least:g}"
            for name, least in self.at_least.items()
            if name in found and found[name] < least
        ]
        raised = [f"flag: {flag}" for flag in verdict.flags if flag not in self.allow]
        return ", ".join(low + raised)


def limits_of(settings: JudgeSettings, judging: Judging) -> Limits:
    """The limits that the settings come to with this rubric.

    Raises:
        BadInput: they name an item or a flag that the rubric has not.
    """
    known = (*judging.rubric.item_ids, OVERALL)
    given = settings.at_least
    problems = [
        Problem(
            f"'{name}' is no item of the rubric",
            nearest(name, known),
            setting=f"judge.at_least.{name}",
        )
        for name in given or ()
        if name not in known
    ]
    problems += [
        Problem(
            f"'{name}' is no flag of the rubric",
            nearest(name, judging.rubric.flag_ids),
            setting=f"judge.allow.{index}",
        )
        for index, name in enumerate(settings.allow)
        if name not in judging.rubric.flag_ids
    ]
    if problems:
        raise BadInput(*problems)
    if given is None:
        given = {name: least for name, least in USUAL_LIMITS.items() if name in known}
    return Limits(given, frozenset(settings.allow))


class Judge:
    """Puts documents to a model and reads its verdicts."""

    def __init__(
        self, settings: JudgeSettings, judging: Judging, constitution: Constitution
    ) -> None:
        self.settings = settings
        self.rubric = judging.rubric
        self.limits = limits_of(settings, judging)
        self.principles = {p.id: principle_fields(p) for p in constitution.principles}
        self._template = judging.verdict
        self._rubric = {
            "items": [{**item.anchors.model_dump(), **_words(item)} for item in self.rubric.items],
            "flags": [_words(flag) for flag in self.rubric.flags],
        }
        common = {**self._rubric, "principles": list(self.principles.values())}
        self._system = Message("system", judging.system.render(common))

    def messages(self, subject: Subject) -> tuple[Message, ...]:
        """The conversation to put to the model about a document.

        What all documents have in common comes first and the document late, so that an engine
        with a prefix cache reads the rubric once.

        Raises:
            BadInput: the template cannot be rendered for it.
        """
        values = {
            **self._rubric,
            "principle": self.principles[subject.principle],
            "clause": subject.clause,
            "kind": subject.kind,
            "document": subject.text,
            "least_words": LEAST_WORDS,
            "most_words": MOST_WORDS,
        }
        return self._system, Message("user", self._template.render(values))

    async def verdict_on(
        self,
        engine: Engine,
        subject: Subject,
        told: Callable[[Completion], None],
        priority: int = 0,
        asked: int = 0,
    ) -> Read[Verdict] | Failed:
        """Ask for a verdict whose quotation stands in the document.

        Args:
            engine: Answers.
            subject: The document.
            told: Told each answer as it comes.
            priority: Of the requests; the lower, the sooner.
            asked: How often it was asked before.
        """
        sampling = self.settings.sampling
        question = Question(
            subject.id,
            JUDGE,
            self.messages(subject),
            self.rubric.constraint,
            sampling.temperature,
            sampling.top_p,
            self.settings.max_tokens,
            self.settings.attempts,
            priority,
            asked,
        )
        model = engine.describe().model

        def read(completion: Completion, attempt: int) -> Verdict:
            verdict = self.read(completion.text, model)
            if wrong := fault(verdict.quotation, subject.text):
                raise Unusable(UNSUPPORTED, wrong)
            return verdict

        return await ask(engine, question, read, told)

    def read(self, text: str, model: str) -> Verdict:
        """Read a verdict that a model gave.

        Raises:
            UnreadableAnswer: it has not the form.
        """
        answer = read_answer(self.rubric.constraint, text)
        assert isinstance(answer, dict)  # noqa: S101 - verdicts have fields
        raised = set(answer.get("flags", ()))
        return Verdict(
            reason=answer["reason"].strip(),
            quotation=answer["quotation"].strip(),
            scores=answer["scores"],
            flags=tuple(flag for flag in self.rubric.flag_ids if flag in raised),
            overall=overall(answer["scores"]),
            model=model,
            rubric=self.rubric.digest[:12],
        )


def overall(scores: Mapping[str, int]) -> float:
    """The mean of the scores, to two places."""
    return round(fmean(scores.values()), 2)


def journalled(found: Read[Verdict]) -> dict[str, Any]:
    """A verdict for a journal line, which tells all of it without the rubric at hand."""
    return {
        "tokens": found.completion.completion_tokens,
        **found.spent.record(),
        "text": orjson.dumps(found.value.model_dump(mode="json")).decode(),
    }


def as_shown(body: Mapping[str, Any]) -> str:
    """A document as a judge reads it, and as its quotations are looked up.

    Args:
        body: Its `title` and `text`, or its `messages` and `tools`, as in `documents.jsonl`.
    """
    if body.get("messages") is None:
        return "\n\n".join(filter(None, (body.get("title"), body["text"])))
    turns = [f"[{turn['role']}]\n{turn['content']}" for turn in body["messages"]]
    if body.get("tools"):
        turns.insert(0, f"[tools it could have called]\n{_tools(body['tools'])}")
    return "\n\n".join(turns)


def _tools(tools: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"{tool['name']}: {tool['description']}" for tool in tools)


def _words(fields: BaseModel) -> dict[str, Any]:
    return fields.model_dump(exclude={"anchors"})

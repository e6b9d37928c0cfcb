"""What answers requests: the protocol that every engine meets, and how one is found by name."""

from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from exempla.errors import BadInput, ExemplaError, Problem
from exempla.source import nearest
from prompts.constraint import Constraint

ENTRY_POINTS = "exempla.engines"

ArgsT = TypeVar("ArgsT", bound=BaseModel)


class EngineSettings(BaseModel):
    """Which engine answers, with which model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "auto"
    """An engine's entry point, or `auto`."""
    model: str | None = None
    """A local folder, a hub name, or the name of the built-in model."""
    args: dict[str, Any] = Field(default_factory=dict)
    """The engine's own options, checked by the engine."""
    in_flight: int | None = Field(default=None, ge=1)
    """Items being written at once; by default what the engine can use."""


class SamplingSettings(BaseModel):
    """How tokens are drawn where a stage does not say otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(default=1.0, ge=0, le=5)
    top_p: float = Field(default=0.95, gt=0, le=1)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation that is put to the model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How tokens are drawn; `seed` makes the draw a function of the request."""

    temperature: float
    top_p: float
    max_tokens: int
    seed: int


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the model.

    `priority` follows vLLM: the lower, the sooner. `tag` names the request in errors and logs
    and never reaches the model.
    """

    messages: tuple[Message, ...]
    constraint: Constraint | None
    sampling: SamplingParams
    priority: int = 0
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """The model's answer; `finish_reason` is `length` where it was cut off at its token limit."""

    text: str
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says of itself once it is open."""

    engine: str
    model: str
    revision: str
    """Names the weights: a hash or a hub commit."""
    in_flight: int
    """How many items keep it busy."""
    versions: dict[str, str] = field(default_factory=dict)
    """Of the packages that shape its answers."""


class PromptTooLong(Exception):
    """The request does not fit into the model's context; its item is rejected, the run goes on."""


class EngineFailed(ExemplaError):
    """The engine could not start or stopped answering; what is finished is kept."""


class Engine(Protocol):
    """Answers requests. Knows nothing of items, stages or documents.

    Built from its settings without cost; raises BadInput there for arguments that are wrong.
    """

    def __init__(self, settings: EngineSettings) -> None: ...

    async def open(self) -> None:
        """Load what is needed to answer. Raises BadInput or EngineFailed."""

    async def close(self) -> None:
        """Let go of everything; safe to call twice, and after a failed `open`."""

    def describe(self) -> EngineInfo:
        """Say what this engine is; valid once it is open."""

    async def answer(self, request: Request) -> Completion:
        """Answer one request. Raises PromptTooLong or EngineFailed."""


def find_engine(settings: EngineSettings) -> Engine:
    """Build the engine that the settings name.

    Raises:
        BadInput: no such engine, a package it needs is not installed, or its arguments are wrong.
    """
    known = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    name = "transformers" if settings.name == "auto" else settings.name
    if name not in known:
        raise BadInput(
            Problem(f"unknown engine '{name}'", nearest(name, sorted(known)), setting="engine.name")
        )
    try:
        engine: Engine = known[name].load()(settings)
    except ImportError as error:
        raise BadInput(
            Problem(
                f"the engine '{name}' needs a package that is missing: {error}",
                f"Install it: pip install 'exempla[{'cpu' if name == 'transformers' else name}]'",
                setting="engine.name",
            )
        ) from error
    return engine


def checked_args(model: type[ArgsT], settings: EngineSettings) -> ArgsT:
    """Read an engine's own options from the settings.

    Raises:
        BadInput: an option is unknown or has a wrong value.
    """
    try:
        return model.model_validate(settings.args)
    except ValidationError as error:
        known = list(model.model_fields)
        raise BadInput(
            *(
                Problem(
                    f"engine.args.{'.'.join(map(str, detail['loc']))}: {detail['msg']}",
                    nearest(str(detail["loc"][0]), known),
                    setting=".".join(("engine.args", *map(str, detail["loc"]))),
                )
                for detail in error.errors(include_url=False)
            )
        ) from error

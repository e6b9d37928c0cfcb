"""What answers requests: the protocol that every engine meets, and how one is found by name."""

from collections.abc import Collection
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Annotated, Any, Literal, Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from exempla.errors import BadInput, ExemplaError, Problem
from exempla.source import nearest
from generator.gpu import gpu_present
from prompts.constraint import Constraint

ENTRY_POINTS = "exempla.engines"
WITHOUT_SERVERS = frozenset({"scripted", "transformers", "vllm"})

ArgsT = TypeVar("ArgsT", bound=BaseModel)


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write a base URL such as http://127.0.0.1:8000/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "a base URL holds no key, user or query; name the variable that holds the key "
            "as engine.api_key_env"
        )
    return url.rstrip("/")


class ServerSettings(BaseModel):
    """One server of a fleet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, AfterValidator(_base_url)]
    """The base URL, up to and with `/v1`."""
    weight: float = Field(default=1.0, gt=0)
    """Its share of the requests in flight, against the others'."""


class EngineSettings(BaseModel):
    """Which engine answers, with which model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "auto"
    """An engine's entry point, or `auto`: servers where some are named, else vLLM where it and a
    GPU are there, else transformers."""
    model: str | None = None
    """A local folder, a hub name, or the name of the built-in model; for servers the name that
    they know it by, which may be left out where they serve but one."""
    args: dict[str, Any] = Field(default_factory=dict)
    """The engine's own options, checked by the engine."""
    in_flight: int | None = Field(default=None, ge=1)
    """Requests being answered at once (by each server, where there are several); by default what
    the engine can use."""
    servers: tuple[
        Annotated[
            ServerSettings,
            BeforeValidator(lambda given: {"url": given} if isinstance(given, str) else given),
        ],
        ...,
    ] = ()
    """Base URLs of OpenAI-compatible servers, each a string or `{url: …, weight: …}`."""
    api_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The environment variable that holds the servers' key; never the key itself."""
    prompts: Literal["chat", "raw"] = "chat"
    """`chat`: messages, by the model's own template. `raw`: the prompt's bare text, for base
    models, which have no template."""
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)
    """For the model's chat template, such as `enable_thinking: false`."""
    seeded: bool = False
    """Whether each request carries its own seed to vLLM or to the servers, for those that then
    answer alike each time; it slows their sampling. The other engines always do it."""


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


def raw_prompt(messages: tuple[Message, ...]) -> str:
    """The bare text of the messages, for a model that has no chat template."""
    return "\n\n".join(message.content for message in messages)


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
    cached_tokens: int | None = None
    """Of the prompt, how many the engine's prefix cache held; None where it does not tell."""
    retries: int = 0
    """How often the request was sent again because of a fault on the way."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says of itself once it is open."""

    engine: str
    model: str
    revision: str
    """Names the weights: a hash or a hub commit."""
    in_flight: int
    """How many items keep it busy, with some to spare for those that wait for the disk."""
    versions: dict[str, str] = field(default_factory=dict)
    """Of the packages that shape its answers."""


class Unanswerable(Exception):
    """This one request gets no answer; its item is rejected for `reason`, the run goes on."""

    reason = "unanswerable"


class PromptTooLong(Unanswerable):
    """The request does not fit into the model's context."""

    reason = "prompt too long"


class Refused(Unanswerable):
    """A server would not take this request; the message has the server's words."""

    reason = "refused by the server"


class NoAnswer(Unanswerable):
    """Every try to have this request answered failed on the way."""

    reason = "no answer"


class NotInstalled(BadInput):
    """The engine needs a package that is not here; the settings may still be right."""


class EngineFailed(ExemplaError):
    """The engine could not start or stopped answering; what is finished is kept."""


class Engine(Protocol):
    """Answers requests. Knows nothing of items, stages or documents.

    Built from its settings without cost; raises BadInput there for arguments that are wrong.
    """

    def __init__(self, settings: EngineSettings) -> None: ...

    async def open(self, constraints: Collection[Constraint] = ()) -> None:
        """Load what is needed to answer, and see to it that these constraints can be kept.

        Raises BadInput or EngineFailed.
        """

    async def close(self) -> None:
        """Let go of everything; safe to call twice, and after a failed `open`."""

    def describe(self) -> EngineInfo:
        """Say what this engine is; valid once it is open."""

    async def answer(self, request: Request) -> Completion:
        """Answer one request. Raises Unanswerable or EngineFailed."""


def find_engine(settings: EngineSettings) -> Engine:
    """Build the engine that the settings name.

    Raises:
        BadInput: no such engine, or its arguments are wrong.
        NotInstalled: a package that it needs is not here.
    """
    known = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    name = chosen(settings)
    if name not in known:
        raise BadInput(
            Problem(f"unknown engine '{name}'", nearest(name, sorted(known)), setting="engine.name")
        )
    if settings.servers and name in WITHOUT_SERVERS:
        raise BadInput(
            Problem(
                f"engine.servers are named, but engine.name is '{name}'",
                "Set engine.name to server, or leave it out.",
                setting="engine.servers",
            )
        )
    try:
        engine: Engine = known[name].load()(settings)
    except ImportError as error:
        raise NotInstalled(
            Problem(
                f"the engine '{name}' needs a package that is missing: {error}",
                f"Install it: pip install 'exempla[{'cpu' if name == 'transformers' else name}]'",
                setting="engine.name",
            )
        ) from error
    return engine


def chosen(settings: EngineSettings) -> str:
    """The name of the engine that the settings come to on this machine."""
    if settings.name != "auto":
        return settings.name
    if settings.servers:
        return "server"
    return "vllm" if find_spec("vllm") and gpu_present() else "transformers"


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

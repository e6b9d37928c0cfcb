"""The OpenAI-compatible API as plain values: a request as a body, a response as a completion."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple

import orjson

from generator.engine import Completion, Message, Refused, Request, raw_prompt
from generator.engines.structured import structured_output
from prompts.constraint import Constraint

LONGEST_WORDS = 400
"""Characters of a server's words that are shown; some answer with a page of HTML."""

# vLLM says "maximum context length" or "maximum model length", OpenAI has the code, SGLang "is
# longer than the model's context length", llama.cpp "exceeds the available context size".
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context (length|size|window)"
    r"|maximum model length|(prompt|input) is too long",
    re.IGNORECASE,
)


class Garbled(ValueError):
    """A response is not what the API promises."""


class Words(NamedTuple):
    """What a server says of a request that it did not answer."""

    message: str
    code: str = ""

    @property
    def too_long(self) -> bool:
        """Whether it says that the request does not fit into the model's context."""
        return bool(_TOO_LONG.search(f"{self.code} {self.message}"))


class Served(NamedTuple):
    """A model that a server lists."""

    name: str
    root: str
    """Where its weights are from, by servers that tell."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a run's requests are put: for which model, as messages or as bare text."""

    model: str
    prompts: Literal["chat", "raw"] = "chat"
    chat_template_kwargs: Mapping[str, Any] = field(default_factory=dict)
    seeded: bool = False

    @property
    def path(self) -> str:
        """Where requests go, below the base URL."""
        return "/chat/completions" if self.prompts == "chat" else "/completions"

    def body(self, request: Request, *, constrained: bool = True) -> bytes:
        """The request as JSON; without its constraint for a server that does not take it."""
        sampling = request.sampling
        body = {
            "model": self.model,
            **self._prompt(request.messages),
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
        }
        if self.seeded:
            body["seed"] = sampling.seed
        if constrained and request.constraint is not None:
            name, value = _constraint_field(request.constraint)
            body[name] = value
        return orjson.dumps(body)

    def _prompt(self, messages: tuple[Message, ...]) -> dict[str, Any]:
        if self.prompts == "raw":
            return {"prompt": raw_prompt(messages)}
        if self.chat_template_kwargs:
            return {"messages": messages, "chat_template_kwargs": self.chat_template_kwargs}
        return {"messages": messages}


def constraint_form(constraint: Constraint) -> str:
    """Which of a server's abilities keeps the constraint: json, regex, choice or grammar."""
    return next(iter(structured_output(constraint)))


def output_field(output: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The body's field that asks for a structured output, and its value."""
    if "json" not in output:
        return "structured_outputs", dict(output)
    schema = {"name": "answer", "schema": output["json"], "strict": True}
    return "response_format", {"type": "json_schema", "json_schema": schema}


@cache
def _constraint_field(constraint: Constraint) -> tuple[str, orjson.Fragment]:
    name, value = output_field(structured_output(constraint))
    return name, orjson.Fragment(orjson.dumps(value))


def read_completion(raw: bytes) -> Completion:
    """The answer in a response.

    Raises:
        Garbled: this is no response of the API.
        Refused: the server's own filter took the answer away.
    """
    try:
        response = orjson.loads(raw)
        choice = response["choices"][0]
        # Null where a model that thinks first was cut off before it began to answer.
        text = (choice["message"]["content"] if "message" in choice else choice["text"]) or ""
        reason = choice["finish_reason"]
        usage = response.get("usage") or {}
        details = usage.get("prompt_tokens_details") or {}
        completion = Completion(
            text,
            # `tool_calls` and what servers invent are ends all the same; the check of the answer
            # decides what such a text is worth.
            "length" if reason == "length" else "stop",
            usage.get("prompt_tokens") or 0,
            usage.get("completion_tokens") or 0,
            details.get("cached_tokens"),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Garbled(f"no completion, but: {server_words(raw).message}") from error
    if reason in ("abort", "error"):
        raise Garbled(f"the server broke the answer off: {reason}")
    if reason == "content_filter":
        raise Refused("the server's content filter withheld the answer")
    if not isinstance(text, str):
        raise Garbled("the answer is not text")
    return completion


def read_models(raw: bytes) -> tuple[Served, ...]:
    """The models that a server lists.

    Raises:
        Garbled: this is no list of models.
    """
    try:
        listed = orjson.loads(raw)["data"]
        return tuple(Served(str(model["id"]), str(model.get("root") or "")) for model in listed)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Garbled(f"no list of models, but: {server_words(raw).message}") from error


def server_words(raw: bytes) -> Words:
    """The message in the body of an error, on one line and not too long."""
    try:
        body = orjson.loads(raw)
    except ValueError:
        body = raw.decode(errors="replace")
    detail = body
    for key in ("error", "detail"):
        if isinstance(body, dict) and body.get(key):
            detail = body[key]
    code = ""
    if isinstance(detail, dict):
        code = str(detail.get("code") or detail.get("type") or "")
        detail = detail.get("message") or detail
    message = detail if isinstance(detail, str) else orjson.dumps(detail).decode()
    message = " ".join(message.split())
    if len(message) > LONGEST_WORDS:
        message = f"{message[:LONGEST_WORDS].rstrip()} …"
    return Words(message or "nothing", code)

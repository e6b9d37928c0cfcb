"""An answer, taken apart by the form it was asked for."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_origin

from pydantic import BaseModel, ValidationError

from prompts.constraint import (
    ChatConstraint,
    ChoiceConstraint,
    Constraint,
    IdeasConstraint,
    JsonConstraint,
    ProseConstraint,
    RegexConstraint,
)

Fields = dict[str, Any]
"""A JSON answer."""


@dataclass(frozen=True, slots=True)
class Prose:
    """A prose answer."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation, and the form it was written in."""

    messages: tuple[Message, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An idea that may be taken."""

    fields: Fields
    likelihood: int
    """How likely the model said it is, in percent."""


@dataclass(frozen=True, slots=True)
class Ideas:
    """Candidates to choose from; none where the model gave a reason why the assignment is unfit."""

    candidates: tuple[Candidate, ...]
    unfit: str = ""


Answer = Fields | Prose | Chat | str


class UnreadableAnswer(ValueError):
    """An answer does not match its constraint."""


def read_answer(constraint: Constraint | None, text: str) -> Answer:
    """Take an answer apart.

    The answer to a stage of ideas is the one that was chosen.

    Returns:
        A dict for JSON, title and text for prose, messages for a chat, else the text itself.

    Raises:
        UnreadableAnswer: the text does not match; says how.
    """
    match constraint:
        case IdeasConstraint(candidate=candidate):
            return read_answer(candidate, text)
        case JsonConstraint(model=model):
            return _object(model, text).model_dump()
        case ProseConstraint(pattern=pattern):
            if not _compiled(pattern).fullmatch(text.strip()):
                raise UnreadableAnswer("not a title line and then paragraphs")
            title, _, body = text.strip().partition("\n\n")
            title = title.removeprefix("#").strip()
            if not title:
                raise UnreadableAnswer("the title is blank")
            return Prose(title, body.strip())
        case ChatConstraint(pattern=pattern):
            if not _compiled(pattern).fullmatch(text.strip()):
                raise UnreadableAnswer("not messages of user and assistant by turns")
            return _chat(text.strip())
        case RegexConstraint(pattern=pattern):
            if not _compiled(pattern).fullmatch(text):
                raise UnreadableAnswer(f"does not match {pattern}")
        case ChoiceConstraint(options=options):
            if text not in options:
                raise UnreadableAnswer(f"none of {', '.join(options)}")
    return text


def read_ideas(constraint: IdeasConstraint, text: str) -> Ideas:
    """Take the answer to a stage of ideas apart.

    Raises:
        UnreadableAnswer: the text does not match; says how.
    """
    answer = _object(constraint.model, text).model_dump()
    if "unfit" in answer:
        return Ideas((), answer["unfit"])
    return Ideas(
        tuple(Candidate(idea, idea.pop("likelihood")) for idea in answer["ideas"]),
    )


def placeholder(constraint: Constraint | None, stage: str) -> Answer:
    """Stands for the answer of a stage that was not asked: what it would hold, in brackets."""
    match constraint:
        case IdeasConstraint(candidate=candidate):
            return placeholder(candidate, stage)
        case JsonConstraint(model=model):
            return {
                name: _stand_in(field.annotation, f"[{stage}.{name}]")
                for name, field in model.model_fields.items()
            }
        case ProseConstraint():
            return Prose(f"[{stage}.title]", f"[{stage}.text]")
        case ChatConstraint():
            return Chat((), f"[{stage}.text]")
    return f"[{stage}]"


def answer_fields(constraint: Constraint | None) -> frozenset[str] | None:
    """The names that a template can ask of an answer; None where it is plain text."""
    match constraint:
        case IdeasConstraint(candidate=candidate):
            return answer_fields(candidate)
        case JsonConstraint(model=model):
            return frozenset(model.model_fields)
        case ProseConstraint():
            return frozenset({"title", "text"})
        case ChatConstraint():
            return frozenset({"text"})
    return None


def _object(model: type[BaseModel], text: str) -> BaseModel:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        what = f"{where}: {detail['msg']}" if where else detail["msg"]
        raise UnreadableAnswer(what) from error


def _chat(text: str) -> Chat:
    _, *parts = re.split(r"^\[(user|assistant)\]\n", text, flags=re.MULTILINE)
    messages = []
    for role, content in zip(parts[::2], parts[1::2], strict=True):
        if not content.strip():
            raise UnreadableAnswer("a message is blank")
        messages.append(
            Message("user" if role == "user" else "assistant", content.strip()),
        )
    return Chat(tuple(messages), text)


class _Number(int):
    """Counts as a number, so that templates can compare it, and prints as its words."""

    words: str

    def __str__(self) -> str:
        return self.words


def _stand_in(annotation: Any, words: str) -> Any:
    if get_origin(annotation) is list:
        return [words]
    if annotation is int:
        number = _Number(1)
        number.words = words
        return number
    return words


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)

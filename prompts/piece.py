"""A piece in a file of its own: front matter, then a text or a conversation."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from exempla.errors import BadInput, Problem, collecting
from exempla.source import Place, Yaml, parse_yaml, read_text, validate
from prompts.answer import Chat, Message, Prose, UnreadableAnswer, read_answer
from prompts.constraint import ChatConstraint, ProseConstraint

HeaderT = TypeVar("HeaderT", bound=BaseModel)
_CHAT = ChatConstraint((2, 40))


@dataclass(frozen=True, slots=True)
class Piece(Generic[HeaderT]):
    """What a file holds."""

    id: str
    """The file's name."""
    header: HeaderT
    yaml: Yaml
    """The front matter, with the place of each value."""
    title: str
    """Empty for a conversation."""
    text: str
    """Of a conversation, the form it was written in."""
    messages: tuple[Message, ...]
    """Empty for a text."""
    place: Place


def read_piece(file: Path, header: type[HeaderT], *, sort: str) -> Piece[HeaderT]:
    """Read one piece: front matter, then a title line and paragraphs, or a conversation.

    Args:
        file: Its name is the id.
        header: What the front matter holds.
        sort: What such a piece is called, with its article.

    Raises:
        BadInput: with every problem found, each with its line.
    """
    problems: list[Problem] = []
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", file.stem):
        problem = Place(file, 1).problem(
            f"'{file.stem}' is no name for {sort}",
            "Name the file with small letters and digits, with hyphens between words.",
        )
        problems.append(problem)
    lines = read_text(file).splitlines()
    ends = [number for number, line in enumerate(lines) if line.strip() == "---"]
    if len(ends) < 2 or ends[0] != 0:
        keys = ", ".join(
            f"'{name}: …'" for name, field in header.model_fields.items() if field.is_required()
        )
        problem = Place(file, 1).problem(
            "the file does not begin with front matter",
            f"Begin with a line '---', then {keys}, then another '---'.",
        )
        raise BadInput(*problems, problem)
    with collecting(problems):
        yaml = parse_yaml("\n".join(lines[1 : ends[1]]), file, first_line=2)
        found = validate(header, yaml)
    with collecting(problems):
        body = "\n".join(lines[ends[1] + 1 :]).strip()
        title, text, messages = _read_body(body, Place(file, ends[1] + 2))
    if problems:
        raise BadInput(*problems)
    return Piece(file.stem, found, yaml, title, text, messages, Place(file, 1))


def _read_body(body: str, first: Place) -> tuple[str, str, tuple[Message, ...]]:
    try:
        answer = read_answer(_CHAT if body.startswith("[") else ProseConstraint(), body)
    except UnreadableAnswer as error:
        raise BadInput(
            first.problem(
                f"this has not the form of a document: {error}",
                "Write '# Title', then paragraphs of one line each with a blank line between; or "
                "'[user]' and '[assistant]' by turns, each with its message below.",
            )
        ) from error
    match answer:
        case Prose(title=title, text=text):
            return title, text, ()
        case Chat(messages=messages, text=text):
            return "", text, messages
    raise TypeError(f"neither prose nor a chat: {first.file}")

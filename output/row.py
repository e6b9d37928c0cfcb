"""A document as a training row."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from exempla.document import Form, Turn
from exempla.jsonl import dump
from output.entry import Entry


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row of a shard: what is trained on, then what a trainer filters and weighs by.

    `datasets` guesses the type of a column from the first rows of the first file, and fails on a
    later file that does not fit. So each key is in every row, with one type and no null: a first
    file full of nulls, or of empty lists, cannot be read together with others.

    Left out: `axes`, whose keys differ from kind to kind; `tokens`, which each trainer counts with
    a tokenizer of its own; `checks`, `model` and `stages`, which are found by `id` in the run.
    """

    id: str
    text: str
    """Title, a blank line, the document."""
    kind: str
    principles: tuple[str, ...]
    """The one it was written to first; one empty name for what names none."""
    clause: str
    """The point of the first principle that it was written to."""
    seed: str
    """The story seed; empty where the document has none."""


@dataclass(frozen=True, slots=True)
class MessagesRow:
    """One row of a shard of conversations; what else is true of it, `TextRow` says."""

    id: str
    messages: tuple[dict[str, str], ...]
    """Role and content of each, the system message first where there is one."""
    tools: str
    """The tools as JSON, a list: TRL and chat templates read it, and rows of unlike schemas would
    not fit one column. `[]` where there are none."""
    kind: str
    principles: tuple[str, ...]
    clause: str
    seed: str


Row = TextRow | MessagesRow


def row_of(
    entry: Entry, form: Form, user_turns: Mapping[str, str] | None, *, convert: bool = False
) -> Row | None:
    """The row for a document in a mix of one form.

    Args:
        entry: The document.
        form: What the rows of the mix hold.
        user_turns: What a text of a kind is the answer to, by kind; `{title}` is filled in.
        convert: Whether a document of the other form is rendered in this one.

    Returns:
        None where the document has the other form and is not, or cannot be, rendered.
    """
    if entry.form != form and not convert:
        return None
    if form == "text":
        text = entry.text if entry.text is not None else _as_text(entry.messages or ())
        return TextRow(
            id=entry.id,
            text=f"{entry.title}\n\n{text}" if entry.title else text,
            kind=entry.kind,
            principles=entry.principles or ("",),
            clause=entry.clause,
            seed=entry.seed or "",
        )
    messages = entry.messages or _as_messages(entry, user_turns or {})
    if messages is None:
        return None
    functions = [{"type": "function", "function": tool} for tool in entry.tools]
    return MessagesRow(
        id=entry.id,
        messages=tuple(turn.model_dump() for turn in messages),
        tools=orjson.dumps(functions).decode(),
        kind=entry.kind,
        principles=entry.principles or ("",),
        clause=entry.clause,
        seed=entry.seed or "",
    )


def line_of(row: Row, prefix: str | None = None) -> bytes:
    """A row as a line of JSON, with the tag before it in a field of its own where there is one."""
    if prefix is None:
        return dump(row)
    return dump({**{name: getattr(row, name) for name in row.__slots__}, "prefix": prefix})


def _as_text(messages: tuple[Turn, ...]) -> str:
    """A conversation for those who train on plain text: each turn under its role."""
    return "\n\n".join(f"{turn.role.capitalize()}:\n{turn.content}" for turn in messages)


def _as_messages(entry: Entry, user_turns: Mapping[str, str]) -> tuple[Turn, ...] | None:
    """A text as the answer to a request; the title is in the request or leads the answer."""
    asked = user_turns.get(entry.kind)
    if asked is None:
        return None
    told = entry.text or ""
    if entry.title and "{title}" not in asked:
        told = f"{entry.title}\n\n{told}"
    return (
        Turn(role="user", content=asked.replace("{title}", entry.title)),
        Turn(role="assistant", content=told),
    )

"""A document as a training row."""

from dataclasses import dataclass

import orjson

from exempla.document import Document


@dataclass(frozen=True, slots=True)
class TextRow:
    """One line of a shard: what is trained on, then what a trainer filters and weighs by.

    `datasets` guesses the type of a column from the first rows of the first file, and fails on a
    later file that does not fit. So each key is in every row, with one type and no null: a first
    file full of nulls, or of empty lists, cannot be read together with others.

    Left out: `axes`, whose keys differ from kind to kind; `tokens`, counted with the tokenizer of
    the model that wrote and not of the one that is trained; `checks`, `model` and `stages`, which
    are found by `id` in the run.
    """

    id: str
    text: str
    """Title, a blank line, the document."""
    kind: str
    principles: tuple[str, ...]
    """The one it was written to first; never empty."""
    clause: str
    """The point of the first principle that it was written to."""
    seed: str
    """The story seed; empty where the document has none."""


@dataclass(frozen=True, slots=True)
class MessagesRow:
    """One line of a shard of conversations; what else is true of it, `TextRow` says."""

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


def row(document: Document) -> TextRow | MessagesRow:
    """The row for a document that names a principle."""
    if document.messages is None:
        return TextRow(
            id=document.id,
            text=f"{document.title}\n\n{document.text}",
            kind=document.kind,
            principles=document.principles,
            clause=document.clause,
            seed=document.seed or "",
        )
    functions = [{"type": "function", "function": tool} for tool in document.tools]
    return MessagesRow(
        id=document.id,
        messages=tuple(turn.model_dump() for turn in document.messages),
        tools=orjson.dumps(functions).decode(),
        kind=document.kind,
        principles=document.principles,
        clause=document.clause,
        seed=document.seed or "",
    )

"""The record that is written, deduplicated and mixed."""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator


class Record(BaseModel):
    """Base of the records in files: frozen, and no key but the declared ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class StageTrace(Record):
    """What one stage of a document cost."""

    stage: str
    attempts: int
    """Requests it took, the answered one included."""
    prompt_tokens: int
    """Over all attempts."""
    completion_tokens: int
    """Over all attempts."""


class Verdict(Record):
    """What the judge made of a document."""

    reason: str
    quotation: str
    """Words of the document that bear the reason out; looked up there."""
    scores: dict[str, int]
    """From 1 to 5, by item of the rubric."""
    flags: tuple[str, ...]
    """Those of the rubric's flags that were raised."""
    overall: float
    """The mean of the scores, to two places."""
    model: str
    """The judge's."""
    rubric: str
    """The beginning of the hash of the rubric it was judged by."""


Form = Literal["text", "messages"]
"""What a document is: one text, or a conversation."""


class Turn(Record):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


def form_of(text: str | None, messages: Sequence[Turn] | None) -> Form:
    """Whether a document is a text or a conversation.

    Raises:
        ValueError: it is both, or neither.
    """
    if (text is None) == (messages is None):
        raise ValueError("a document has either 'text' or 'messages'")
    return "messages" if text is None else "text"


class Document(Record):
    """One accepted text with all that led to it. Holds no times of day, so that runs compare."""

    id: str
    """Hash of what the item was made from."""
    kind: str
    title: str = ""
    """Empty for a conversation."""
    text: str | None = None
    """Paragraphs between blank lines, without the title; None for a conversation."""
    messages: tuple[Turn, ...] | None = None
    """A conversation; None for a text."""
    tools: tuple[dict[str, Any], ...] = ()
    """What the model could have called in the conversation: name, description, parameters."""
    principles: tuple[str, ...]
    """Ids, the one it was written to first."""
    clause: str
    """The point of the first principle that it was written to."""
    seed: str | None
    axes: dict[str, str]
    """The value of each axis, by its id."""
    dealt: dict[str, str] = {}
    """What it was given from lists: names, places, figures, by axis."""
    skeleton: dict[str, str] = {}
    """What its idea chose among options that the kind declares, by field: the plot in outline."""
    replicate: int
    """How many items of the same kind and clause the plan has before this one."""
    tokens: int
    """Of the answer it was read from, title included, by the tokenizer of the engine's model."""
    checks: dict[str, float]
    """What each check measured."""
    flagged: dict[str, str] = {}
    """Checks that found something and did not reject it for that: what they found, by check."""
    verdict: Verdict | None = None
    """None where no judge was asked."""
    model: str
    stages: tuple[StageTrace, ...]

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        form_of(self.text, self.messages)
        return self

    @property
    def form(self) -> Form:
        """Whether it is a text or a conversation."""
        return form_of(self.text, self.messages)

    @property
    def body(self) -> str:
        """Its text; of a conversation, what was said in it, between blank lines."""
        if self.text is not None:
            return self.text
        said = (turn.content for turn in self.messages or () if turn.role != "system")
        return "\n\n".join(said)

    def row(self) -> dict[str, Any]:
        """The document as it stands in a record file."""
        return self.model_dump(mode="json")

"""The record that is written, deduplicated and mixed."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Base of the records in files: frozen, and no key but the declared ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StageTrace(Record):
    """What one stage of a document cost."""

    stage: str
    attempts: int
    """Requests it took, the answered one included."""
    prompt_tokens: int
    """Over all attempts."""
    completion_tokens: int
    """Over all attempts."""


class Document(Record):
    """One accepted text with all that led to it. Holds no times of day, so that runs compare."""

    id: str
    """Hash of what the item was made from."""
    kind: str
    title: str
    text: str
    """Paragraphs between blank lines, without the title."""
    principles: tuple[str, ...]
    """Ids, the one it was written to first."""
    clause: str
    """The point of the first principle that it was written to."""
    seed: str | None
    axes: dict[str, str]
    """The value of each axis, by its id."""
    replicate: int
    """How many items of the same kind and clause the plan has before this one."""
    tokens: int
    """Of the answer it was read from, title included, by the tokenizer of the engine's model."""
    checks: dict[str, float]
    """What each check measured."""
    model: str
    stages: tuple[StageTrace, ...]

    def row(self) -> dict[str, Any]:
        """The document as it stands in a record file."""
        return self.model_dump(mode="json")

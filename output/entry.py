"""What a mix needs of a record, whoever wrote it."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from exempla.document import Form, Turn, form_of
from exempla.errors import Problem
from exempla.source import nearest
from output.recipe import Blend, Source

ORDINARY = "ordinary"
"""The kind of blended text."""


class Entry(BaseModel):
    """A document as far as a row or the choice of rows depends on it."""

    model_config = ConfigDict(frozen=True)  # a record may have more

    id: str
    kind: str
    title: str = ""
    text: str | None = None
    messages: tuple[Turn, ...] | None = None
    tools: tuple[dict[str, Any], ...] = ()
    principles: tuple[str, ...] = ()
    clause: str = ""
    seed: str | None = None
    tokens: int | None = Field(default=None, ge=0, lt=2**31)
    group: str | None = None
    """What it has in common with others that must stay on its side of the split."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        form_of(self.text, self.messages)
        return self

    @property
    def form(self) -> Form:
        """Whether it is a text or a conversation."""
        return form_of(self.text, self.messages)


class NoEntry(Exception):
    """A record that no row can be made of; carries the problem, without its place."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def parse_record(line: bytes) -> dict[str, Any]:
    """The record on a line.

    Raises:
        NoEntry: it is not a JSON object.
    """
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        remedy = "Mend or remove it; a last line may have been cut off while it was written."
        raise NoEntry(Problem(f"this is not JSON: {error}", remedy)) from error
    if not isinstance(record, dict):
        raise NoEntry(Problem("this line is not a JSON object", "Write one record a line."))
    return record


def entry_of(record: Mapping[str, Any], source: Source | Blend) -> Entry:
    """The entry for a record of a source; one without an id is named by its content.

    Raises:
        NoEntry: the text is not where the source says, or a field is not what it should be.
    """
    if isinstance(source, Source) and source.files is None:
        return _validated(record)
    chat = record.get("messages") is not None
    if not chat and source.field not in record:
        what = f"the record has no field '{source.field}'"
        raise NoEntry(Problem(what, nearest(source.field, sorted(record))))
    body = record["messages" if chat else source.field]
    content = {"text": None if chat else body, "messages": body if chat else None}
    if isinstance(source, Blend):
        return _validated({"id": f"{ORDINARY}-{_digest(body)}", "kind": ORDINARY, **content})
    given = {name: value for name, value in record.items() if value is not None}
    kind = {} if source.kind is None else {"kind": source.kind}
    group = given.get(source.group) if source.group else None
    content["group"] = None if group is None else str(group)
    return _validated({"id": _digest(body), **kind, **given, **content})


def _digest(content: Any) -> str:
    return blake2b(orjson.dumps(content), digest_size=10).hexdigest()


def _validated(record: Mapping[str, Any]) -> Entry:
    try:
        return Entry.model_validate(record)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        reason = detail["msg"].removeprefix("Value error, ")
        if where == "kind" and detail["type"] == "missing":
            problem = Problem("the record names no 'kind'", "Give the source one: 'kind: NAME'.")
        else:
            what = f"'{where}': {reason}" if where else reason
            problem = Problem(f"this is not a document: {what}", "Mend the record or leave it out.")
        raise NoEntry(problem) from error

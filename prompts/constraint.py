"""What an answer must match, declared once: the schema for the engine and the check of the answer.

A JSON constraint is declared as fields; they become a Pydantic model, so that the schema which
steers the model, the check of its answer and the names that later templates may use are one thing.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal, Self, get_origin

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    model_validator,
)


class Declared(BaseModel):
    """Base of what a `kind.yaml` declares: frozen, and no key but the known ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Limited(Declared):
    """Base of what has a least and a most."""

    min: int
    max: int

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"'min' is {self.min} and 'max' is {self.max}: nothing is between")
        return self


class TextField(Limited):
    """A string of at most `max` characters."""

    type: Literal["text"]
    says: str = ""
    min: int = Field(default=1, ge=0)
    max: int = Field(default=400, ge=1)


class IntegerField(Limited):
    """A whole number between two limits."""

    type: Literal["integer"]
    says: str = ""


class ChoiceField(Declared):
    """One of several strings."""

    type: Literal["choice"]
    says: str = ""
    options: tuple[str, ...] = Field(min_length=2)


class ListField(Limited):
    """Between `min` and `max` strings of at most `length` characters each."""

    type: Literal["list"]
    says: str = ""
    min: int = Field(default=1, ge=0)
    max: int = Field(default=5, ge=1)
    length: int = Field(default=200, ge=1)


FieldSpec = Annotated[
    TextField | IntegerField | ChoiceField | ListField, Field(discriminator="type")
]


def _free(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError("name the field with small letters, digits and '_'")
    if hasattr(dict, name) or hasattr(BaseModel, name):
        raise ValueError(f"in templates '{name}' means something else; choose another name")
    return name


FieldName = Annotated[str, AfterValidator(_free)]
"""A name that a template can ask of the answer and get the field."""


@dataclass(frozen=True, slots=True)
class JsonConstraint:
    """A JSON object with declared fields, in their order."""

    schema: str
    model: type[BaseModel] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RegexConstraint:
    """The whole answer matches a regular expression."""

    pattern: str


@dataclass(frozen=True, slots=True)
class ChoiceConstraint:
    """The answer is one of the options."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProseLimits:
    """Least and most paragraphs, and characters in each; a paragraph then ends with a sentence."""

    paragraphs: tuple[int, int]
    characters: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ProseConstraint:
    """A title line that begins with `# `, then paragraphs between blank lines, no headings."""

    limits: ProseLimits | None = None

    @property
    def pattern(self) -> str:
        """The form as a regular expression."""
        if self.limits is None:
            return r"# [^\n]{3,}\n\n([^\n#][^\n]*\n\n)*[^\n#][^\n]*"
        (least, most), (short, long) = self.limits.paragraphs, self.limits.characters
        paragraph = rf"[^\n#][^\n]{{{max(0, short - 2)},{max(0, long - 2)}}}[.!?]"
        return rf"# [^\n]{{3,80}}\n\n({paragraph}\n\n){{{least - 1},{most - 1}}}{paragraph}"


Constraint = JsonConstraint | RegexConstraint | ChoiceConstraint | ProseConstraint


@dataclass(frozen=True, slots=True)
class Prose:
    """A prose answer taken apart."""

    title: str
    text: str


Answer = dict[str, Any] | Prose | str


class UnreadableAnswer(ValueError):
    """An answer does not match its constraint."""


def json_constraint(name: str, fields: dict[str, FieldSpec]) -> JsonConstraint:
    """The constraint for an object with these fields."""
    definitions: dict[str, Any] = {key: _annotated(spec) for key, spec in fields.items()}
    model = create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **definitions)
    # Not sorted: engines write the fields in the order of the schema.
    return JsonConstraint(orjson.dumps(model.model_json_schema()).decode(), model)


def read_answer(constraint: Constraint | None, text: str) -> Answer:
    """Take an answer apart.

    Returns:
        A dict for JSON, title and text for prose, else the text itself.

    Raises:
        UnreadableAnswer: the text does not match; says how.
    """
    match constraint:
        case JsonConstraint(model=model):
            try:
                return model.model_validate_json(text).model_dump()
            except ValidationError as error:
                detail = error.errors(include_url=False)[0]
                where = ".".join(str(part) for part in detail["loc"])
                what = f"{where}: {detail['msg']}" if where else detail["msg"]
                raise UnreadableAnswer(what) from error
        case ProseConstraint(pattern=pattern):
            if not _compiled(pattern).fullmatch(text.strip()):
                raise UnreadableAnswer("not a title line and then paragraphs")
            title, _, body = text.strip().partition("\n\n")
            title = title.removeprefix("#").strip()
            if not title:
                raise UnreadableAnswer("the title is blank")
            return Prose(title, body.strip())
        case RegexConstraint(pattern=pattern):
            if not _compiled(pattern).fullmatch(text):
                raise UnreadableAnswer(f"does not match {pattern}")
        case ChoiceConstraint(options=options):
            if text not in options:
                raise UnreadableAnswer(f"none of {', '.join(options)}")
    return text


def placeholder(constraint: Constraint | None, stage: str) -> Answer:
    """Stands for the answer of a stage that was not asked: what it would hold, in brackets."""
    match constraint:
        case JsonConstraint(model=model):
            return {
                name: _stand_in(field.annotation, f"[{stage}.{name}]")
                for name, field in model.model_fields.items()
            }
        case ProseConstraint():
            return Prose(f"[{stage}.title]", f"[{stage}.text]")
    return f"[{stage}]"


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


def _annotated(spec: FieldSpec) -> tuple[Any, Any]:
    match spec:
        case TextField():
            return str, Field(description=spec.says, min_length=spec.min, max_length=spec.max)
        case IntegerField():
            return int, Field(description=spec.says, ge=spec.min, le=spec.max)
        case ChoiceField():
            return Literal[spec.options], Field(description=spec.says)
        case ListField():
            item = Annotated[str, Field(min_length=1, max_length=spec.length)]
            return list[item], Field(
                description=spec.says, min_length=spec.min, max_length=spec.max
            )

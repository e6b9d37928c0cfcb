"""`kind.yaml` as it stands: what it declares, key by key."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PositiveInt, model_validator

from prompts.constraint import (
    ChatConstraint,
    ChoiceConstraint,
    Constraint,
    ProseConstraint,
    ProseLimits,
    RegexConstraint,
    ideas_constraint,
    json_constraint,
)
from prompts.field import Declared, FieldName, FieldSpec

Need = Literal["principle", "seed"]
StageName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Sampling(Declared):
    """How tokens are drawn; what is not given comes from the settings."""

    temperature: float | None = Field(default=None, ge=0, le=5)
    top_p: float | None = Field(default=None, gt=0, le=1)


def _ordered(bounds: tuple[int, int]) -> tuple[int, int]:
    if bounds[0] > bounds[1]:
        raise ValueError("give the least first, then the most")
    return bounds


def _exchanges(bounds: tuple[int, int]) -> tuple[int, int]:
    if any(count % 2 for count in bounds):
        raise ValueError("messages come in pairs, a question and an answer: give even numbers")
    return bounds


Bounds = Annotated[tuple[PositiveInt, PositiveInt], AfterValidator(_ordered)]


class ProseSpec(Declared):
    """Prose with limits, for models that do not end by themselves: `[least, most]` of each."""

    paragraphs: Bounds
    characters: Bounds
    """In each paragraph."""


class ChatSpec(Declared):
    """A conversation: `[least, most]` messages and, for small models, characters in each."""

    turns: Annotated[Bounds, AfterValidator(_exchanges)]
    characters: Bounds | None = None


class IdeasSpec(Declared):
    """Several candidates, of which one is taken."""

    count: int = Field(ge=2, le=20)
    fields: dict[FieldName, FieldSpec] = Field(min_length=1)
    """Of each candidate; a likelihood is added."""
    novelty: float = Field(default=0.5, gt=0, le=1)
    """Asked again where all candidates are as alike as this to earlier ideas of the chain."""
    unfit: bool = True
    """Whether the answer may say instead why seed and principle do not fit."""

    @model_validator(mode="after")
    def _free(self) -> "IdeasSpec":
        if "likelihood" in self.fields:
            raise ValueError("'likelihood' is added to the fields by itself; remove it")
        return self


class ConstraintSpec(Declared):
    """One form of constraint: `prose`, `chat`, `fields`, `ideas`, `regex` or `choice`."""

    prose: ProseSpec | bool = False
    chat: ChatSpec | None = None
    fields: dict[FieldName, FieldSpec] | None = Field(default=None, min_length=1)
    ideas: IdeasSpec | None = None
    regex: str | None = None
    choice: tuple[str, ...] | None = Field(default=None, min_length=2)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"prose": True} if value == "prose" else value

    @model_validator(mode="after")
    def _exactly_one(self) -> "ConstraintSpec":
        forms = (self.prose, self.chat, self.fields, self.ideas, self.regex, self.choice)
        if sum(form not in (None, False) for form in forms) != 1:
            names = "'prose', 'chat', 'fields', 'ideas', 'regex' and 'choice'"
            raise ValueError(f"give exactly one of {names}")
        if self.regex is not None:
            try:
                re.compile(self.regex)
            except re.error as error:
                raise ValueError(f"'regex' is no regular expression: {error}") from error
        return self

    def constraint(self, name: str) -> Constraint | None:
        """The constraint that is declared; `name` is for its schema."""
        match self:
            case ConstraintSpec(prose=ProseSpec(paragraphs=paragraphs, characters=characters)):
                return ProseConstraint(ProseLimits(paragraphs, characters))
            case ConstraintSpec(prose=True):
                return ProseConstraint()
            case ConstraintSpec(chat=ChatSpec(turns=turns, characters=characters)):
                return ChatConstraint(turns, characters)
            case ConstraintSpec(fields=dict(fields)):
                return json_constraint(name, fields)
            case ConstraintSpec(ideas=IdeasSpec() as ideas):
                return ideas_constraint(
                    name, ideas.fields, ideas.count, ideas.novelty, unfit=ideas.unfit
                )
            case ConstraintSpec(regex=str(pattern)):
                return RegexConstraint(pattern)
            case ConstraintSpec(choice=tuple(options)):
                return ChoiceConstraint(options)
        return None


class StageFields(Declared):
    """A stage as it stands in `kind.yaml`."""

    name: StageName
    template: str
    uses: tuple[str, ...]
    """The names its template may use: principle, clause, seed, axes, earlier stages and so on."""
    constraint: ConstraintSpec | None = None
    no_longer_than: StageName | None = None
    """An earlier stage whose text this one's may not outgrow."""
    sampling: Sampling = Sampling()
    max_tokens: int = Field(ge=1)
    attempts: int = Field(default=3, ge=1, le=20)


class KindFields(Declared):
    """A kind as it stands in `kind.yaml`."""

    says: str = Field(min_length=1)
    """What it is, for the prompt author."""
    needs: tuple[Need, ...] = ("principle",)
    axes: tuple[str, ...] = ()
    exemplars: int = Field(default=0, ge=0, le=2)
    """How many pieces from `exemplars/` of this kind an item is shown."""
    frame: str | None = None
    """For chats: the axis whose values bring a system message and tools into the document."""
    system: str | None = None
    """The template of the system message of every stage; it may use no names."""
    user_turn: str | None = Field(default=None, min_length=1)
    """What a user would have asked for, where a text of the kind is to be the answer in a chat mix;
    `{title}` is filled in."""
    stages: tuple[StageFields, ...] = Field(min_length=1)
    """In order; the answer of the last is the document."""
    variants: dict[str, Annotated[tuple[StageName, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    """Some of the stages, by name: `quick: [draft]`. What a variant leaves out is `none`."""

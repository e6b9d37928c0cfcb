"""What an answer must match: the form that an engine keeps to, and by which the answer is checked.

A JSON constraint is declared as fields; they become a Pydantic model, so that the schema which
steers the model, the check of its answer and the names that later templates may use are one thing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_origin

import orjson
from pydantic import BaseModel, Field, RootModel

from prompts.field import Fields, TextField, object_model

REASON_CHARACTERS = 700
QUOTATION_CHARACTERS = 400
"""Forty words of ten letters."""


@dataclass(frozen=True, slots=True)
class JsonConstraint:
    """A JSON object with declared fields, in their order."""

    schema: str
    model: type[BaseModel] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IdeasConstraint(JsonConstraint):
    """Several candidates of one form, each with its likelihood; or the reason why there are none.

    Asked for likelihoods, a model also offers what it would seldom say (verbalized sampling,
    Zhang et al., arXiv 2510.01171).
    """

    candidate: JsonConstraint
    novelty: float
    """The Jaccard similarity from which a candidate repeats an earlier idea."""


@dataclass(frozen=True, slots=True)
class VerdictConstraint(JsonConstraint):
    """A judge's verdict: `reason`, `quotation`, `scores` by item from 1 to 5, raised `flags`.

    The reason comes first, so that the scores follow from it.
    """

    items: tuple[str, ...]
    flags: tuple[str, ...]


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


@dataclass(frozen=True, slots=True)
class ChatConstraint:
    """A conversation: messages under `[user]` and `[assistant]` by turns, the last the assistant's.

    No line of a message begins with a bracket, so the form is never in doubt.
    """

    messages: tuple[int, int]
    """Least and most of them; even numbers."""
    characters: tuple[int, int] | None = None
    """Least and most in each message, which is then one paragraph that ends with a sentence."""

    @property
    def message(self) -> str:
        """One message as a regular expression."""
        if self.characters is None:
            return r"[^\n\[][^\n]*(\n{1,2}[^\n\[][^\n]*)*"
        short, long = self.characters
        return rf"[^\n\[][^\n]{{{max(0, short - 2)},{max(0, long - 2)}}}[.!?]"

    @property
    def pattern(self) -> str:
        """The form as a regular expression."""
        exchange = rf"\[user\]\n{self.message}\n\n\[assistant\]\n{self.message}"
        least, most = (count // 2 for count in self.messages)
        return rf"({exchange}\n\n){{{least - 1},{most - 1}}}{exchange}"


Constraint = JsonConstraint | RegexConstraint | ChoiceConstraint | ProseConstraint | ChatConstraint


def json_constraint(name: str, fields: Fields) -> JsonConstraint:
    """The constraint for an object with these fields."""
    return _of_model(object_model(name, fields))


def ideas_constraint(
    name: str, fields: Fields, count: int, novelty: float, *, unfit: bool
) -> IdeasConstraint:
    """The constraint for `count` candidates with these fields.

    Args:
        name: For the schema.
        fields: Of each candidate; its likelihood, in percent, is added.
        count: How many there are to be.
        novelty: The Jaccard similarity from which a candidate repeats an earlier idea.
        unfit: Whether the answer may be `{"unfit": reason}` instead.
    """
    likelihood: Any = (int, Field(ge=1, le=100))
    candidate: Any = object_model(f"{name}_candidate", fields, likelihood=likelihood)
    several: Any = (list[candidate], Field(min_length=count, max_length=count))
    model: Any = object_model(f"{name}_ideas", {}, ideas=several)
    if unfit:
        reason: Any = (str, Field(min_length=10, max_length=300))
        either: Any = model | object_model(f"{name}_unfit", {}, unfit=reason)
        model = RootModel[either]
    whole = _of_model(model)
    return IdeasConstraint(whole.schema, whole.model, json_constraint(name, fields), novelty)


def verdict_constraint(items: Sequence[str], flags: Sequence[str]) -> VerdictConstraint:
    """The constraint for a verdict.

    Args:
        items: What is scored, in order.
        flags: What may be raised; without any, a verdict has no `flags`.
    """
    score: Any = (int, Field(ge=1, le=5))
    scores: Any = object_model("scores", {}, **dict.fromkeys(items, score))
    more: dict[str, Any] = {"scores": (scores, ...)}
    if flags:
        flag: Any = Literal[tuple(flags)]
        more["flags"] = (list[flag], Field(min_length=0, max_length=len(flags)))
    fields: Fields = {
        "reason": TextField(type="text", max=REASON_CHARACTERS),
        "quotation": TextField(type="text", max=QUOTATION_CHARACTERS),
    }
    whole = _of_model(object_model("verdict", fields, **more))
    return VerdictConstraint(whole.schema, whole.model, tuple(items), tuple(flags))


def choices(constraint: JsonConstraint) -> list[str]:
    """The fields in which an answer chooses among options."""
    fields = constraint.model.model_fields
    return [name for name, spec in fields.items() if get_origin(spec.annotation) is Literal]


def _of_model(model: type[BaseModel]) -> JsonConstraint:
    # Not sorted: engines write the fields in the order of the schema.
    return JsonConstraint(orjson.dumps(model.model_json_schema()).decode(), model)

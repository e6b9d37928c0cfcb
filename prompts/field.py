"""The fields that a JSON answer is declared with."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model, model_validator


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


Fields = dict[FieldName, FieldSpec]


def object_model(name: str, fields: Fields, **more: Any) -> type[BaseModel]:
    """A frozen model of an object with these fields, in their order, and no others.

    Args:
        name: The model's.
        fields: By name.
        more: Further fields, as `pydantic.create_model` takes them.
    """
    definitions: dict[str, Any] = {key: _annotated(spec) for key, spec in fields.items()}
    config = ConfigDict(extra="forbid", frozen=True)
    return create_model(name, __config__=config, **definitions, **more)


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

"""A recipe: what a mix is made to look like."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from exempla.document import Form
from exempla.source import read_yaml, validate

BUILT_IN = Path(__file__).resolve().parent / "recipes"


def _kebab_case(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ValueError(
            f"'{name}' names a folder: small letters and digits, with single hyphens between words"
        )
    return name


class Recipe(BaseModel):
    """What a mix is made to look like. It names no files: those are given with it."""

    # Strict, so that `seed: yes` or a quoted number is a mistake and not the number one.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, AfterValidator(_kebab_case)]
    """The mix and its folder."""
    format: Form = "text"
    """What a row holds: a `text`, or the `messages` of a conversation. Documents of the other form
    are left out."""
    validation: float = Field(default=0.05, ge=0, le=0.5)
    """Share of the documents to hold out; 0 for none."""
    shard_size: int = Field(default=10_000, ge=1)
    """Documents a file."""
    seed: int = Field(ge=0, lt=2**63)
    """Decides the order of the rows and what is held out."""


def load_recipe(path: Path) -> Recipe:
    """Read a recipe from a YAML file.

    Raises:
        BadInput: the file cannot be read, or holds what a recipe does not; one problem for each.
    """
    return validate(Recipe, read_yaml(path))

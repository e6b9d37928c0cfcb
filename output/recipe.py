"""A recipe: what a mix is made to look like."""

import re
from collections.abc import Sequence
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from exempla.document import Form
from exempla.errors import BadInput, Problem
from exempla.source import Yaml, nearest, read_yaml, validate
from output.condition import Where

BUILT_IN = Path(__file__).resolve().parent / "recipes"

Encoding = Literal["jsonl", "jsonl.zst", "parquet"]
Unit = Literal["tokens", "documents"]
"""What budgets, shares and shard sizes are counted in."""
SHARD_SIZE: dict[Unit, int] = {"tokens": 50_000_000, "documents": 50_000}
PREFIX_NAMES = ("kind", "principle", "seed")


def _kebab_case(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ValueError(
            f"'{name}' names a folder: small letters and digits, with single hyphens between words"
        )
    return name


def _prefix(text: str) -> str:
    try:
        names = [name for _, name, *_ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise ValueError(f"{error}; write {{{{ and }}}} for braces") from error
    for name in names:
        if name not in PREFIX_NAMES:
            raise ValueError(f"'{{{name}}}' is no field. {nearest(name, PREFIX_NAMES)}")
    return text


Files = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
"""Files, folders and patterns; JSONL, also with gzip or zstd, and Parquet."""
Part = Annotated[float, Field(ge=0, allow_inf_nan=False)]
# In the order of the alphabet, as they stand in a manifest, by which a mix is made again.
Parts = Annotated[dict[str, Part], AfterValidator(lambda parts: dict(sorted(parts.items())))]


class _Declared(BaseModel):
    # Strict, so that `seed: yes` or a quoted number is a mistake and not the number one.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class Source(_Declared):
    """Documents of a run, or in files; of neither: of the run that the mix is made for."""

    run: str | None = None
    """The folder of a finished run."""
    files: Files | None = None
    """Records with a `text` or `messages`; any of a document's other fields are used."""
    field: str = "text"
    """Where the text stands in the records of files."""
    kind: str | None = None
    """Of records in files that name none."""
    group: str | None = None
    """A field of the records of files: those with the same value stay on one side of the split."""
    where: Where = {}

    @model_validator(mode="after")
    def _one_shape(self) -> "Source":
        if self.run is not None and self.files is not None:
            raise ValueError("give either 'run' or 'files'; each source is an entry of its own")
        extra = {"field": self.field != "text", "group": self.group, "kind": self.kind}
        if self.files is None and any(extra.values()):
            name = next(name for name in extra if extra[name])
            raise ValueError(f"'{name}' is for 'files'; a run knows its own")
        return self


class Blend(_Declared):
    """Ordinary text to train on between the documents, each piece at most once, none held out."""

    files: Files
    field: str = "text"
    share: float = Field(gt=0, lt=1)
    """Of what is trained on, the documents being the rest."""
    where: Where = {}


class Recipe(_Declared):
    """What a mix is made to look like. Files and folders are relative to the project's."""

    name: Annotated[str, AfterValidator(_kebab_case)]
    """The mix and its folder."""
    sources: Annotated[tuple[Source, ...], Field(strict=False, min_length=1)] = (Source(),)
    format: Form = "text"
    """What a row holds: a `text`, or the `messages` of a conversation."""
    convert: bool = False
    """Whether documents of the other form are rendered in this one: conversations as text, and
    texts of kinds that have a `user_turn` as conversations. Otherwise they are left out."""
    shares: Parts = {}
    """Parts of the documents by kind; they are divided by their sum, and kinds that are not named
    are left out. By default the kinds are as they come."""
    weights: Parts = {}
    """Of principles, within each kind; 1 for those that are not named, and 0 leaves one out. A
    document counts for its first principle. By default the principles are as they come."""
    tokens: int | None = Field(default=None, ge=1)
    """How many to train on. Without a budget, as much as the shares allow."""
    documents: int | None = Field(default=None, ge=1)
    """How many to train on, repeats and ordinary text included."""
    count: Unit = "tokens"
    """What shares and the size of files are counted in; documents where the budget is in them."""
    tokenizer: str | None = None
    """A local folder, a hub name, or `smollm2-135m`. Without one, tokens are as recorded with the
    documents, by the tokenizer of the model that wrote them."""
    repeats: int = Field(default=1, ge=1)
    """How often one document may be trained on, to meet a budget."""
    blend: Blend | None = None
    prefix: Annotated[str, AfterValidator(_prefix)] | None = None
    """A tag before each document, in a field of its own, whose loss a trainer masks. `{kind}`,
    `{principle}` (the first) and `{seed}` are filled in; ordinary text has an empty one."""
    validation: float = Field(default=0.05, ge=0, le=0.5)
    """Share of the documents to hold out; 0 for none."""
    encoding: Encoding = "jsonl"
    shard_size: int | None = Field(default=None, ge=1)
    """Tokens a file, or documents where those are counted: as many files as are needed, equally
    large."""
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}$")
    """That it is in, by its ISO 639 code, for the dataset card."""
    license: str | None = None
    """Of the documents, as you state it in view of the terms of the model that wrote them; for the
    dataset card. An identifier such as `apache-2.0`, or words."""
    seed: int = Field(ge=0, lt=2**63)
    """Decides what is held out, what is taken, and the order of the rows."""

    @property
    def unit(self) -> Unit:
        """What budget and shares count."""
        return self.count if self.documents is None else "documents"

    @property
    def budget(self) -> int | None:
        """How much to train on, in the mix's unit."""
        return self.tokens if self.documents is None else self.documents

    @model_validator(mode="after")
    def _agrees(self) -> "Recipe":
        if self.tokens is not None and self.documents is not None:
            raise ValueError("give a budget in 'tokens' or in 'documents', not in both")
        if self.tokens is not None and self.count == "documents":
            raise ValueError("'count: documents' does not go with a budget in 'tokens'")
        if self.repeats > 1 and self.budget is None:
            raise ValueError("'repeats' is for a budget: give 'tokens' or 'documents'")
        if self.blend and self.tokenizer is None and self.unit == "tokens":
            raise ValueError(
                "'blend' needs a 'tokenizer', as ordinary text has no tokens recorded with it; "
                "or 'count: documents'"
            )
        if self.shares and not any(self.shares.values()):
            raise ValueError("every part of 'shares' is 0")
        return self


class RecipeFile(NamedTuple):
    """A recipe, and where each of its keys stands."""

    recipe: Recipe
    yaml: Yaml


def load_recipe(path: Path) -> RecipeFile:
    """Read a recipe from a YAML file.

    Raises:
        BadInput: the file cannot be read, or holds what a recipe does not; one problem for each.
    """
    yaml = read_yaml(path)
    return RecipeFile(validate(Recipe, yaml), yaml)


def find_recipe(name: str, folders: Sequence[Path]) -> Path:
    """The file of a recipe that is given by its path, or by its name in one of the folders.

    Raises:
        BadInput: there is none.
    """
    if name.endswith((".yaml", ".yml")) or Path(name).is_file():
        return Path(name)
    known = [path for folder in folders for path in sorted(folder.glob("*.yaml"))]
    for path in known:
        if path.stem == name:
            return path
    remedy = nearest(name, sorted({path.stem for path in known}))
    raise BadInput(Problem(f"there is no recipe '{name}'", remedy))

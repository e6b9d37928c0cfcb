"""The manifest: what a mix holds and where it came from."""

from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import ValidationError

from exempla.atomic import replacing
from exempla.document import Record
from exempla.errors import BadInput, Problem
from output.recipe import Recipe, Unit
from output.split import Split

MANIFEST = "manifest.json"


class Count(Record):
    """How much of something there is, repeats included."""

    documents: int
    tokens: int | None
    """As `Measure` says; None where some of the records have none recorded."""


class Part(Count):
    """What one split holds."""

    kinds: dict[str, Count]
    """Ordinary text that was blended in is of the kind `ordinary`."""
    principles: dict[str, Count]
    """A document counts for each of its principles, so these can add up to more than there are."""
    coverage: dict[str, dict[str, int]]
    """Rows by kind and, within it, by the first of their principles; ordinary text has none."""
    repeats: dict[int, int]
    """How many documents are there so many times, by how many times."""
    lengths: dict[int, int]
    """How many rows have at most so many tokens and more than half of that, by powers of two; rows
    without a count are left out."""


class Measure(Record):
    """What is counted."""

    unit: Unit
    """What the budget, the shares and the size of shards are in."""
    tokenizer: str | None
    """That counted the tokens, as the recipe names it. None: as recorded with the documents, by
    the tokenizer of the model that wrote them, or not at all."""
    digest: str | None
    """SHA-256 of the tokenizer's rules, vocabulary and chat template."""


class Cell(Record):
    """One part of what is trained on: what was wanted of it, and what it came to."""

    kind: str | None
    """None: of any kind."""
    principle: str | None
    """The first of a document's. None: any."""
    wanted: float
    """In the mix's unit, to two places."""
    size: int
    available: int
    """What there was to choose from, each document once; without those held out."""


class LeftOut(Record):
    """Records that were read and are in no split, by reason; in = kept + left out."""

    duplicates: int
    """Removed as near-duplicates."""
    repeated: int
    """The same document or text in another source, or again in ordinary text."""
    filtered: int
    """By a source's conditions."""
    other_form: int
    """Conversations in a mix of texts, or texts in one of conversations."""
    unwanted: int
    """Of kinds without a share, or of principles without a weight."""
    unneeded: int
    """Beyond the budget or what the shares allow."""


class Shard(Record):
    """One file."""

    rows: int
    tokens: int | None
    bytes: int
    sha256: str


class Origin(Record):
    """One source of the mix."""

    name: str
    """The run's folder, or the patterns of the files."""
    ordinary: bool
    """Whether it was blended in as ordinary text."""
    files: dict[str, str]
    """SHA-256 of each, by name."""
    documents: int
    """How many different ones of it the mix has."""
    made: dict[str, Any]
    """Of a run: the hashes of its constitution and prompts, its plan, models and settings."""


class Manifest(Record):
    """All that can be said of a mix without reading it. The same inputs give the same bytes."""

    version: Literal[1] = 1
    """Of this form; `manifest.schema.json` describes it."""
    recipe: Recipe
    measure: Measure
    splits: dict[Split, Part]
    cells: tuple[Cell, ...]
    """Of the training split; the ordinary text is one of them."""
    left_out: LeftOut
    sources: tuple[Origin, ...]
    user_turns: dict[str, str]
    """What texts were rendered as conversations with, by kind."""
    files: dict[str, Shard]
    """By name."""
    card: dict[str, str]
    """SHA-256 of the files for people, by name: README.md and the plots in it, made of the
    rest."""

    @property
    def removed(self) -> int:
        """Documents left out as duplicates."""
        return self.left_out.duplicates


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which says that the folder is whole: call it last."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    with replacing(folder / MANIFEST) as file:
        file.write(orjson.dumps(manifest.model_dump(mode="json"), option=options))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a mix.

    Raises:
        BadInput: there is none, or it is not one that this version writes.
    """
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise BadInput(Problem(what, "Name the folder of a mix.", str(path))) from error
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        what = f"this is not the manifest of a mix: {where}: {detail['msg']}"
        remedy = "Make the mix again, or name the folder of a mix."
        raise BadInput(Problem(what, remedy, str(path))) from error

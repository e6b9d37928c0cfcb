"""The manifest: what a mix holds and where it came from."""

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import orjson

from exempla.atomic import cannot_write, replacing, sync_folder
from exempla.document import Record
from exempla.jsonl import Written
from output.inventory import Holding
from output.recipe import Recipe
from output.split import Split

MANIFEST = "manifest.json"


class Count(Record):
    """How much of something there is."""

    documents: int
    tokens: int
    """By the tokenizer of the model that wrote them, titles included."""


class Part(Count):
    """What one split holds."""

    kinds: dict[str, Count]
    principles: dict[str, Count]
    """A document counts for each of its principles, so these can add up to more than there are."""


class Manifest(Record):
    """All that can be said of a mix without reading it. The same inputs give the same bytes."""

    recipe: Recipe
    removed: int
    """Documents left out as duplicates."""
    other_form: int
    """Left out because they are conversations in a mix of texts, or texts in one of conversations;
    with the duplicates and those of the splits, all that the run accepted."""
    splits: dict[Split, Part]
    files: dict[str, Written]
    """By name: lines, bytes and SHA-256."""
    origin: dict[str, Any]
    """Whatever made the documents, as it was given."""


def count_part(holdings: Collection[Holding]) -> Part:
    """Count the documents of one split."""
    return Part(
        documents=len(holdings),
        tokens=sum(it.tokens for it in holdings),
        kinds=_tally((it.kind, it.tokens) for it in holdings),
        principles=_tally((name, it.tokens) for it in holdings for name in it.principles),
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which says that the folder is whole: call it last."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    with replacing(folder / MANIFEST) as file:
        file.write(orjson.dumps(manifest.model_dump(mode="json"), option=options))


def discard_manifest(folder: Path) -> None:
    """Take back that the folder is whole, before anything in it changes."""
    path = folder / MANIFEST
    if path.exists():
        try:
            path.unlink()
        except OSError as error:
            raise cannot_write(path, error) from error
        sync_folder(folder)


def _tally(tokens_by_name: Iterable[tuple[str, int]]) -> dict[str, Count]:
    documents, tokens = Counter[str](), Counter[str]()
    for name, length in tokens_by_name:
        documents[name] += 1
        tokens[name] += length
    return {
        name: Count(documents=documents[name], tokens=tokens[name]) for name in sorted(documents)
    }

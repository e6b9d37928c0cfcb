"""A mix: a run's documents as training files."""

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from exempla.errors import ExemplaError, Problem
from exempla.jsonl import Written, dump
from output.inventory import fetch, take_inventory
from output.manifest import Manifest, count_part, discard_manifest, write_manifest
from output.recipe import Recipe
from output.row import row
from output.shard import remove_stale, write_shards
from output.split import Split, validation_part


def write_mix(
    recipe: Recipe,
    documents: Path,
    removed: Set[str],
    clusters: Mapping[str, str],
    folder: Path,
    origin: Mapping[str, Any],
) -> Manifest:
    """Split, shuffle and write the documents of a record file, then a manifest of it all.

    The file is read twice: once for ids and small keys, which stay in memory, and once text by
    text in the order of the rows.

    Args:
        recipe: what the mix should look like.
        documents: a file of `Document` records.
        removed: ids of duplicates to leave out.
        clusters: the duplicate cluster of those documents that have one, by id.
        folder: the mix. One that is there already is replaced, and has no manifest meanwhile.
        origin: what made the documents, for the manifest; anything JSON can hold.

    Raises:
        BadInput: a line of the file is not a document that can be used.
        ExemplaError: no documents are left, or the disk does not take them.
    """
    inventory = take_inventory(documents, removed, recipe.format)
    holdings = inventory.holdings
    if not holdings:
        raise _nothing_left(recipe, documents, inventory.removed)
    seeds = {id: holding.seed for id, holding in holdings.items()}
    held_out = validation_part(seeds, clusters, recipe.validation, recipe.seed)
    parts: dict[Split, list[str]] = {
        "train": [id for id in holdings if id not in held_out],
        "validation": [id for id in holdings if id in held_out],
    }

    discard_manifest(folder)
    files: dict[str, Written] = {}
    with documents.open("rb") as source:

        def line(id: str) -> bytes:
            return dump(row(fetch(source, holdings[id])))

        for split, ids in parts.items():
            files |= write_shards(
                folder, split, ids, line, seed=recipe.seed, size=recipe.shard_size
            )
    remove_stale(folder, files.keys())

    manifest = Manifest(
        recipe=recipe,
        removed=inventory.removed,
        other_form=inventory.other_form,
        splits={split: count_part([holdings[id] for id in ids]) for split, ids in parts.items()},
        files=files,
        origin=dict(origin),
    )
    write_manifest(folder, manifest)
    return manifest


def _nothing_left(recipe: Recipe, documents: Path, removed: int) -> ExemplaError:
    accepted = f"all {removed} are duplicates" if removed else "none was accepted"
    return ExemplaError(
        Problem(
            f"no documents are left for the mix '{recipe.name}': {accepted}",
            "Plan more items, or see in rejects.jsonl and duplicates.jsonl why these went.",
            str(documents),
        )
    )

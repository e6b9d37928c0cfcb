"""What a mix would hold, what it holds, and how far it is."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from exempla.bar import Step, bar
from exempla.display import print_json, print_table, print_text
from exempla.errors import BadInput
from exempla.mixing import Outline
from output.allotment import Allotted
from output.check import Checked
from output.entry import ORDINARY
from output.inventory import Show
from output.manifest import Manifest, Part


@contextmanager
def shown(*, quiet: bool) -> Iterator[Show]:
    """Show how far a mix is while the block goes on."""
    if quiet:
        yield lambda doing, done, of: None
        return
    with bar("rows") as show:
        yield lambda doing, done, of: show(Step(doing, done, of))


def print_outline(folder: Path, found: Outline, *, as_json: bool) -> None:
    """What a mix would hold and what is short.

    Raises:
        BadInput: something is.
        Exit: something is, and was told as JSON.
    """
    rows = list(map(_row, found.allotted))
    if as_json:
        print_json(
            {
                "mix": str(folder),
                "unit": found.recipe.unit,
                "parts": rows,
                "splits": {
                    name: part.model_dump(mode="json") for name, part in found.splits.items()
                },
                "problems": list(map(asdict, found.problems)),
            }
        )
        if found.problems:
            raise typer.Exit(BadInput.exit_code)
        return
    columns = ("kind", "principle", "share", "wanted", "there", "documents", "missing")
    print_table(
        f"{found.recipe.name}: parts of what is trained on, in {found.recipe.unit}",
        columns,
        [tuple("any" if value is None else value for value in row.values()) for row in rows],
    )
    if found.problems:
        raise BadInput(*found.problems)
    _print_splits(found.splits)
    print_text(f"{folder} was not written.")


def print_mix(folder: Path, manifest: Manifest, *, as_json: bool) -> None:
    """What a mix has come to."""
    if as_json:
        print_json({"mix": str(folder), **manifest.model_dump(mode="json", exclude={"recipe"})})
        return
    unit = manifest.measure.unit
    print_table(
        f"Parts of what is trained on, in {unit}",
        ("kind", "principle", "wanted", "taken", "there"),
        [
            (it.kind or "any", it.principle or "any", round(it.wanted), it.size, it.available)
            for it in manifest.cells
        ],
    )
    _print_splits(manifest.splits)
    left = ", ".join(
        f"{count} {reason.replace('_', ' ')}"
        for reason, count in manifest.left_out.model_dump().items()
        if count
    )
    print_text(f"Left out: {left or 'nothing'}.")
    size = sum(shard.bytes for shard in manifest.files.values())
    files = "1 file" if len(manifest.files) == 1 else f"{len(manifest.files)} files"
    print_text(f"Mix: {folder}, {files}, {size:,} bytes")


def print_checked(folder: Path, checked: Checked, *, as_json: bool) -> None:
    """Whether a mix is what its manifest says.

    Raises:
        Exit: it is not.
    """
    manifest, faults = checked
    if as_json:
        found = [fault._asdict() for fault in faults]
        print_json({"mix": str(folder), "whole": not faults, "faults": found})
    elif faults:
        print_table(f"{folder} is not what its manifest says", ("file", "what is wrong"), faults)
    else:
        _print_splits(manifest.splits)
        print_text(f"{folder} is what its manifest says, byte for byte and row for row.")
    if faults:
        raise typer.Exit(1)


def _print_splits(splits: Mapping[Any, Part]) -> None:
    print_table(
        "Splits",
        ("split", "rows", "tokens", "different documents", "most repeats"),
        [
            (
                name,
                part.documents,
                "not counted" if part.tokens is None else part.tokens,
                sum(part.repeats.values()),
                max(part.repeats, default=0),
            )
            for name, part in splits.items()
        ],
    )


def _row(part: Allotted) -> dict[str, Any]:
    return {
        "kind": ORDINARY if part.cell.ordinary else part.cell.kind,
        "principle": part.cell.principle,
        "share": round(float(part.cell.share), 4),
        "wanted": math.ceil(part.wanted),
        "available": part.room,
        "documents": part.stock.documents,
        "missing": part.short,
    }

"""A mix: documents as training files, by a recipe.

The sources are read twice: once for small keys of every record, which stay in memory and decide
what the mix has and in which order, and once text by text.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from exempla.atomic import replacing_folder
from exempla.errors import ExemplaError, Problem
from output.candidate import Candidate, Passed, candidates
from output.card import with_card
from output.census import count_part
from output.encoding import check_encoding
from output.entry import ORDINARY
from output.inventory import Counter, Ints, Inventory, Show, take_inventory
from output.manifest import Cell, LeftOut, Manifest, Measure, Origin, Shard, write_manifest
from output.recipe import Recipe
from output.reorder import Destined, reordered
from output.row import line_of
from output.selection import Pools, Selection, divide, select
from output.shard import write_shards
from output.shuffle import places
from output.split import Split
from output.supply import Supply, digests


@dataclass(frozen=True, slots=True)
class Order:
    """A recipe with all that it asks for at hand."""

    recipe: Recipe
    supplies: Sequence[Supply]
    """Its sources, found."""
    measure: Measure
    counter: Counter | None
    """Counts the tokens of rows; without it, those recorded with the documents are used."""
    user_turns: Mapping[str, str]
    """What a text of a kind is the answer to, by kind."""


@dataclass(frozen=True, slots=True)
class Composition:
    """What there is for a mix, and what is wanted of it."""

    order: Order
    inventory: Inventory
    pools: Pools


def compose(order: Order, show: Show) -> Composition:
    """Read the sources of a mix, and divide the budget among its parts. Writes nothing.

    Raises:
        BadInput: a source cannot be read or used, or the recipe names what is not there.
        ExemplaError: no documents are left.
    """
    recipe = order.recipe
    check_encoding(recipe.encoding)
    inventory = take_inventory(recipe, order.supplies, order.counter, order.user_turns, show)
    ordinary = np.array([supply.ordinary for supply in order.supplies], np.bool_)
    blended = ordinary[inventory.supply]
    if blended.all():
        raise _nothing_left(recipe, inventory.passed)
    return Composition(order, inventory, divide(recipe, inventory, blended))


def write_mix(composition: Composition, folder: Path, show: Show) -> Manifest:
    """Write a mix, in the place of one that is there only once all of it is written.

    Raises:
        BadInput: the recipe cannot be met, with every part that is short; or a source has changed.
        ExemplaError: the disk does not take the mix.
    """
    order, inventory = composition.order, composition.inventory
    selection = select(order.recipe, composition.pools)
    rows: dict[Split, Ints] = {
        "train": _row_order(inventory, selection.training, order.recipe.seed),
        "validation": _row_order(inventory, selection.validation, order.recipe.seed),
    }
    everything = np.concatenate(list(rows.values()))
    files: dict[str, Shard] = {}
    with replacing_folder(folder) as beside, TemporaryDirectory(dir=beside) as scratch:
        lines = reordered(
            _lines(order, inventory, everything, show), inventory.bytes[everything], Path(scratch)
        )
        for split, records in rows.items():
            tokens = inventory.tokens[records]
            files |= write_shards(beside, split, lines, tokens, order.recipe)
        manifest = with_card(_manifest(composition, selection, files), beside)
        write_manifest(beside, manifest)
    return manifest


def _row_order(inventory: Inventory, times: Ints, seed: int) -> Ints:
    """The record of each row of a split; one that is there several times, in several places."""
    copies = [np.flatnonzero(times > copy) for copy in range(max(1, int(times.max(initial=0))))]
    records = np.concatenate(copies)
    where = [
        places(inventory.keys[taken], seed, "rows-2", copy) for copy, taken in enumerate(copies)
    ]
    ordered: Ints = records[np.lexsort((inventory.contents[records], np.concatenate(where)))]
    return ordered


def _lines(order: Order, inventory: Inventory, rows: Ints, show: Show) -> Iterator[Destined]:
    """The line of every row and its place, in the order of the sources."""
    by_record = np.argsort(rows, kind="stable")
    ends = np.searchsorted(rows[by_record], np.arange(len(inventory)), side="right")
    record = start = 0
    for found in candidates(order.recipe, order.supplies, order.user_turns, Passed()):
        if record == len(inventory):
            break
        if (found.supply, found.record) != (inventory.supply[record], inventory.record[record]):
            continue  # the same row as another
        end = int(ends[record])
        if end > start:
            line = line_of(found.row, _prefix(order, found))
            for place in by_record[start:end].tolist():
                yield Destined(place, line)
            show("writing", end, len(rows))
        start, record = end, record + 1


def _prefix(order: Order, found: Candidate) -> str | None:
    """The tag of a row: None where the recipe has none, empty for ordinary text."""
    tag, row = order.recipe.prefix, found.row
    if tag is None or order.supplies[found.supply].ordinary:
        return None if tag is None else ""
    return tag.format(kind=row.kind, principle=row.principles[0], seed=row.seed)


def _manifest(composition: Composition, selection: Selection, files: dict[str, Shard]) -> Manifest:
    order, inventory, pools = composition.order, composition.inventory, composition.pools
    taken = (selection.training > 0) | (selection.validation > 0)
    passed = inventory.passed
    return Manifest(
        recipe=order.recipe,
        measure=order.measure,
        splits={
            "train": count_part(inventory, selection.training),
            "validation": count_part(inventory, selection.validation),
        },
        cells=tuple(
            Cell(
                kind=ORDINARY if part.cell.ordinary else part.cell.kind,
                principle=part.cell.principle,
                wanted=float(round(part.wanted, 2)),
                size=int(pools.sizes[records] @ selection.training[records].astype(np.int64)),
                available=part.stock.size,
            )
            for part, records in zip(pools.allotted, pools.training, strict=True)
        ),
        left_out=LeftOut(
            duplicates=passed.duplicates,
            repeated=passed.repeated,
            filtered=passed.filtered,
            other_form=passed.other_form,
            unwanted=pools.unwanted,
            unneeded=len(inventory) - pools.unwanted - int(taken.sum()),
        ),
        sources=tuple(
            Origin(
                name=supply.name,
                ordinary=supply.ordinary,
                files=digests(supply),
                documents=int(taken[inventory.supply == number].sum()),
                made=dict(supply.made),
            )
            for number, supply in enumerate(order.supplies)
        ),
        user_turns=dict(order.user_turns),
        files=files,
        card={},
    )


def _nothing_left(recipe: Recipe, passed: Passed) -> ExemplaError:
    reasons = {
        "duplicates": passed.duplicates,
        "left out by 'where'": passed.filtered,
        "of another form than the mix": passed.other_form,
    }
    counts = ", ".join(f"{count} {reason}" for reason, count in reasons.items() if count)
    return ExemplaError(
        Problem(
            f"no documents are left for the mix '{recipe.name}': {counts or 'there was none'}",
            "Plan more items, or see in rejects.jsonl and duplicates.jsonl why these went.",
        )
    )

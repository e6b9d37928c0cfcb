"""Shards: the rows of a split, in files of one size."""

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from exempla.atomic import replacing
from output.encoding import write_rows
from output.inventory import NONE, Ints
from output.manifest import Shard
from output.recipe import SHARD_SIZE, Recipe
from output.split import Split


def write_shards(
    folder: Path, split: Split, lines: Iterator[bytes], tokens: Ints, recipe: Recipe
) -> dict[str, Shard]:
    """Write the rows of a split; no file at all for no rows.

    Args:
        folder: For the files.
        split: Which.
        lines: The rows in order, as JSON; only those of this split are taken.
        tokens: Of each row, or `NONE`, shape (rows,).
        recipe: How large and in what encoding.

    Returns:
        What was written, by file name.
    """
    sizes = tokens if recipe.unit == "tokens" else np.ones(len(tokens), np.int32)
    ends = shard_ends(sizes, recipe.shard_size or SHARD_SIZE[recipe.unit])
    written = {}
    for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        name = f"{split}-{number:05}-of-{len(ends):05}.{recipe.encoding}"
        with replacing(folder / name) as file:
            rows = islice(lines, end - start)
            prefixed = recipe.prefix is not None
            write_rows(file, rows, recipe.encoding, recipe.format, prefixed=prefixed)
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        known = tokens[start:end]
        written[name] = Shard(
            rows=end - start,
            tokens=None if (known == NONE).any() else int(known.sum(dtype=np.int64)),
            bytes=(folder / name).stat().st_size,
            sha256=digest,
        )
    return written


def shard_ends(sizes: Ints, most: int) -> list[int]:
    """After which row each file ends: as many files as are needed, equally large to within a row.

    Args:
        sizes: Of the rows, shape (rows,).
        most: How much a file should hold.
    """
    sums = np.cumsum(sizes, dtype=np.int64)
    whole = int(sums[-1]) if len(sums) else 0
    count = max(1, -(-whole // most))
    cuts = [whole * number // count for number in range(1, count + 1)]
    ends = np.searchsorted(sums, np.array(cuts, np.int64), side="right")
    return [end for end in np.unique(ends).tolist() if end]

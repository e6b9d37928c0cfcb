"""Shards: the rows of a part of a mix, in files of one size."""

import re
from collections.abc import Callable, Collection, Set
from pathlib import Path

from exempla.atomic import cannot_write, sync_folder
from exempla.jsonl import Written, write_lines
from output.shuffle import shuffled
from output.split import Split

_SHARD = re.compile(r"(train|validation)-\d{5,}-of-\d{5,}\.jsonl")


def write_shards(
    folder: Path,
    split: Split,
    ids: Collection[str],
    line: Callable[[str], bytes],
    *,
    seed: int,
    size: int,
) -> dict[str, Written]:
    """Write the lines of `ids`, shuffled, `size` a file; no file at all for no ids.

    The order depends on the seed and the ids alone. Each file is written beside its place and
    renamed, and `line` is asked for one row at a time.

    Returns:
        What was written, by file name.
    """
    order = shuffled(ids, seed, "rows-1")
    shards = [order[start : start + size] for start in range(0, len(order), size)]
    written = {}
    for number, shard in enumerate(shards):
        name = f"{split}-{number:05}-of-{len(shards):05}.jsonl"
        written[name] = write_lines(folder / name, map(line, shard))
    return written


def remove_stale(folder: Path, current: Set[str]) -> None:
    """Remove the shards of an earlier mix that are not among the `current` names.

    A loader takes every file that looks like a shard, whatever its number.
    """
    for path in sorted(folder.iterdir()):
        if _SHARD.fullmatch(path.name) and path.name not in current:
            try:
                path.unlink()
            except OSError as error:
                raise cannot_write(path, error) from error
    sync_folder(folder)

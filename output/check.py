"""A mix beside its manifest: every byte, every row, and nothing that does not belong."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import orjson

from exempla.corpus import read_lines, record_files
from exempla.errors import BadInput, Problem
from output.card import card
from output.manifest import MANIFEST, Count, Manifest, Part, read_manifest
from output.split import Split


class Fault(NamedTuple):
    """What is wrong with a mix."""

    file: str
    """In its folder."""
    what: str


class Checked(NamedTuple):
    """A mix as it was found."""

    manifest: Manifest
    faults: tuple[Fault, ...]
    """None where it is as it was written."""


def check_mix(folder: Path) -> Checked:
    """Compare a mix with its manifest. Hidden files are not looked at.

    Rows are counted again by split, kind and principle. Tokens are not: the bytes that they were
    counted in are proved by their hash, so it is enough that the counts agree with each other.

    Raises:
        BadInput: the folder has no manifest of a mix, or a file cannot be read.
    """
    manifest = read_manifest(folder)
    faults = [*_shard_faults(folder, manifest), *_card_faults(folder, manifest)]
    if not faults:
        faults += [Fault(MANIFEST, what) for what in _count_faults(folder, manifest)]
    return Checked(manifest, (*faults, *_unexpected(folder, manifest)))


def _shard_faults(folder: Path, manifest: Manifest) -> Iterator[Fault]:
    for name, shard in manifest.files.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except FileNotFoundError:
            yield Fault(name, "is missing")
        except OSError as error:
            raise _unreadable(folder / name, error) from error
        else:
            if size != shard.bytes:
                yield Fault(name, f"has {size:,} bytes, and the manifest says {shard.bytes:,}")
            elif found != shard.sha256:
                yield Fault(name, "has other content: its sha256 is not that of the manifest")


def _card_faults(folder: Path, manifest: Manifest) -> Iterator[Fault]:
    for name, content in card(manifest).items():
        try:
            if (folder / name).read_bytes() != content:
                yield Fault(name, "is not the card that the manifest makes")
        except FileNotFoundError:
            yield Fault(name, "is missing")
        except OSError as error:
            raise _unreadable(folder / name, error) from error


def _unexpected(folder: Path, manifest: Manifest) -> Iterator[Fault]:
    known = {MANIFEST, *manifest.files, *card(manifest)}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_file() and not hidden and name.as_posix() not in known:
            yield Fault(name.as_posix(), "is not in the manifest")


class _Rows(NamedTuple):
    """What was counted of the rows of a split."""

    kinds: Counter[str]
    principles: Counter[str]
    coverage: defaultdict[str, Counter[str]]


def _count_faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What the manifest says of its files and they do not bear out."""
    for split, part in manifest.splits.items():
        rows = _Rows(Counter(), Counter(), defaultdict(Counter))
        shards = {name: shard for name, shard in manifest.files.items() if _is_of(name, split)}
        for name, shard in shards.items():
            count = _count(folder / name, rows)
            if count != shard.rows:
                yield f"says {shard.rows:,} rows of {name}, which has {count:,}"
        yield from _part_faults(split, part, rows)
        tokens = {
            "files": [shard.tokens for shard in shards.values()],
            "kinds": [count.tokens for count in part.kinds.values()],
        }
        for what, counts in tokens.items():
            told = None if None in counts else sum(count or 0 for count in counts)
            if told != part.tokens:
                yield f"says {part.tokens} tokens of '{split}', and {told} of its {what}"


def _is_of(name: str, split: Split) -> bool:
    return name.startswith(f"{split}-")


def _count(path: Path, rows: _Rows) -> int:
    """Count the rows of a file, also by what they are."""
    before = rows.kinds.total()
    for file in record_files([path]):
        for line in read_lines(file):
            row = orjson.loads(line.raw)
            named = [principle for principle in row["principles"] if principle]
            rows.kinds[row["kind"]] += 1
            rows.principles.update(named)
            if named:
                rows.coverage[row["kind"]][named[0]] += 1
    return rows.kinds.total() - before


def _part_faults(split: Split, part: Part, rows: _Rows) -> Iterator[str]:
    if (count := rows.kinds.total()) != part.documents:
        yield f"says {part.documents:,} documents of '{split}', whose files have {count:,}"
    said: dict[str, tuple[Mapping[str, int], Mapping[str, int]]] = {
        "kind": (_documents(part.kinds), rows.kinds),
        "principle": (_documents(part.principles), rows.principles),
        **{
            f"first principle of kind '{kind}'": (
                part.coverage.get(kind, {}),
                rows.coverage[kind],
            )
            for kind in {*part.coverage, *rows.coverage}
        },
    }
    for what, (told, found) in said.items():
        for name in sorted(told.keys() | found.keys()):
            if told.get(name, 0) != found.get(name, 0):
                yield (
                    f"says {told.get(name, 0):,} documents of the {what} '{name}' in '{split}', "
                    f"and the files have {found.get(name, 0):,}"
                )


def _documents(counts: Mapping[str, Count]) -> dict[str, int]:
    return {name: count.documents for name, count in counts.items()}


def _unreadable(path: Path, error: OSError) -> BadInput:
    what = f"cannot be read: {error.strerror or error}"
    return BadInput(Problem(what, "Check who may read it.", str(path)))

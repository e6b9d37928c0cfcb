"""A mix beside its manifest: every byte, every row, and nothing that does not belong."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from exempla.corpus import read_lines, record_files
from exempla.errors import BadInput, Problem
from output.manifest import MANIFEST, Manifest, Part, read_manifest

ROWS = "rows"


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
    faults = list(_file_faults(folder, manifest))
    if not any(fault.file in manifest.files for fault in faults):
        faults += [Fault(MANIFEST, what) for what in _count_faults(folder, manifest)]
    return Checked(manifest, (*faults, *_unexpected(folder, manifest)))


def _file_faults(folder: Path, manifest: Manifest) -> Iterator[Fault]:
    digests = {name: shard.sha256 for name, shard in manifest.files.items()} | manifest.card
    for name, digest in digests.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except FileNotFoundError:
            yield Fault(name, "is missing")
        except OSError as error:
            what = f"cannot be read: {error.strerror or error}"
            raise BadInput(Problem(what, "Check who may read it.", str(folder / name))) from error
        else:
            if found != digest:
                yield Fault(name, f"is not what the manifest says: {size:,} bytes, another sha256")


def _unexpected(folder: Path, manifest: Manifest) -> Iterator[Fault]:
    known = {MANIFEST, *manifest.files, *manifest.card}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_file() and not hidden and name.as_posix() not in known:
            yield Fault(name.as_posix(), "is not in the manifest")


def _count_faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What the manifest says of its files and they do not bear out."""
    for split, part in manifest.splits.items():
        shards = {n: shard for n, shard in manifest.files.items() if n.startswith(f"{split}-")}
        found = Counter[str]()
        for name, shard in shards.items():
            counted = _found(folder / name)
            found += counted
            size = (folder / name).stat().st_size
            if (counted[ROWS], size) != (shard.rows, shard.bytes):
                yield (
                    f"says {shard.rows:,} rows and {shard.bytes:,} bytes of {name}, "
                    f"which has {counted[ROWS]:,} and {size:,}"
                )
        said = _said(part)
        for what in sorted(said.keys() | found.keys()):
            if said[what] != found[what]:
                yield f"says {said[what]:,} {what} in '{split}', whose files have {found[what]:,}"
        tokens = {
            "files": [shard.tokens for shard in shards.values()],
            "kinds": [count.tokens for count in part.kinds.values()],
        }
        for what, counts in tokens.items():
            told = None if None in counts else sum(filter(None, counts))
            if told != part.tokens:
                yield f"says {part.tokens} tokens in '{split}', and {told} in its {what}"


def _said(part: Part) -> Counter[str]:
    """How many rows a split has of what, by its part of the manifest."""
    said = Counter({ROWS: part.documents})
    said.update({_of_kind(name): count.documents for name, count in part.kinds.items()})
    said.update({_serving(name): count.documents for name, count in part.principles.items()})
    for kind, column in part.coverage.items():
        said.update({_of_kind(kind, first): count for first, count in column.items()})
    return said


def _found(path: Path) -> Counter[str]:
    """How many rows a file has of what."""
    found = Counter[str]()
    for file in record_files([path]):
        for line in read_lines(file):
            row = orjson.loads(line.raw)
            named = [principle for principle in row["principles"] if principle]
            found.update((ROWS, _of_kind(row["kind"]), *map(_serving, set(named))))
            if named:
                found[_of_kind(row["kind"], named[0])] += 1
    return found


def _of_kind(kind: str, first: str | None = None) -> str:
    return f"rows of kind '{kind}'" + ("" if first is None else f" for '{first}' first")


def _serving(principle: str) -> str:
    return f"rows for '{principle}'"

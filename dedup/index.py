"""An index: what is remembered of documents that were kept earlier, so that none comes again.

One file: the signatures, the shingle sets and the names of its documents, and at the end a header
that says where each is and by which scheme it was made. New documents are compared with the
shingles that are kept here, so that the earlier texts need not be there any more.
"""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import ValidationError

from dedup.bands import banding
from dedup.columns import BLOCK, Gathered, KeyWriter, Signatures, blocks, mapped, release
from dedup.packed import WIDTH, PackedSets
from dedup.shingle import WIDTH as SHINGLE
from dedup.sign import shingle_set, sign
from exempla.atomic import replacing
from exempla.document import Record
from exempla.errors import BadInput, Problem

Ints = NDArray[np.int64]

_MAGIC = b"exempla index\n"
_TAIL = 8
"""Bytes at the end that say how long the header is."""
_CHUNK = 4 * BLOCK
"""Documents that are written at once."""


class Scheme(Record):
    """What must be the same in an index and in what is compared with it."""

    format: int = 1
    """Of the file."""
    threshold: float
    bands: int
    rows: int
    shingle: int
    """Words in a shingle."""
    hashes: str
    """A hash of what some texts are signed as: another one where any step of signing differs."""


class Header(Record):
    """The end of an index."""

    scheme: Scheme
    count: int
    offsets: dict[str, int]
    """Where each array begins."""


class Index(NamedTuple):
    """The documents of an index; mapped."""

    path: Path
    signatures: Signatures
    set_ends: Ints
    """Where the shingles of each document end in `hashes`."""
    hashes: NDArray[np.uint8]
    name_ends: Ints
    names: NDArray[np.uint8]
    """The JSON of all names."""

    @property
    def size(self) -> int:
        """How many documents there are."""
        return len(self.set_ends)

    def name(self, document: int) -> dict[str, Any]:
        """Where a document came from: `file`, `line` and, where it had one, `id`."""
        begin = int(self.name_ends[document - 1]) if document else 0
        name: dict[str, Any] = orjson.loads(self.names[begin : self.name_ends[document]].tobytes())
        return name

    def packed(self, documents: Ints) -> PackedSets:
        """The shingles of some documents."""
        ends = self.set_ends[documents]
        begins = np.where(documents, self.set_ends[documents - 1], 0)
        rows = [self.hashes[i:j] for i, j in zip(begins.tolist(), ends.tolist(), strict=True)]
        hashes = np.concatenate([np.empty((0, WIDTH), dtype=np.uint8), *rows])
        release(self.hashes)
        return PackedSets((ends - begins).astype(np.int32), hashes)


def scheme(threshold: float) -> Scheme:
    """The scheme of this program at a threshold."""
    cut = banding(threshold)
    probe = [
        b"It was the best of times, it was the worst of times.",
        "吾輩は猫である".encode(),
    ]
    signed = sign(probe, cut)
    told = b"".join(
        np.ascontiguousarray(array).tobytes()
        for array in (signed.keys, signed.digests, *map(shingle_set, probe))
    )
    return Scheme(
        threshold=threshold,
        bands=cut.bands,
        rows=cut.rows,
        shingle=SHINGLE,
        hashes=blake2b(told, digest_size=8).hexdigest(),
    )


def open_index(path: Path, ours: Scheme) -> Index:
    """Open an index to compare with.

    Raises:
        BadInput: it cannot be read, is none, is damaged, or was made by another scheme.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = _header(file, size)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise BadInput(Problem(what, "Check the path.", str(path))) from error
    if header is None:
        remedy = "Name a file that 'exempla dedup --write-index' wrote, whole."
        raise BadInput(Problem("this is no index", remedy, str(path)))
    for name, theirs in header.scheme:
        if theirs != (here := getattr(ours, name)):
            raise BadInput(
                Problem(
                    f"this index was made with another {name}: {theirs}, here it is {here}",
                    "Use the same --threshold and version of exempla, or make the index again "
                    "from its texts with --write-index.",
                    str(path),
                )
            )
    return _opened(path, header)


def write_index(
    path: Path,
    ours: Scheme,
    documents: Ints,
    signatures: Gathered,
    packed: Callable[[Ints], PackedSets],
    name: Callable[[int], dict[str, Any]],
) -> None:
    """Write an index beside `path`, and rename it.

    Args:
        path: It.
        ours: How the documents were signed.
        documents: Which of those that are signed.
        signatures: Of more documents than these.
        packed: Gives the shingles of some documents.
        name: Gives what a document is called.

    Raises:
        ExemplaError: the disk is full, or the place is wrong.
    """
    words = signatures.words[documents]
    sizes = np.empty(len(documents), dtype=np.int64)
    lengths = np.empty(len(documents), dtype=np.int64)
    chunks = [slice(start, start + _CHUNK) for start in range(0, len(documents), _CHUNK)]
    offsets: dict[str, int] = {}
    with replacing(path) as file:
        file.write(_MAGIC)

        def begin(section: str) -> None:
            file.write(bytes(-file.tell() % 64))
            offsets[section] = file.tell()

        begin("keys")
        keys = KeyWriter(file, ours.bands)
        for chunk in chunks:
            keys.append(signatures.keys(documents[chunk]))
        keys.end()
        begin("digests")
        for chunk in chunks:
            file.write(signatures.digests(documents[chunk]).data)
        begin("words")
        file.write(words.data)
        begin("hashes")
        for chunk in chunks:
            sets = packed(documents[chunk])
            sizes[chunk] = sets.sizes
            file.write(sets.hashes.data)
        begin("names")
        for chunk in chunks:
            names = [orjson.dumps(name(document)) for document in documents[chunk].tolist()]
            lengths[chunk] = [len(one) for one in names]
            file.write(b"".join(names))
        for section, ends in (("set_ends", sizes), ("name_ends", lengths)):
            begin(section)
            file.write(np.cumsum(ends).data)
        header = Header(scheme=ours, count=len(documents), offsets=offsets)
        text = header.model_dump_json().encode()
        file.write(text + len(text).to_bytes(_TAIL, "little"))


def _header(file: BinaryIO, size: int) -> Header | None:
    if file.read(len(_MAGIC)) != _MAGIC or size < len(_MAGIC) + _TAIL:
        return None
    file.seek(size - _TAIL)
    length = int.from_bytes(file.read(_TAIL), "little")
    if length > size:
        return None
    file.seek(size - _TAIL - length)
    text = file.read(length)
    try:
        return Header.model_validate_json(text)
    except ValidationError:
        return None


def _opened(path: Path, header: Header) -> Index:
    count, at = header.count, header.offsets

    def array(name: str, dtype: type[np.generic], *shape: int) -> NDArray[Any]:
        return mapped(path, dtype, shape, at[name])

    set_ends = array("set_ends", np.int64, count)
    name_ends = array("name_ends", np.int64, count)
    return Index(
        path,
        Signatures(
            array("keys", np.uint32, blocks(count), header.scheme.bands, BLOCK),
            array("digests", np.uint64, count, 2),
            array("words", np.int32, count),
        ),
        set_ends,
        array("hashes", np.uint8, int(set_ends[-1]) if count else 0, WIDTH),
        name_ends,
        array("names", np.uint8, int(name_ends[-1]) if count else 0),
    )

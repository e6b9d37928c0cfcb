"""What there is to make a mix from: small keys of every record, and no text."""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from output.candidate import Candidate, Passed, candidates
from output.recipe import Recipe
from output.row import Row, line_of
from output.shuffle import Keys, key_of, keys_from, keys_of
from output.supply import Supply

T = TypeVar("T")
Ints = NDArray[np.signedinteger]
Counter = Callable[[Sequence[Row]], Sequence[int]]
"""Counts the tokens of rows."""
Show = Callable[[str, int, int | None], None]
"""Told what is being done, how much of it is done, and of how much."""

BATCH = 512
"""Records whose tokens are counted at once."""
NONE = -1
"""Stands in an array for what a record has not."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Records that could be rows, each once; about 60 bytes of each. Arrays have a value a record.

    Records of one id and different rows come from different sources; those that make the same row
    are one.
    """

    keys: Keys
    """Of the id."""
    contents: NDArray[np.uint64]
    """A hash of the row."""
    supply: Ints
    """The source it is from."""
    record: Ints
    """Its number among all that its source has; they are in order within a source."""
    tokens: Ints
    """`NONE` where they are not known."""
    bytes: Ints
    """Of its row."""
    kind: Ints
    """An index into `kinds`."""
    principles: Ints
    """An index into `principle_sets`."""
    seed: Ints
    """An index into `seed_keys`, or `NONE`."""
    ties: tuple[Ints, ...]
    """Besides the seed: records with the same number, other than `NONE`, in one of these hang
    together: by id, by the group that its source says, by duplicate cluster."""
    kinds: tuple[str, ...]
    principle_sets: tuple[tuple[str, ...], ...]
    seed_keys: Keys
    passed: Passed

    def __len__(self) -> int:
        return len(self.keys)


def take_inventory(
    recipe: Recipe,
    supplies: Sequence[Supply],
    counter: Counter | None,
    user_turns: Mapping[str, str],
    show: Show,
) -> Inventory:
    """List what a mix may use.

    Args:
        recipe: What the mix should look like.
        supplies: Its sources, found.
        counter: Counts the tokens of rows; without it, those recorded are used.
        user_turns: What a text of a kind is the answer to, by kind.
        show: Told how many records are listed.

    Raises:
        BadInput: a file cannot be read; a record is nothing that a row can be made of, has the id
            of another one of its source, or lacks what the recipe goes by.
    """
    passed = Passed()
    columns = _Columns([supply for supply in supplies if supply.clusters])
    found = candidates(recipe, supplies, user_turns, passed)
    while batch := list(islice(found, BATCH)):
        counted = counter([it.row for it in batch]) if counter else [it.tokens for it in batch]
        for candidate, tokens in zip(batch, counted, strict=True):
            _check(candidate, tokens, recipe, supplies)
            columns.add(candidate, NONE if tokens is None else tokens)
        show("reading", len(columns), None)
    inventory = columns.inventory(passed)
    if repeated := columns.repeated_id():
        raise _find(repeated, candidates(recipe, supplies, user_turns, Passed())).refused(
            "another record of this source has the same id",
            "Give each record an id of its own; a run makes its file again when it is run.",
        )
    return inventory


def _check(
    candidate: Candidate, tokens: int | None, recipe: Recipe, supplies: Sequence[Supply]
) -> None:
    if tokens is None and recipe.unit == "tokens":
        raise candidate.refused(
            "no tokens are recorded with this document",
            "Name a 'tokenizer' in the recipe, or let it 'count: documents'.",
        )
    nameless = not (supplies[candidate.supply].ordinary or candidate.row.principles[0])
    if recipe.weights and nameless:
        raise candidate.refused(
            "this document names no principle, and the recipe gives weights to them",
            "Leave 'weights' out, or keep such documents out by 'where'.",
        )


def _find(place: tuple[int, int], found: Iterator[Candidate]) -> Candidate:
    return next(it for it in found if (it.supply, it.record) == place)


class _Columns:
    """Grows an inventory record by record."""

    def __init__(self, clustered: Sequence[Supply]) -> None:
        self._clustered = clustered
        self._keys = bytearray()
        self._contents, self._records = array("Q"), array("q")
        self._supplies, self._tokens, self._bytes = array("i"), array("i"), array("i")
        self._kinds, self._sets, self._seeds = array("i"), array("i"), array("i")
        self._groups = array("i")
        self._clusters = [array("i") for _ in clustered]
        self._kind_codes: dict[str, int] = {}
        self._set_codes: dict[tuple[str, ...], int] = {}
        self._seed_codes: dict[str, int] = {}
        self._group_codes: dict[tuple[int, str], int] = {}
        self._cluster_codes: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._records)

    def add(self, candidate: Candidate, tokens: int) -> None:
        row = candidate.row
        line = line_of(row)
        self._keys += key_of(row.id)
        self._contents.append(int.from_bytes(blake2b(line, digest_size=8).digest(), "little"))
        self._records.append(candidate.record)
        self._supplies.append(candidate.supply)
        self._tokens.append(tokens)
        self._bytes.append(len(line))
        self._kinds.append(_code(self._kind_codes, row.kind))
        self._sets.append(_code(self._set_codes, row.principles))
        self._seeds.append(_code(self._seed_codes, row.seed) if row.seed else NONE)
        group = candidate.group and (candidate.supply, candidate.group)
        self._groups.append(_code(self._group_codes, group) if group else NONE)
        for column, supply in zip(self._clusters, self._clustered, strict=True):
            cluster = supply.clusters.get(row.id)
            column.append(NONE if cluster is None else _code(self._cluster_codes, cluster))

    def repeated_id(self) -> tuple[int, int] | None:
        """Source and record of a document that has the id of another, different one of it."""
        keys, contents = keys_from(self._keys), np.array(self._contents)
        supplies, records = np.array(self._supplies), np.array(self._records)
        order = np.lexsort((records, contents, supplies, keys))
        here, before = order[1:], order[:-1]
        bad = (keys[here] == keys[before]) & (supplies[here] == supplies[before])
        bad &= contents[here] != contents[before]
        places = zip(supplies[here[bad]].tolist(), records[here[bad]].tolist(), strict=True)
        return min(places, default=None)

    def inventory(self, passed: Passed) -> Inventory:
        """All records; of several that make the same row, the first."""
        keys, contents = keys_from(self._keys), np.array(self._contents, np.uint64)
        order = np.lexsort((np.arange(len(keys)), contents, keys))
        same_id = keys[order[1:]] == keys[order[:-1]]
        same_row = same_id & (contents[order[1:]] == contents[order[:-1]])
        first = np.ones(len(keys), np.bool_)
        first[order[1:][same_row]] = False
        named = np.zeros(len(keys), np.int32)
        named[order[1:]] = np.cumsum(~same_id)
        passed.repeated = len(keys) - int(first.sum())
        return Inventory(
            keys=keys[first],
            contents=contents[first],
            supply=np.array(self._supplies, np.int32)[first],
            record=np.array(self._records, np.int64)[first],
            tokens=np.array(self._tokens, np.int32)[first],
            bytes=np.array(self._bytes, np.int32)[first],
            kind=np.array(self._kinds, np.int32)[first],
            principles=np.array(self._sets, np.int32)[first],
            seed=np.array(self._seeds, np.int32)[first],
            ties=(
                named[first],
                *(np.array(it, np.int32)[first] for it in (self._groups, *self._clusters)),
            ),
            kinds=tuple(self._kind_codes),
            principle_sets=tuple(self._set_codes),
            seed_keys=keys_of(f"seed {name}" for name in self._seed_codes),
            passed=passed,
        )


def _code(codes: dict[T, int], value: T) -> int:
    return codes.setdefault(value, len(codes))

"""The plan: item i is computed from the constitution, the prompts and the settings.

Nothing is stored for an item, so a plan of any length takes the same memory, and a larger plan
begins with the smaller one.

At every length, counts keep to their exact share within one: of each kind and each principle in
the whole plan, of each axis value within its kind, of each clause and each seed within its cell
(a kind and a principle). Pairs are spread by the rotation in `schedule.cross`. Values that exclude
each other never meet; what their axes then keep to, `deal` says.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from constitution.collection import Constitution
from constitution.principle import Principle
from exempla.errors import BadInput, Problem, collecting
from generator.deal import Deal, deal
from generator.item import Item, item_id
from generator.schedule import Ints, Schedule, cross, schedule
from generator.weight import weighted
from prompts.kind import Kind
from prompts.library import Library
from prompts.seed import Seed

BLOCK = 4096
"""Items that are put in order together; neighbours then share the beginning of their prompts."""

Weight = Annotated[float, Field(ge=0, le=100, multiple_of=0.01)]


class PlanSettings(BaseModel):
    """How many items of what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: int = Field(default=1000, ge=1)
    """Items that are written, whatever becomes of them."""
    accepted: int | None = Field(default=None, ge=1)
    """In place of `items`: documents that are kept after everything. Each kind and principle goes
    on to further items until it has its share of them."""
    tries: float = Field(default=1.5, ge=1, le=100, multiple_of=0.01)
    """With `accepted`: at most so many times its share is written of a kind and principle."""
    seed: int = 0
    kinds: dict[str, Weight] = Field(default_factory=dict)
    """Weights; a kind that is not named has none, unless none is named."""
    principles: dict[str, Weight] = Field(default_factory=dict)
    """Weights in place of the principles' own; 0 leaves one out."""

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        given = self.model_fields_set
        if self.accepted is not None and "items" in given:
            raise ValueError(
                "plan.items and plan.accepted are both set: items counts what is written, "
                "accepted what is kept; leave one of them out"
            )
        if self.accepted is None and "tries" in given:
            raise ValueError("plan.tries is set without plan.accepted, which it belongs to")
        return self

    @property
    def size(self) -> int:
        """Items of the plan: all that are written, or as many as are to be kept."""
        return self.accepted or self.items

    def record(self) -> dict[str, Any]:
        """The settings that count, for records."""
        unused = {"accepted", "tries"} if self.accepted is None else {"items"}
        return self.model_dump(exclude=unused)


@dataclass(frozen=True, slots=True)
class Part:
    """Worker `number` (from 1) of `count`; it takes every count-th chain."""

    number: int = 1
    count: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True)
class _Cell:
    """A kind and a principle."""

    principle: Principle
    seeds: tuple[Seed, ...]
    first_seed: int
    first_chain: int
    stem: tuple[str, ...]
    """What every id in the cell is made from."""


@dataclass(frozen=True)
class Plan:
    """Computes items; made by `make_plan`."""

    settings: PlanSettings
    kinds: tuple[Kind, ...]
    principles: tuple[Principle, ...]
    kind_shares: Schedule
    """The steps of a period read as kinds, for ranks within a kind."""
    cell_shares: Schedule
    """The same steps read as cells, numbered kind by kind."""
    cells: tuple[_Cell, ...]
    deals: tuple[Deal, ...]
    """Per kind, the values of its axes."""
    _steps: tuple[tuple[int, int, int, int], ...] = field(repr=False)
    """Per step: kind, cell, rank in the kind, rank in the cell."""

    def __len__(self) -> int:
        return self.settings.size

    def item(self, index: int) -> Item:
        """Compute item `index`, counted from 0."""
        turn, step = divmod(index, len(self._steps))
        kind_index, cell_index, kind_rank, cell_rank = self._steps[step]
        of_kind, of_cell = self._counts
        kind_rank += turn * of_kind[kind_index]
        cell_rank += turn * of_cell[cell_index]
        kind, cell = self.kinds[kind_index], self.cells[cell_index]
        clauses = cell.principle.clauses
        replicate, clause_index = divmod(cell_rank, len(clauses))
        clause = clauses[clause_index]
        seed = _seed_at(cell, cell_rank)
        dealt = self.deals[kind_index].at(kind_rank)
        made_from = (*cell.stem, clause.id, seed.digest if seed else "", *dealt.parts)
        return Item(
            index=index,
            id=item_id((*made_from, str(replicate))),
            kind=kind.name,
            principle=cell.principle.id,
            clause=clause.id,
            seed=seed.id if seed else None,
            axes=dealt.ids,
            words=dealt.words,
            replicate=replicate,
        )

    @cached_property
    def _counts(self) -> tuple[list[int], list[int]]:
        """Items of each kind and of each cell in a period."""
        return self.kind_shares.counts.tolist(), self.cell_shares.counts.tolist()

    def first(self, limit: int | None) -> range:
        """The first so many items; by default all."""
        return range(min(len(self), limit or len(self)))

    def blocks(self, part: Part, indexes: Sequence[int] | Ints) -> Iterator[Ints]:
        """Those of some items that are in a worker's part, block by block.

        Within a block the first items of all chains come first, then the second ones, so that an
        idea seldom waits for the one before it in its chain; neighbours share kind and principle,
        and with them the beginning of their prompts.

        Args:
            part: The worker's.
            indexes: Of the items, ascending.
        """
        for first in range(0, len(indexes), BLOCK):
            block = np.asarray(indexes[first : first + BLOCK])
            chains = self.chains(block)
            mine = chains % part.count == part.number - 1
            block, chains = block[mine], chains[mine]
            order = np.argsort(chains, kind="stable")
            ordered = chains[order]
            nth = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
            yield block[order[np.argsort(nth, kind="stable")]]

    def chains(self, indexes: Ints) -> Ints:
        """The chain of each item: kind and clause, numbered through; same shape as `indexes`."""
        turns, steps = np.divmod(indexes, len(self._steps))
        cells = self.cell_shares.slots[steps]
        ranks = self.cell_shares.ranks[steps] + turns * self.cell_shares.counts[cells]
        clauses = np.array([len(cell.principle.clauses) for cell in self.cells])
        firsts = np.array([cell.first_chain for cell in self.cells])
        chains: Ints = firsts[cells] + ranks % clauses[cells]
        return chains


def make_plan(constitution: Constitution, library: Library, settings: PlanSettings) -> Plan:
    """Prepare the plan that the settings ask for.

    Raises:
        BadInput: a weight names no kind or principle, nothing has weight, or a kind that needs a
            seed meets a principle that no seed touches.
    """
    kinds, kind_weights = weighted(
        library.kinds, settings.kinds or dict.fromkeys(library.kinds, 1.0), "kind"
    )
    by_id = {principle.id: principle for principle in constitution.principles}
    own = {principle.id: principle.weight for principle in constitution.principles}
    principles, principle_weights = weighted(by_id, own | settings.principles, "principle")
    kind_at, principle_at = cross(schedule(kind_weights), schedule(principle_weights))
    cell_shares = Schedule(kind_at * len(principles) + principle_at, len(kinds) * len(principles))
    kind_shares = Schedule(kind_at, len(kinds))
    return Plan(
        settings,
        kinds,
        principles,
        kind_shares,
        cell_shares,
        _cells(kinds, principles, library, settings.seed),
        _deals(kinds, library, kind_shares, settings.seed),
        tuple(
            zip(
                kind_at.tolist(),
                cell_shares.slots.tolist(),
                kind_shares.ranks.tolist(),
                cell_shares.ranks.tolist(),
                strict=True,
            )
        ),
    )


def _seed_at(cell: _Cell, rank: int) -> Seed | None:
    """Clauses and seeds of a cell, crossed as in `schedule.cross` with equal weights."""
    if not cell.seeds:
        return None
    block = math.lcm(len(cell.principle.clauses), len(cell.seeds))
    return cell.seeds[(cell.first_seed + rank + rank // block) % len(cell.seeds)]


def _cells(
    kinds: tuple[Kind, ...], principles: tuple[Principle, ...], library: Library, key: int
) -> tuple[_Cell, ...]:
    cells: list[_Cell] = []
    problems: dict[str, Problem] = {}
    chain = 0
    for kind in kinds:
        for principle in principles:
            seeds = tuple(library.seeds_for(principle.id)) if "seed" in kind.needs else ()
            if "seed" in kind.needs and not seeds:
                problems[principle.id] = principle.place.problem(
                    f"no seed touches '{principle.id}', and the kind '{kind.name}' needs one",
                    f"Write a seed that names it, or set plan.principles.{principle.id} to 0.",
                )
                continue
            draw = random.Random(f"{key}/{kind.name}/{principle.id}")  # noqa: S311
            cells.append(
                _Cell(
                    principle,
                    seeds,
                    draw.randrange(len(seeds)) if seeds else 0,
                    chain,
                    (kind.digest, principle.digest),
                )
            )
            chain += len(principle.clauses)
    if problems:
        raise BadInput(*problems.values())
    return tuple(cells)


def _deals(
    kinds: tuple[Kind, ...], library: Library, shares: Schedule, key: int
) -> tuple[Deal, ...]:
    problems: list[Problem] = []
    deals: list[Deal] = []
    for kind, period in zip(kinds, shares.counts.tolist(), strict=True):
        with collecting(problems):
            deals.append(deal([library.dealt[name] for name in kind.dealt], kind.name, period, key))
    if problems:
        raise BadInput(*problems)
    return tuple(deals)

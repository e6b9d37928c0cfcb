"""What a plan covers: counts per kind, principle, seed, axis value, clause, and pairs of them."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from constitution.principle import Principle
from exempla.project import Project
from generator.cells import most, name_of
from generator.item import Item
from generator.plan import Plan
from prompts.axis import Axis
from prompts.library import Library

COUNTED_AT_ONCE = 4096
"""Items that are held while they are counted; the counts alone are kept."""

Pair = tuple[str, str]


def coverage(project: Project, limit: int | None = None) -> dict[str, Any]:
    """Count the plan's items.

    Returns:
        `items`; `accepted`, how many are to be kept, and `written_at_most`, how many are written
        for that at most (both None where items count as they are written); `cells`, principle by
        kind; `clauses`, per principle how many have items of each kind; `ledger`, each clause with
        its items of each kind, those without a story first;
        `seeds` and `axes`, the items of each value; `spread`, how far those of an axis are from
        their exact shares; `furthest`, the largest such distance; `pairs`, how evenly principles,
        clauses, seeds and axes meet; `tokens_at_most`, what the stages' limits allow.
    """
    plan, library = project.plan, project.library
    size = min(limit or len(plan), len(plan))
    counts = _count(plan, size)
    spread = {
        f"{kind}.{name}": _spread(library.dealt[name], values)
        for (kind, name), values in counts.axes.items()
    }
    kinds = [kind.name for kind in plan.kinds]
    written = counts.cells
    if plan.settings.accepted is not None and limit is None:
        written = Counter(
            {
                name_of(plan, cell)[::-1]: count
                for cell, count in enumerate(most(plan).tolist())
                if count
            }
        )
    verdict = project.judge.settings.max_tokens if project.judge else 0
    return {
        "items": size,
        "accepted": plan.settings.accepted,
        "written_at_most": written.total() if plan.settings.accepted is not None else None,
        "cells": {
            principle.id: {kind: counts.cells[principle.id, kind] for kind in kinds}
            for principle in plan.principles
        },
        "clauses": {
            principle.id: {
                "clauses": len(principle.clauses),
                **{kind: _reached(principle, counts.clauses[kind]) for kind in kinds},
            }
            for principle in plan.principles
        },
        "ledger": _ledger(plan.principles, kinds, counts.clauses),
        "seeds": dict(counts.seeds),
        "axes": {
            f"{kind}.{name}": {value.id: values[value.id] for value in library.dealt[name].values}
            for (kind, name), values in counts.axes.items()
        },
        "spread": spread,
        "furthest": max((found["furthest"] for found in spread.values()), default=0.0),
        "pairs": _pairs(plan, library, counts.pairs),
        "tokens_at_most": sum(
            count * (sum(stage.max_tokens for stage in library.kinds[kind].stages) + verdict)
            for (_, kind), count in written.items()
        ),
    }


@dataclass(frozen=True, slots=True)
class _Counts:
    cells: Counter[Pair] = field(default_factory=Counter)
    """By principle and kind."""
    clauses: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By clause, per kind."""
    seeds: Counter[str] = field(default_factory=Counter)
    axes: defaultdict[Pair, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By value, per kind and axis."""
    pairs: defaultdict[Pair, Counter[Pair]] = field(default_factory=lambda: defaultdict(Counter))
    """By what meets, per pair of principle, clause, seed and axes of that name in all kinds."""


def _count(plan: Plan, size: int) -> _Counts:
    counts = _Counts()
    for first in range(0, size, COUNTED_AT_ONCE):
        items = map(plan.item, range(first, min(first + COUNTED_AT_ONCE, size)))
        by_kind: defaultdict[str, list[Item]] = defaultdict(list)
        for item in items:
            by_kind[item.kind].append(item)
        for kind in plan.kinds:
            if kind.name in by_kind:
                _add(counts, by_kind[kind.name], kind.name, kind.dealt)
    return counts


def _add(counts: _Counts, items: list[Item], kind: str, axes: tuple[str, ...]) -> None:
    """Count items of one kind, column by column, which takes a fraction of the time."""
    principles = [item.principle for item in items]
    clauses = [item.clause for item in items]
    seeds = [item.seed for item in items if item.seed]
    counts.cells.update((principle, kind) for principle in principles)
    counts.clauses[kind].update(clauses)
    counts.seeds.update(seeds)
    if seeds:
        counts.pairs["principle", "seed"].update(zip(principles, seeds, strict=True))
        counts.pairs["clause", "seed"].update(zip(clauses, seeds, strict=True))
    for axis in axes:
        values = [item.axes[axis] for item in items]
        counts.axes[kind, axis].update(values)
        counts.pairs["principle", axis].update(zip(principles, values, strict=True))
        if seeds:
            counts.pairs["seed", axis].update(zip(seeds, values, strict=True))


def _spread(axis: Axis, counts: Counter[str]) -> dict[str, Any]:
    """The rarest and the most frequent value, each with its exact share of the items."""
    whole = sum(value.weight for value in axis.values)
    due = {value.id: counts.total() * value.weight / whole for value in axis.values}
    least, most = (extreme(due, key=lambda value: counts[value]) for extreme in (min, max))
    return {
        "values": len(due),
        "least": counts[least],
        "least_share": round(due[least], 2),
        "most": counts[most],
        "most_share": round(due[most], 2),
        "furthest": round(max(abs(counts[value] - share) for value, share in due.items()), 2),
    }


def _reached(principle: Principle, counts: Counter[str]) -> int:
    return sum(counts[clause.id] > 0 for clause in principle.clauses)


def _ledger(
    principles: tuple[Principle, ...], kinds: list[str], counts: Mapping[str, Counter[str]]
) -> list[dict[str, Any]]:
    # Those without a story first, then those without another kind, else in the order of principles.
    by_need = sorted(kinds, key=lambda kind: kind != "story")
    clauses = sorted(
        (clause for principle in principles for clause in principle.clauses),
        key=lambda clause: [counts[kind][clause.id] > 0 for kind in by_need],
    )
    return [
        {
            "clause": clause.id,
            "text": clause.text,
            "kinds": {kind: counts[kind][clause.id] for kind in kinds},
        }
        for clause in clauses
    ]


def _pairs(
    plan: Plan, library: Library, counts: Mapping[Pair, Counter[Pair]]
) -> list[dict[str, Any]]:
    """How many of the possible pairs occur, and how often the rarest and the most frequent."""
    seeds = {principle.id: library.seeds_for(principle.id) for principle in plan.principles}
    used = {seed.id for found in seeds.values() for seed in found}
    size = {"principle": len(plan.principles), "seed": len(used)}
    possible = {
        ("principle", "seed"): sum(map(len, seeds.values())),
        ("clause", "seed"): sum(len(p.clauses) * len(seeds[p.id]) for p in plan.principles),
    }
    axes = dict.fromkeys(name for kind in plan.kinds for name in kind.dealt)
    for first in ("principle", "seed"):
        for name in axes:
            possible[first, name] = size[first] * len(library.dealt[name].values)
    return [
        {
            "pair": [first, second],
            "possible": number,
            "covered": len(found),
            "least": min(found.values()) if len(found) == number else 0,
            "most": max(found.values()),
            "mean": round(found.total() / number, 2),
        }
        for (first, second), number in possible.items()
        if (found := counts.get((first, second)))
    ]

"""What a plan covers: counts per kind, principle, seed, axis value and clause."""

from collections import Counter
from typing import Any

from exempla.project import Project


def coverage(project: Project, limit: int | None = None) -> dict[str, Any]:
    """Count the plan's items.

    Returns:
        `items`; `cells`, principle by kind; `seeds` and `axes`, each with the least and the most
        items of a value; `clauses`, per principle how many have items of each kind; `tokens`, the
        most that the stages' limits allow.
    """
    plan = project.plan
    size = min(limit or len(plan), len(plan))
    cells: Counter[tuple[str, str]] = Counter()
    seeds: Counter[str] = Counter()
    axes: dict[tuple[str, str], Counter[str]] = {}
    clauses: dict[tuple[str, str], set[str]] = {}
    for index in range(size):
        item = plan.item(index)
        cells[item.principle, item.kind] += 1
        clauses.setdefault((item.principle, item.kind), set()).add(item.clause)
        if item.seed:
            seeds[item.seed] += 1
        for axis, value in item.axes.items():
            axes.setdefault((item.kind, axis), Counter())[value] += 1
    return {
        "items": size,
        "cells": {
            principle.id: {kind.name: cells[principle.id, kind.name] for kind in plan.kinds}
            for principle in plan.principles
        },
        "clauses": {
            principle.id: {
                "clauses": len(principle.clauses),
                **{
                    kind.name: len(clauses.get((principle.id, kind.name), ()))
                    for kind in plan.kinds
                },
            }
            for principle in plan.principles
        },
        "seeds": dict(seeds),
        "axes": {
            f"{kind}.{axis}": {
                value.id: counts[value.id] for value in project.library.axes[axis].values
            }
            for (kind, axis), counts in axes.items()
        },
        "tokens_at_most": sum(
            count * sum(stage.max_tokens for stage in project.library.kinds[kind].stages)
            for (_, kind), count in cells.items()
        ),
    }

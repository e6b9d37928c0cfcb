"""What a plan will come to, from what became of its first items."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exempla.project import Project
from generator.forecast import (
    RATE,
    Interval,
    Likeness,
    count_of,
    enough,
    kept_of,
    total_of,
)
from generator.ideas import IN_VIEW
from generator.item import Item
from generator.plan import Plan
from prompts.answer import Fields, read_answer
from prompts.kind import Kind

LEAST = 2
"""Items of each kind that a forecast needs: one has no spread."""
TOO_MUCH = 0.1
"""Share of duplicates above which their upper limit is no figure to plan with."""
DEEPEST = 4 * IN_VIEW
"""Earlier items of a clause from which on no prompt grows any more."""
METHODS = {
    "counts": "beta-binomial prediction, Jeffreys' prior (Brown, Cai and DasGupta 2001)",
    "tokens": "by kind, Student's t for the items to come (Cochran 1977, section 5.4)",
    "duplicates": "limits over all repertoires with as many like pairs (generator/forecast.py)",
}

Cell = tuple[str, str]
"""A kind and a principle."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of an item of the pilot."""

    item: Item
    reason: str | None
    """Why it was rejected; None where it was accepted."""
    prompt_tokens: int
    """Over all its requests, like those of its answers."""
    answer_tokens: int
    cluster: str | None = None
    """Of near-duplicates in the pilot; None for a document like no other, and for a reject."""
    idea: Mapping[str, Any] | None = None
    """The journal's line of its idea, if it has one."""


Depths = Mapping[str, Sequence[float]]
"""By kind: tokens by which an item's prompts are longer that has 0, 1, … of its clause before it,
up to `DEEPEST`. Its idea's prompt shows it the latest ideas of those."""


def outlook(plan: Plan, seen: Sequence[Seen], in_view: Depths) -> dict[str, Any]:
    """Forecast the whole plan.

    Args:
        plan: What is to be written.
        seen: Its first items, in order, `LEAST` of each kind or more.
        in_view: What earlier ideas add to prompts.

    Returns:
        `items` and `pilot`, how many; `rate` and `methods` of the intervals; `tokens` of prompts
        and answers; `rejected` with its `reasons`, and `other_reasons` that the pilot did not
        meet; `accepted`, `duplicates`, `kept`; `kinds` and `cells`, the same of each; `notes`.
        An interval is `low`, `high` and, where it can be told, `expected`; that of a cell
        without an item in the pilot is None.
    """
    cells = cell_sizes(plan, len(plan))
    kinds = {kind.name: 0 for kind in plan.kinds}
    for (kind, _), size in cells.items():
        kinds[kind] += size
    by_cell: dict[Cell, list[Seen]] = {cell: [] for cell in cells}
    by_kind: dict[str, list[Seen]] = {kind: [] for kind in kinds}
    for one in seen:
        by_kind[one.item.kind].append(one)
        by_cell[one.item.kind, one.item.principle].append(one)
    rest = {kind: size - len(by_kind[kind]) for kind, size in kinds.items()}
    answers = {kind: [one.answer_tokens for one in found] for kind, found in by_kind.items()}
    reasons = Counter(one.reason for one in seen if one.reason)
    whole = _outcomes(seen, len(plan))
    return {
        "items": len(plan),
        "pilot": len(seen),
        "rate": RATE,
        "methods": METHODS,
        "tokens": {
            "prompts": _record(_prompts(plan, by_kind, rest, in_view)),
            "answers": _record(total_of(answers, rest)),
        },
        **{name: whole[name] for name in ("rejected", "accepted", "duplicates", "kept")},
        "reasons": {
            reason: {"pilot": count, **_record(count_of(count, len(seen), len(plan)))}
            for reason, count in reasons.most_common()
        },
        "other_reasons": _record(count_of(0, len(seen), len(plan))),
        "kinds": {kind: _outcomes(by_kind[kind], size) for kind, size in kinds.items()},
        "cells": [
            {"kind": cell[0], "principle": cell[1], **_outcomes(by_cell[cell], size)}
            for cell, size in cells.items()
        ],
        "notes": list(_notes(plan, seen, cells, by_cell, whole)),
    }


def cell_sizes(plan: Plan, length: int) -> dict[Cell, int]:
    """How many of the first so many items of a plan each cell has; counted, not computed."""
    turns, rest = divmod(length, plan.cell_shares.period)
    slots = plan.cell_shares.slots[:rest]
    sizes = turns * plan.cell_shares.counts + np.bincount(slots, minlength=plan.cell_shares.size)
    names = [(kind.name, principle.id) for kind in plan.kinds for principle in plan.principles]
    return dict(zip(names, sizes.tolist(), strict=True))


def depth_counts(items: int, clauses: int) -> list[int]:
    """Of the first items of a cell, how many have 0, 1, … of their clause before them.

    Returns:
        Up to `DEEPEST`, which counts all that have so many or more.
    """
    whole, rest = divmod(items, clauses)
    counts = [clauses if depth < whole else 0 for depth in range(DEEPEST + 1)]
    counts[DEEPEST] += max(0, whole - DEEPEST - 1) * clauses
    counts[min(whole, DEEPEST)] += rest
    return counts


def tokens_in_view(project: Project, seen: Sequence[Seen]) -> Depths:
    """What earlier ideas will add to the prompts of later items, by the pilot's own ideas."""
    return {
        kind.name: _added(project, kind, [one for one in seen if one.item.kind == kind.name])
        for kind in project.plan.kinds
    }


def _added(project: Project, kind: Kind, seen: Sequence[Seen]) -> list[float]:
    stage = next((spec for spec in kind.stages if spec.name == kind.idea_stage), None)
    lines = [(one.item, one.idea) for one in seen if one.idea]
    if stage is None or "earlier" not in stage.uses or not lines:
        return [0.0] * (DEEPEST + 1)
    ideas: list[Fields] = []
    for _, line in lines:
        idea = read_answer(stage.constraint, line["text"])
        assert isinstance(idea, dict)  # noqa: S101 - ideas have fields
        ideas.append(idea)
    shown = [(ideas * IN_VIEW)[:count] for count in range(IN_VIEW + 1)]

    def words(item: Item, earlier: Sequence[Fields]) -> int:
        messages = project.prompter.messages(item, stage, {}, earlier)
        return sum(len(message.content.split()) for message in messages)

    first = lines[0][0]
    added = [words(first, earlier) - words(first, ()) for earlier in shown]
    bare = [line["attempts"] * words(item, ()) for item, line in lines if not item.replicate]
    asked = [line["prompt_tokens"] for item, line in lines if not item.replicate]
    per_word = sum(asked) / sum(bare)
    attempts = sum(line["attempts"] for _, line in lines) / len(lines)
    # Of those before an item only some have an idea to show.
    having = len(lines) / len(seen)
    depths = np.arange(DEEPEST + 1) * having
    grown = np.interp(depths, range(IN_VIEW + 1), added) * per_word * attempts
    return [float(tokens) for tokens in grown]


def _prompts(
    plan: Plan, seen: Mapping[str, Sequence[Seen]], rest: Mapping[str, int], in_view: Depths
) -> Interval:
    """Tokens of prompts: what they would be without ideas in view, and those."""
    bare = {
        kind: [one.prompt_tokens - in_view[kind][min(one.item.replicate, DEEPEST)] for one in found]
        for kind, found in seen.items()
    }
    clauses = {principle.id: len(principle.clauses) for principle in plan.principles}
    added = sum(
        count * tokens
        for (kind, principle), size in cell_sizes(plan, len(plan)).items()
        for count, tokens in zip(depth_counts(size, clauses[principle]), in_view[kind], strict=True)
    )
    low, high, expected = total_of(bare, rest)
    return Interval(low + added, high + added, (expected or 0) + added)


def _outcomes(seen: Sequence[Seen], size: int) -> dict[str, Any]:
    """What will become of so many items, of which these are the first."""
    told: dict[str, Any] = {"items": size, "pilot": len(seen)}
    if not seen:
        return told | dict.fromkeys(("rejected", "accepted", "duplicates", "kept"))
    accepted = [one for one in seen if one.reason is None]
    clusters = Counter(one.cluster for one in accepted if one.cluster)
    alike = Likeness(len(accepted), tuple(count for count in clusters.values() if count > 1))
    surer = count_of(len(accepted), len(seen), size, (1 + RATE) / 2)
    loss = kept_of(surer, alike)
    rejected = count_of(len(seen) - len(accepted), len(seen), size)
    return told | {
        "rejected": {"pilot": len(seen) - len(accepted), **_record(rejected)},
        "accepted": {"pilot": len(accepted), **_record(count_of(len(accepted), len(seen), size))},
        "duplicates": {
            "pilot": alike.removed,
            "like_pairs": alike.pairs,
            **_record(loss.duplicates),
        },
        "kept": {"pilot": len(accepted) - alike.removed, **_record(loss.kept)},
    }


def _record(interval: Interval) -> dict[str, float | None]:
    expected = interval.expected
    return {
        "low": round(interval.low, 1),
        "high": round(interval.high, 1),
        "expected": None if expected is None else round(expected, 1),
    }


def _notes(
    plan: Plan,
    seen: Sequence[Seen],
    cells: Mapping[Cell, int],
    by_cell: Mapping[Cell, Sequence[Seen]],
    whole: Mapping[str, Any],
) -> Iterator[str]:
    """What the figures do not tell."""
    duplicates, accepted = whole["duplicates"], whole["accepted"]
    if duplicates["high"] > TOO_MUCH * accepted["high"]:
        need = enough(round(accepted["high"]), TOO_MUCH)
        yield (
            f"{accepted['pilot']} documents say little of duplicates, whose share grows with a "
            f"run: up to {duplicates['high'] / accepted['high']:.0%} of the accepted can be "
            f"alike, and what is kept is as uncertain. {need:,} documents of which none "
            f"are alike would show that it is less than {TOO_MUCH:.0%}."
        )
    clauses = {principle.id: len(principle.clauses) for principle in plan.principles}
    deepest = max(size // clauses[principle] for (_, principle), size in cells.items())
    if deepest > max(one.item.replicate for one in seen):
        yield (
            "The pilot's items come first or early of their clauses. Later ones, up to "
            f"{deepest} deep, may repeat ideas and each other more often; only the longer prompts "
            "of their ideas are counted in."
        )
    if unseen := sum(1 for cell, size in cells.items() if size and not by_cell[cell]):
        yield f"{unseen} of {len(cells)} cells have no item in the pilot."
    if len(seen) < len(plan):
        yield (
            "Hours are for the pace of the pilot. A pilot shorter than what the engine answers at "
            "once leaves it half idle, and the whole plan then takes less."
        )

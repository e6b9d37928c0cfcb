"""A pilot: the first items of a plan written for real, to tell what the whole will come to.

The first N items are a fair sample of a plan's kinds and principles, because at every length the
plan keeps both to their shares within one; and no item of them waits for the idea of one that is
not among them. So a pilot is what `exempla run --limit N` writes, and a run goes on from it.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from dedup.unique import Entry, unique
from exempla.errors import BadInput, Problem
from exempla.execute import job_of, signalled, write
from exempla.outlook import LEAST, Seen, cell_sizes, outlook, tokens_in_view
from exempla.project import Project
from exempla.status import status
from generator.collect import REJECTED, Ledger
from generator.journal import JournalFile
from generator.plan import Part, Plan
from generator.run import Tally

HOUR = 3600


def fly(project: Project, items: int, show: Callable[[Tally], None]) -> dict[str, Any]:
    """Write the first items of a plan, as far as they are not written, and forecast the whole.

    Args:
        project: Whose plan it is.
        items: How many to write.
        show: Called with the tally now and then while items are written.

    Returns:
        The outlook, with `tokens_per_second`, `hours` for the whole plan, and `run`, the folder.

    Raises:
        BadInput: something cannot be used, or so few items could tell nothing.
        Interrupted: on SIGINT or SIGTERM; what is finished is kept.
        ExemplaError: the engine or the disk failed; what is finished is kept.
    """
    size = min(items, len(project.plan))
    check_size(project.plan, size)
    tally = write(job_of(project, limit=size), project, show, signalled)
    seen = look(project, size)
    told = outlook(project.plan, seen, tokens_in_view(project, seen))
    rate = _tokens_per_second(project, tally)
    hours = {
        name: round(tokens / rate / HOUR, 4) if rate else None
        for name, tokens in told["tokens"]["answers"].items()
    }
    return {"run": str(project.run_folder.path), "tokens_per_second": rate, "hours": hours, **told}


def look(project: Project, size: int) -> list[Seen]:
    """What became of the first items of a plan that are all written by one worker."""
    folder, part = project.run_folder, Part()
    spent: list[Counter[str]] = [Counter() for _ in range(size)]
    ideas: dict[int, dict[str, Any]] = {}
    stages = {kind.idea_stage for kind in project.plan.kinds} - {None}
    file = JournalFile(folder.journal(part))
    try:
        for line in file.lines():
            if line.item < size:
                record = file.record(line.offset)
                spent[line.item]["prompts"] += record.get("prompt_tokens", 0)
                spent[line.item]["answers"] += record.get("completion_tokens", 0)
                if line.stage in stages:
                    ideas[line.item] = record
    finally:
        file.close()
    with Ledger(folder, project.plan, project.library, part.count, size) as ledger:
        entries = [
            Entry(found.id, found.body, found.verdict.overall if found.verdict else 0.0)
            for found in ledger.documents("")
        ]
        clusters = unique(entries, project.settings.dedup.threshold).clusters
        return [
            Seen(
                item,
                ledger.outcome(item)["reason"] if ledger.outcomes[index] == REJECTED else None,
                spent[index]["prompts"],
                spent[index]["answers"],
                clusters.get(item.id),
                ideas.get(index),
            )
            for index, item in enumerate(map(project.plan.item, range(size)))
        ]


def check_size(plan: Plan, size: int) -> None:
    """Refuse a pilot that cannot tell anything of some kind."""
    counts: Counter[str] = Counter()
    for (kind, _), count in cell_sizes(plan, size).items():
        counts[kind] += count
    few = [kind.name for kind in plan.kinds if counts[kind.name] < LEAST]
    if few:
        need = next((n for n in range(size, len(plan) + 1) if _least(plan, n) >= LEAST), len(plan))
        raise BadInput(
            Problem(
                f"a pilot of {size} has fewer than {LEAST} items of: {', '.join(few)}",
                f"Write at least --pilot {need}."
                if need > size
                else "The plan has too few; give the kind more weight, or raise plan.items.",
            )
        )


def _least(plan: Plan, size: int) -> int:
    counts: Counter[str] = Counter({kind.name: 0 for kind in plan.kinds})
    for (kind, _), count in cell_sizes(plan, size).items():
        counts[kind] += count
    return min(counts.values())


def _tokens_per_second(project: Project, tally: Tally) -> float | None:
    """As this process wrote; where all was written before, as the latest one did."""
    if tally.spent.completion_tokens and tally.seconds:
        return round(tally.spent.completion_tokens / tally.seconds, 1)
    return status(project.run_folder)["tokens_per_second"] or None

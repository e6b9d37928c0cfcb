"""Take rejected items up once more: those of a reason, under limits that may have changed.

A journal line reopens an item, and its outcome counts no longer. The finished stages stay. Where a
stage had failed it is asked again, with the attempts counted on, so that its answers are others
and still a function of item, stage and attempt; where the text was rejected it is judged anew and
nothing is asked. A text that fails again is rejected again and not revised: its last stage is done.

An item is taken up once under the same limits. So the same command again goes on where it was
stopped, and twice in a row it finds nothing to do.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from exempla.errors import BadInput, Problem
from generator.folder import RunFolder
from generator.journal import Journal, JournalFile
from generator.limits import change_limits, check_rest, digest_of_limits
from generator.plan import Part, Plan
from prompts.kind import Kind
from prompts.kind_check import JUDGE

CHUNK = 5000
"""Lines that are written together."""


def stages_from(kind: Kind, stage: str) -> tuple[str, ...]:
    """A stage of a kind and those after it, with the judge's."""
    names = [spec.name for spec in kind.stages]
    return (*(names[names.index(stage) :] if stage in names else ()), JUDGE)


@dataclass(slots=True)
class _Case:
    """What the journal tells of an item that was rejected, now or before."""

    id: str = ""
    reason: str | None = None
    """None where it is rejected no longer."""
    stage: str | None = None
    """Which one failed; None where all were finished and the text was rejected."""
    asked: Counter[str] = field(default_factory=Counter)
    """Attempts at each stage that failed, over all rejections."""
    limits: str = ""
    """Under which it was taken up last."""


async def take_up(
    reasons: Sequence[str],
    plan: Plan,
    part: Part,
    limit: int | None,
    frozen: Mapping[str, Any],
    folder: RunFolder,
    journal: Journal,
) -> int:
    """Reopen every item of a part that is rejected for one of the reasons.

    Args:
        reasons: As rejects.jsonl and `exempla status` have them.
        plan: What is being written.
        part: The part of it.
        limit: Only the first so many items of the plan.
        frozen: What run.yaml is to hold from now on, but for what the engine says of itself.
        folder: The run's.
        journal: Of this part, open.

    Returns:
        How many items were reopened.

    Raises:
        BadInput: there is no run, nothing was ever rejected for one of the reasons, or more than
            the limits has changed.
        ExemplaError: the disk does not take it.
    """
    check_rest(folder, frozen)
    _check_reasons(reasons, folder, plan)
    change_limits(folder, frozen, reasons)
    limits = digest_of_limits(frozen)
    size = min(limit or len(plan), len(plan))
    reopened = 0
    for index, case in _cases(folder, part, plan):
        if case.reason not in reasons or case.limits == limits or index >= size:
            continue
        head = {"index": index, "item": case.id, "again": case.reason, "from": case.stage}
        journal.append({**head, "attempts": case.asked[case.stage or ""], "limits": limits})
        reopened += 1
        if reopened % CHUNK == 0:
            await journal.settle()
    await journal.settle()
    return reopened


def _check_reasons(reasons: Sequence[str], folder: RunFolder, plan: Plan) -> None:
    workers = folder.frozen()["workers"]
    ever: set[str] = set()
    now: Counter[str] = Counter()
    for number in range(1, workers + 1):
        for _, case in _cases(folder, Part(number, workers), plan, ever):
            now.update([case.reason] if case.reason else [])
    if unknown := [reason for reason in reasons if reason not in ever]:
        rejected = ", ".join(f"{reason} ({count})" for reason, count in now.most_common())
        raise BadInput(
            *(
                Problem(
                    f"nothing in this run was rejected as '{reason}'",
                    f"Rejected are: {rejected}" if now else "Nothing is rejected.",
                    str(folder.path),
                )
                for reason in unknown
            )
        )


def _cases(
    folder: RunFolder, part: Part, plan: Plan, reasons: set[str] | None = None
) -> Iterator[tuple[int, _Case]]:
    """The items of a part that were ever rejected; adds every reason there was to `reasons`."""
    kinds = {kind.name: kind for kind in plan.kinds}
    if not folder.journal(part).exists():
        return
    stages: dict[int, set[str]] = {}
    cases: dict[int, _Case] = {}
    with closing(JournalFile(folder.journal(part))) as file:
        for line in file.lines():
            if line.stage:
                stages.setdefault(line.item, set()).add(line.stage)
            elif line.outcome == "accepted":
                stages.pop(line.item, None)
                if line.item in cases:
                    cases[line.item].reason = None
            elif line.outcome:
                record = file.record(line.offset)
                case = cases.setdefault(line.item, _Case())
                case.id, case.reason = record["item"], record["reason"]
                failed = record["at"] not in stages.get(line.item, ())
                case.stage = record["at"] if failed else None
                case.asked[record["at"]] += record["attempts"] if failed else 0
                if reasons is not None:
                    reasons.add(record["reason"])
            else:
                case = cases[line.item]
                case.reason, case.limits = None, file.record(line.offset)["limits"]
                if line.since:
                    kind = kinds[plan.item(line.item).kind]
                    stages.get(line.item, set()).difference_update(stages_from(kind, line.since))
    yield from cases.items()

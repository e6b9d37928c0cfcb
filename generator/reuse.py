"""Take over from an earlier run what an edit has not touched.

An item's id is a hash of all that it is made from, so an item of the new plan whose id the earlier
run knows would be written from the same prompts. Its journal lines are copied, answers, counts and
all; only its number in the plan is new.
"""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from exempla.errors import BadInput, Problem
from generator.cells import Indexes
from generator.folder import RunFolder, changes, plain
from generator.journal import Journal, JournalFile
from generator.plan import Part, Plan

SHAPING = ("engine", "sampling", "checks", "judge")
"""Settings that shape texts or decide on them, and are no part of an item's id."""
CHUNK = 5000
"""Lines that are written together."""


async def take_over(
    plan: Plan,
    part: Part,
    indexes: Indexes,
    frozen: Mapping[str, Any],
    earlier: RunFolder,
    folder: RunFolder,
    journal: Journal,
) -> int:
    """Copy the lines of every item that an earlier run has and this one has not begun.

    The earlier run's engine becomes this run's, so that another model is refused.

    Args:
        plan: What is to be written.
        part: The part of it.
        indexes: Which of its items are wanted.
        frozen: What this run's run.yaml is to hold, but for what the engine says of itself.
        earlier: The run to take from.
        folder: This run's folder.
        journal: Of this part, open.

    Returns:
        How many items were taken over.

    Raises:
        BadInput: there is no such run, it is this one, or it was written with other settings.
        ExemplaError: the disk does not take it.
    """
    before = earlier.frozen()
    _check(before, frozen, earlier, folder)
    folder.freeze({**frozen, "engine": before["engine"], "versions": before["versions"]}, part)
    with closing(JournalFile(journal.path)) as own:
        begun = {line.item for line in own.lines()}
    wanted: dict[str, int] = {}
    for block in plan.blocks(part, indexes):
        for index in block.tolist():
            if index not in begun:
                wanted[plan.item(index).id] = index
    taken: set[int] = set()
    lines = 0
    for number in range(1, before["workers"] + 1):
        path = earlier.journal(Part(number, before["workers"]))
        if not path.exists():
            continue
        with closing(JournalFile(path)) as file:
            for line in file.lines():
                record = file.record(line.offset)
                if (found := wanted.get(record["item"])) is None:
                    continue
                taken.add(found)
                journal.append({**record, "index": found})
                lines += 1
                if lines % CHUNK == 0:
                    await journal.settle()
    await journal.settle()
    return len(taken)


def _check(
    before: Mapping[str, Any], frozen: Mapping[str, Any], earlier: RunFolder, folder: RunFolder
) -> None:
    if earlier.path.resolve() == folder.path.resolve():
        raise BadInput(
            Problem(
                "a run cannot take over from itself",
                "Begin a new run: set another 'name' in exempla.yaml, or --set name=second.",
                str(folder.path),
            )
        )
    now = plain(frozen)["settings"]
    found = [
        change
        for name in SHAPING
        for change in changes(f"settings.{name}", before["settings"].get(name), now.get(name))
    ]
    if found:
        raise BadInput(
            *(Problem(change, file=str(earlier.frozen_file)) for change in found),
            Problem(
                "the run to take over from was written with other settings",
                "Set them back, or write this run without --reuse.",
                str(earlier.path),
            ),
        )

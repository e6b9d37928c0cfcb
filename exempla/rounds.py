"""The rounds of a run, as a worker writes them: each once the one before is written by all."""

import asyncio
import fcntl
import time
from dataclasses import dataclass

import numpy as np

from exempla.errors import Interrupted, Problem
from exempla.jsonl import write_records
from exempla.project import Project
from exempla.settle import Settlement, rows
from generator.cells import Indexes
from generator.collect import Ledger
from generator.journal import held
from generator.plan import Part
from generator.run import Rounds, Tally

LOOK = 0.5
"""Seconds between two looks at the journals of other workers."""
COST = 5
"""How many times as long as a look took until the next one: a large run takes seconds to read."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a worker waits for others, its engine loaded and idle."""

    absent: float = 30.0
    """Seconds for a part that no process is writing: whoever starts it again can run both."""
    silent: float = 1800.0
    """Seconds in which the journals that are waited for do not grow, though a process has them
    open: a large model takes that long to load."""


async def in_rounds(
    project: Project, part: Part, settlement: Settlement, tally: Tally, patience: Patience
) -> Rounds:
    """One round after the other, until every cell has its share or has had its tries.

    Args:
        project: Whose run it is.
        part: This worker's part.
        settlement: Of the run, from its beginning; settled as rounds are written.
        tally: Told what is waited for.
        patience: With other workers.

    Raises:
        Interrupted: other workers have not written their parts, and do not go on.
    """
    while settlement.last is not None:
        yield settlement.last
        if settlement.only_one:
            return
        await _written(project, part, settlement.last, tally, patience)
        tally.phase = "comparing"
        await asyncio.to_thread(_settle, project, part, settlement)
        tally.doing = f"round {len(settlement.settled) + 1}"


def settlement_of(project: Project, limit: int | None) -> Settlement:
    """The settlement of a run, of which nothing is settled yet."""
    return Settlement(project.plan, project.settings.dedup.threshold, limit)


def is_written(project: Project, parts: int, limit: int | None) -> bool:
    """Whether every item of every round has an outcome."""
    plan = project.plan
    with Ledger(project.run_folder, plan, project.library, parts, limit) as ledger:
        if plan.settings.accepted is None:
            return not ledger.missing
        settlement = settlement_of(project, limit)
        settlement.settle_all(ledger)
        return settlement.last is None


def _settle(project: Project, part: Part, settlement: Settlement) -> None:
    folder = project.run_folder
    with Ledger(folder, project.plan, project.library, part.count, None) as ledger:
        settlement.settle(ledger)
    with folder.frozen_file.open("rb") as lock:
        # Every worker writes the same, and none may be in another's way.
        fcntl.flock(lock, fcntl.LOCK_EX)
        write_records(folder.quotas, rows(settlement))


async def _written(
    project: Project, part: Part, indexes: Indexes, tally: Tally, patience: Patience
) -> None:
    """Wait until the other parts of a round are written."""
    journals = [project.run_folder.journal(Part(k + 1, part.count)) for k in range(part.count)]
    sizes: list[int] = []
    others: list[int] = []
    seen, pause, names = time.monotonic(), LOOK, ""
    while True:
        now = [path.stat().st_size if path.exists() else 0 for path in journals]
        began = time.monotonic()
        if now != sizes:
            sizes, seen = now, began
            others = await asyncio.to_thread(_unwritten, project, part, indexes)
            if not others:
                return
            pause = max(LOOK, COST * (time.monotonic() - began))
            names = f"worker{'s' * (len(others) > 1)} {', '.join(map(str, others))}"
            tally.phase = f"waiting for {names}"
        busy = any(held(journals[k - 1]) for k in others if journals[k - 1].exists())
        if began - seen > (patience.silent if busy else patience.absent):
            raise Interrupted(
                Problem(
                    f"{names} did not write what this round asks of them, and do not go on",
                    "What is finished is kept. The next round is known once every part of this "
                    "one is written: start them, then run this command again.",
                    str(project.run_folder.path),
                )
            )
        await asyncio.sleep(pause)


def _unwritten(project: Project, part: Part, indexes: Indexes) -> list[int]:
    """The workers whose parts of a round lack outcomes."""
    with Ledger(project.run_folder, project.plan, project.library, part.count, None) as ledger:
        chains = project.plan.chains(ledger.unfinished(indexes))
    return [int(number) + 1 for number in np.unique(chains % part.count)]

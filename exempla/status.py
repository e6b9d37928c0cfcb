"""How far a run is, from its folder alone; also while it is being written."""

import fcntl
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exempla.errors import BadInput, Problem
from exempla.jsonl import read_records
from generator.folder import RunFolder
from generator.journal import JournalFile
from generator.plan import Part


def status(folder: RunFolder) -> dict[str, Any]:
    """Count what the journal holds.

    Returns:
        `planned`, `accepted`, `rejected` by reason, `stages` finished, `tokens` written, `parts`
        (per worker: finished items, whether a process is writing, items a second) and
        `seconds_left` where that can be told.

    Raises:
        BadInput: there is no run in the folder, or its journal is damaged.
    """
    frozen = folder.frozen()
    planned = frozen["settings"]["plan"]["items"]
    accepted, tokens = 0, 0
    rejected: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    parts = []
    for number in range(1, frozen["workers"] + 1):
        part = Part(number, frozen["workers"])
        finished = 0
        for record in _records(folder.journal(part)):
            tokens += record.get("completion_tokens", 0)
            if "stage" in record:
                stages[record["stage"]] += 1
            else:
                finished += 1
                if record["outcome"] == "accepted":
                    accepted += 1
                else:
                    rejected[record["reason"]] += 1
        parts.append(_part(folder, part, finished))
    done = accepted + rejected.total()
    rate = sum(part["items_per_second"] or 0 for part in parts)
    return {
        "run": str(folder.path),
        "planned": planned,
        "finished": done,
        "accepted": accepted,
        "rejected": dict(rejected.most_common()),
        "stages": dict(stages),
        "tokens": tokens,
        "parts": parts,
        "seconds_left": round((planned - done) / rate) if rate else None,
    }


def trace(folder: RunFolder, name: str) -> dict[str, Any]:
    """Everything a run holds about one item: its record and the answer of every stage.

    Args:
        folder: The run's.
        name: An item's id or the beginning of one.

    Raises:
        BadInput: no item, or several, have ids that begin so.
    """
    frozen = folder.frozen()
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(1, frozen["workers"] + 1):
        for line in _records(folder.journal(Part(number, frozen["workers"]))):
            if line["item"].startswith(name):
                found.setdefault(line["item"], []).append(line)
    if len(found) != 1:
        what = f"several ids begin with '{name}'" if found else f"no item's id begins with '{name}'"
        remedy = "documents.jsonl and rejects.jsonl in this folder hold the ids."
        raise BadInput(Problem(what, remedy, str(folder.path)))
    ((item, lines),) = found.items()
    record: dict[str, Any] | None = next(
        (
            record
            for path in (folder.documents, folder.rejects)
            if path.exists()
            for record in read_records(path)
            if record["id"] == item
        ),
        None,
    )
    removed: dict[str, Any] | None = None
    if folder.duplicates.exists():
        removed = next(
            (line for line in read_records(folder.duplicates) if line["removed"] == item), None
        )
    return {"id": item, "record": record, "removed_as_duplicate": removed, "journal": lines}


def _records(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    file = JournalFile(path)
    try:
        for line in file.lines():
            yield file.record(line.offset)
    finally:
        file.close()


def _part(folder: RunFolder, part: Part, finished: int) -> dict[str, Any]:
    path, begun = folder.journal(part), folder.begun(part)
    writing = path.exists() and _locked(path)
    rate = None
    if writing and begun.exists():
        (record,) = read_records(begun)
        seconds = time.time() - begun.stat().st_mtime
        rate = round((finished - record["found"]) / seconds, 3) if seconds > 0 else None
    return {
        "part": str(part),
        "started": path.exists(),
        "writing": writing,
        "finished": finished,
        "items_per_second": rate,
    }


def _locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False

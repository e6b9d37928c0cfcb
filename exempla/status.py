"""How far a run is, from its folder alone; also while it is being written."""

import fcntl
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exempla.display import share
from exempla.errors import BadInput, Problem
from exempla.jsonl import read_records
from generator.folder import RunFolder
from generator.journal import JournalFile
from generator.plan import Part

SPENT = ("attempts", "cut_off", "prompt_tokens", "cached_tokens", "completion_tokens", "retries")
"""Counts that journal lines carry."""


def status(folder: RunFolder) -> dict[str, Any]:
    """Count what the journal holds.

    Returns:
        `planned`, `accepted`, `rejected` by reason, `stages` finished, `tokens` written and a
        second, the shares of answers that were `cut_off` and of prompt tokens that were
        `prefix_cache_hits` (None where nothing was asked, or the engine does not tell),
        `retries`, `parts` (per worker: finished items, whether a process is writing, items and
        tokens a second of its latest process), `ledger` (each clause with its accepted documents
        of each kind, those without a story first) and `seconds_left` where that can be told.

    Raises:
        BadInput: there is no run in the folder, or its journal is damaged.
    """
    frozen = folder.frozen()
    planned = frozen["settings"]["plan"]["items"]
    accepted = prompts_told = 0
    spent: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    kept: Counter[tuple[str, str]] = Counter()
    parts = []
    for number in range(1, frozen["workers"] + 1):
        part = Part(number, frozen["workers"])
        now = _Latest(folder, part)
        finished = 0
        for offset, record in _records(folder.journal(part)):
            spent.update({name: record.get(name, 0) for name in SPENT})
            prompts_told += record.get("prompt_tokens", 0) if "cached_tokens" in record else 0
            now.count(offset, record)
            if "stage" in record:
                stages[record["stage"]] += 1
            elif "again" in record:
                finished -= 1
                rejected[record["again"]] -= 1
            else:
                finished += 1
                if record["outcome"] == "accepted":
                    accepted += 1
                    kept[record["clause"], record["kind"]] += 1
                else:
                    rejected[record["reason"]] += 1
        parts.append({"part": str(part), "finished": finished, **now.state()})
    done = accepted + rejected.total()
    rate = sum(part["items_per_second"] or 0 for part in parts if part["writing"])
    return {
        "run": str(folder.path),
        "planned": planned,
        "finished": done,
        "accepted": accepted,
        "rejected": dict((+rejected).most_common()),
        "stages": dict(stages),
        "tokens": spent["completion_tokens"],
        "tokens_per_second": sum(part["tokens_per_second"] or 0 for part in parts),
        "cut_off": share(spent["cut_off"], spent["attempts"]),
        "prefix_cache_hits": share(spent["cached_tokens"], prompts_told),
        "retries": spent["retries"],
        "ledger": _ledger(frozen, kept),
        "parts": parts,
        "seconds_left": round((planned - done) / rate) if rate else None,
    }


def _ledger(frozen: dict[str, Any], kept: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    rows = [
        {"clause": clause, **{kind: kept[clause, kind] for kind in frozen["kinds"]}}
        for clause in frozen["constitution"]["clauses"]
    ]
    return sorted(rows, key=lambda row: row.get("story", 0) > 0)


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
        for _, line in _records(folder.journal(Part(number, frozen["workers"]))):
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


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if not path.exists():
        return
    file = JournalFile(path)
    try:
        for line in file.lines():
            yield line.offset, file.record(line.offset)
    finally:
        file.close()


class _Latest:
    """What the latest process of a part has done, and how fast."""

    def __init__(self, folder: RunFolder, part: Part) -> None:
        self._path = folder.journal(part)
        self._writing = self._path.exists() and _locked(self._path)
        begun = folder.begun(part)
        self._at, self._bytes = 0.0, 0
        if begun.exists():
            (record,) = read_records(begun)
            self._at, self._bytes = record["at"], record["bytes"]
        self._items = self._tokens = 0

    def count(self, offset: int, record: dict[str, Any]) -> None:
        """Count a journal line."""
        if offset >= self._bytes:
            self._items += "outcome" in record
            self._tokens += record.get("completion_tokens", 0)

    def state(self) -> dict[str, Any]:
        """Whether a process is writing, and items and tokens a second."""
        seconds = 0.0
        if self._at and self._path.exists():
            end = time.time() if self._writing else self._path.stat().st_mtime
            seconds = max(0.0, end - self._at)
        return {
            "started": self._path.exists(),
            "writing": self._writing,
            "items_per_second": round(self._items / seconds, 3) if seconds else None,
            "tokens_per_second": round(self._tokens / seconds, 1) if seconds else None,
        }


def _locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False

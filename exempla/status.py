"""How far a run is, from its folder alone; also while it is being written."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exempla.display import share
from exempla.errors import BadInput, Problem
from exempla.jsonl import read_records
from generator.folder import RunFolder
from generator.journal import JournalFile, held
from generator.plan import Part
from generator.rejudge import judged_records

SPENT = ("attempts", "cut_off", "prompt_tokens", "cached_tokens", "completion_tokens", "retries")
"""Counts that journal lines carry."""


def status(folder: RunFolder) -> dict[str, Any]:
    """Count what the journal holds.

    Returns:
        `planned`, `accepted`, `rejected` by reason, `flagged` by check, `stages` finished,
        `tokens` written and a
        second, the shares of answers that were `cut_off` and of prompt tokens that were
        `prefix_cache_hits` (None where nothing was asked, or the engine does not tell),
        `retries`, `parts` (per worker: finished items, whether a process is writing, items and
        tokens a second of its latest process), `ledger` (each clause with its accepted documents
        of each kind, those without a story first), `quotas` where so many documents are to be
        kept, which are then what is `planned` (each kind and principle with its `share`, the
        documents `accepted` so far, and those `kept` when the last round was settled, None before)
        and `seconds_left` where that can be told.

    Raises:
        BadInput: there is no run in the folder, or its journal is damaged.
    """
    frozen = folder.frozen()
    plan = frozen["settings"]["plan"]
    planned = plan.get("accepted") or plan["items"]
    accepted = prompts_told = 0
    spent: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
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
                    flagged.update(record.get("flagged", {}).keys())
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
        "flagged": dict(flagged.most_common()),
        "stages": dict(stages),
        "tokens": spent["completion_tokens"],
        "tokens_per_second": sum(part["tokens_per_second"] or 0 for part in parts),
        "cut_off": share(spent["cut_off"], spent["attempts"]),
        "prefix_cache_hits": share(spent["cached_tokens"], prompts_told),
        "retries": spent["retries"],
        "ledger": _ledger(frozen, kept),
        "quotas": _quotas(folder, frozen, kept),
        "parts": parts,
        # How many items the next rounds will have, nobody knows.
        "seconds_left": round((planned - done) / rate) if rate and done <= planned else None,
    }


def _ledger(frozen: dict[str, Any], kept: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    rows = [
        {"clause": clause, **{kind: kept[clause, kind] for kind in frozen["kinds"]}}
        for clause in frozen["constitution"]["clauses"]
    ]
    return sorted(rows, key=lambda row: row.get("story", 0) > 0)


def _quotas(
    folder: RunFolder, frozen: dict[str, Any], accepted: Counter[tuple[str, str]]
) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str]] = Counter()
    for (clause, kind), count in accepted.items():
        counts[clause.partition("/")[0], kind] += count
    settled = read_records(folder.quotas) if folder.quotas.exists() else ()
    kept = {(row["principle"], row["kind"]): row["kept"] for row in settled}
    return [
        {
            "kind": kind,
            "principle": principle,
            "share": share,
            "accepted": counts[principle, kind],
            "kept": kept.get((principle, kind)),
        }
        for principle, shares in frozen.get("shares", {}).items()
        for kind, share in shares.items()
    ]


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
            for path in (folder.documents, folder.rejects, folder.surplus)
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
    surplus = folder.surplus.exists() and any(
        line["id"] == item for line in read_records(folder.surplus)
    )
    return {
        "id": item,
        "record": record,
        "removed_as_duplicate": removed,
        "surplus": surplus,
        "journal": lines,
    }


def judged_sample(folder: RunFolder, count: int) -> list[dict[str, Any]]:
    """Documents with their verdicts, or with why there is none: the same ones each time.

    Raises:
        BadInput: the folder has no judged documents.
    """
    ids = sorted(record["id"] for record in _judged(folder))
    # Ids are hashes: those at even steps are as good as drawn.
    chosen = set(ids[:: max(1, len(ids) // count)][:count])
    if not chosen:
        what, remedy = "no document here was judged", "Set 'judge: {}', or use 'exempla judge'."
        raise BadInput(Problem(what, remedy, str(folder.path)))
    return [record for record in _judged(folder) if record["id"] in chosen]


def _judged(folder: RunFolder) -> Iterator[dict[str, Any]]:
    found = judged_records(folder)
    return (record for record in found if record.get("verdict") or "reason" in record)


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
        self._writing = self._path.exists() and held(self._path)
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

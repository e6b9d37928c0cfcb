"""How far two judges, or a judge and a person, agree.

Cohen's weighted kappa (J. Cohen, Weighted kappa, Psychological Bulletin 70, 1968) with quadratic
weights: 1 is full agreement, 0 what chance would give; scores that are two apart count four times
as much as scores that are one apart.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from exempla.errors import BadInput, Problem
from exempla.jsonl import read_records
from exempla.source import nearest

Scores = dict[str, dict[str, int]]
"""By document and item, from 1 to 5."""


class Agreement(NamedTuple):
    """Of two sets of scores for one item."""

    texts: int
    """Documents that both have scored."""
    kappa: float | None
    """None where it is not defined: all these scores are one and the same, or there are none."""
    same: float | None
    """The share of documents with the same score."""


def agreement(one: Scores, other: Scores, items: Sequence[str]) -> dict[str, Agreement]:
    """How far two sets of scores agree, by item."""
    return {item: _of_item(list(_pairs(one, other, item))) for item in items}


def _pairs(one: Scores, other: Scores, item: str) -> Iterator[tuple[int, int]]:
    for id, scores in one.items():
        mine, theirs = scores.get(item), other.get(id, {}).get(item)
        if mine is not None and theirs is not None:
            yield mine, theirs


def _of_item(pairs: Sequence[tuple[int, int]]) -> Agreement:
    if not pairs:
        return Agreement(0, None, None)
    same = sum(mine == theirs for mine, theirs in pairs) / len(pairs)
    if len({score for pair in pairs for score in pair}) < 2:
        return Agreement(len(pairs), None, same)
    # scikit-learn takes a second to load, and few commands want it
    from sklearn.metrics import cohen_kappa_score  # noqa: PLC0415

    mine, theirs = zip(*pairs, strict=True)
    kappa = cohen_kappa_score(mine, theirs, labels=[1, 2, 3, 4, 5], weights="quadratic")
    return Agreement(len(pairs), round(float(kappa), 3), round(same, 3))


def read_scores(path: Path, items: Sequence[str]) -> Scores:
    """Read the scores to compare with.

    Args:
        path: A CSV file with a column `id` and a column for each item that was scored, or a folder
            with documents.jsonl and rejects.jsonl that hold verdicts.
        items: Of the rubric.

    Raises:
        BadInput: it is neither, has no column of an item, a score is none, or a document has two.
    """
    if not path.is_dir():
        return _from_csv(path, items)
    found: Scores = {}
    for name in ("documents.jsonl", "rejects.jsonl"):
        if (path / name).exists():
            for record in read_records(path / name):
                if verdict := record.get("verdict"):
                    found[record["id"]] = verdict["scores"]
    if not found:
        remedy = "Name a CSV file, a run whose documents were judged, or a folder in its 'judged'."
        raise BadInput(Problem("there are no verdicts here", remedy, str(path)))
    return found


def _from_csv(path: Path, items: Sequence[str]) -> Scores:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            heads = file.readline()
            file.seek(0)
            # As spreadsheets write it where the comma is in numbers.
            reader = csv.DictReader(file, delimiter=max(",;\t", key=heads.count))
            columns = list(reader.fieldnames or ())
            _check_columns(path, columns, items)
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        remedy = "Write it with commas, in UTF-8."
        raise BadInput(
            Problem(f"this cannot be read as CSV: {error}", remedy, str(path))
        ) from error
    problems: list[Problem] = []
    found: Scores = {}
    for line, row in rows:
        scores: dict[str, int] = {}
        for item in items:
            text = (row.get(item) or "").strip()
            if text in {"1", "2", "3", "4", "5"}:
                scores[item] = int(text)
            elif text:
                what = f"'{text}' is no score for '{item}'"
                remedy = "Write 1, 2, 3, 4 or 5, or leave it empty."
                problems.append(Problem(what, remedy, str(path), line))
        id = (row["id"] or "").strip()
        if id in found:
            what = f"the document '{id}' is scored a second time"
            problems.append(Problem(what, "Keep one line a document.", str(path), line))
        found[id] = scores
    if problems:
        raise BadInput(*problems)
    return found


def _check_columns(path: Path, columns: Sequence[str], items: Sequence[str]) -> None:
    problems = []
    if "id" not in columns:
        what = "there is no column 'id'"
        remedy = nearest("id", columns) or "The first line has to name the columns."
        problems.append(Problem(what, remedy, str(path), 1))
    if not set(items).intersection(columns):
        what = "no column is an item of the rubric"
        problems.append(Problem(what, f"Name columns {', '.join(items)}.", str(path), 1))
    if problems:
        raise BadInput(*problems)

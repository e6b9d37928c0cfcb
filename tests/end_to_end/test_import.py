"""A document in Markdown becomes a constitution that a run is written from."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Exempla = Callable[..., subprocess.CompletedProcess[str]]

SPEC = """\
---
title: The Harbour Charter
---
# The Harbour Charter

## 1. Telling the truth

An AI at the harbour says what it takes to be true, and how sure it is of it.

A master who asks for the depth will sail by the answer within the hour.

- It names the soundings that it could not check, with their dates.
- It says when the tide gauge has been out of order.

## 2. Keeping to the work

An AI at the harbour does what it was asked to do, and asks before it does more than that.

> The one who moves a buoy unasked has moved a ship.
"""


def test_an_imported_document_is_written_from_at_once(exempla: Exempla, tmp_path: Path) -> None:
    (tmp_path / "spec.md").write_text(SPEC)
    done = exempla("import", "spec.md", "--out", "mine/constitution")
    assert done.returncode == 0, done.stderr
    assert "Made mine/constitution" in done.stdout
    run = exempla(
        *("run", "--quiet", "--project", "mine", "--set=engine.name=scripted"),
        *("--set=plan.items=12", "--set=seeds=any"),
    )
    assert run.returncode == 0, run.stderr
    lines = (tmp_path / "mine/runs/first/documents.jsonl").read_text().splitlines()
    documents = [json.loads(line) for line in lines]
    assert {id_ for document in documents for id_ in document["principles"]} == {
        "telling-the-truth",
        "keeping-to-the-work",
    }


def test_a_dry_run_shows_the_outline_and_writes_nothing(exempla: Exempla, tmp_path: Path) -> None:
    (tmp_path / "spec.md").write_text(SPEC)
    shown = exempla("import", "spec.md", "--dry-run")
    assert "telling-the-truth" in shown.stdout
    assert "Nothing was written." in shown.stdout
    told = json.loads(exempla("import", "spec.md", "--dry-run", "--json").stdout)
    assert (told["name"], told["version"], told["out"]) == ("The Harbour Charter", "1", None)
    assert told["principles"][1] == {
        "id": "keeping-to-the-work",
        "title": "2. Keeping to the work",
        "file": "02-keeping-to-the-work.md",
        "words": 31,
        "clauses": 1,
        "weight": 1,
        "lines": [15, 19],
    }
    assert [path.name for path in tmp_path.iterdir()] == ["spec.md"]


@pytest.mark.parametrize(
    ("arguments", "says", "remedy"),
    [
        (("nothing.md", "--dry-run"), "nothing.md: no such file", "Check the path."),
        (("empty.md", "--dry-run"), "empty.md: this file is empty", "that has text"),
        (("latin.md", "--out", "new"), "latin.md:1: this is not UTF-8", "Save the file"),
        ((".", "--dry-run"), ".: cannot be read", ""),
        (("spec.md",), "nothing says where", "--out DIR"),
        (("spec.md", "--out", "."), ".: this is there already and not empty", "new folder"),
        (("spec.md", "--out", "spec.md/new"), "spec.md/new: cannot be written", "Choose a folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_imported_is_told_with_a_remedy(
    exempla: Exempla, tmp_path: Path, arguments: tuple[str, ...], says: str, remedy: str
) -> None:
    (tmp_path / "spec.md").write_text(SPEC)
    (tmp_path / "empty.md").write_text("\n")
    (tmp_path / "latin.md").write_bytes(b"caf\xe9")
    before = sorted(tmp_path.rglob("*"))
    done = exempla("import", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert remedy in done.stderr
    assert sorted(tmp_path.rglob("*")) == before

"""`exempla verify` by whole commands: what it prints and its exit codes."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Exempla = Callable[..., subprocess.CompletedProcess[str]]
Rehearsal = Callable[..., list[str]]


def test_a_finished_run_is_verified_and_a_changed_one_is_not(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal
) -> None:
    assert exempla(*rehearsal("r", 40)).returncode == 0
    whole = exempla("verify", "runs/r")
    assert (whole.returncode, "are the same, byte for byte" in whole.stdout) == (0, True)

    documents = tmp_path / "runs/r/documents.jsonl"
    documents.write_bytes(documents.read_bytes().replace(b'"tokens":', b'"Tokens":', 1))
    changed = exempla("verify", "runs/r", "--quiet")
    assert (changed.returncode, changed.stderr) == (1, "")
    assert "differs from byte" in changed.stdout
    told = json.loads(exempla("verify", "runs/r", "--json").stdout)
    assert not told["same"]
    assert [file["line"] for file in told["files"] if file["found"] != "same"] == [1]


def test_what_cannot_be_made_again_is_wrong_input(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal
) -> None:
    nowhere = exempla("verify", "runs/r", "--json")
    assert nowhere.returncode == json.loads(nowhere.stdout)["exit"] == 2
    assert exempla(*rehearsal("r", 12), "--worker=1/3").returncode == 0
    part = exempla("verify", "runs/r")
    assert part.returncode == 2
    assert "is not finished" in part.stderr
    assert "Traceback" not in part.stderr

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson

Exempla = Callable[..., subprocess.CompletedProcess[str]]
Rehearsal = Callable[..., list[str]]
Files = Callable[[Path], dict[str, str]]

PARTS = 3
ITEMS = 240


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "exempla", *arguments]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> str:
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr.decode()
    return stdout.decode()


def lines_of(run: Path) -> list[tuple[int, str]]:
    return [
        (line["index"], line.get("stage", "outcome"))
        for path in (run / "journal").glob("*.jsonl")
        for line in map(orjson.loads, path.read_bytes().splitlines())
    ]


def test_processes_write_one_run_together_one_of_them_killed_and_started_again(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal, final_files: Files
) -> None:
    assert exempla(*rehearsal("r", ITEMS, 0.2)).returncode == 0
    alone = final_files(tmp_path / "runs/r")
    together = tmp_path / "together"
    together.mkdir()
    slow = [*rehearsal("r", ITEMS, 0.2), "--set=engine.in_flight=8"]
    workers = [start(together, *slow, "--worker", f"{k}/{PARTS}") for k in range(1, PARTS + 1)]
    journal = together / f"runs/r/journal/part-2-of-{PARTS}.jsonl"
    while not (journal.exists() and journal.stat().st_size):
        time.sleep(0.02)
    workers[1].kill()
    workers[1].communicate()
    kept = journal.read_bytes()
    workers[1] = start(together, *slow, "--worker", f"2/{PARTS}")
    for worker in workers:
        finish(worker)
    assert journal.read_bytes().startswith(kept[: kept.rfind(b"\n") + 1])
    made = final_files(together / "runs/r")
    assert {"documents.jsonl", "rejects.jsonl", "duplicates.jsonl"} < set(made)
    assert made | {"run.yaml": ""} == alone | {"run.yaml": ""}
    written = lines_of(together / "runs/r")
    assert len(set(written)) == len(written)


def test_any_worker_makes_the_files_once_every_part_is_done(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal, final_files: Files
) -> None:
    for part in range(PARTS, 0, -1):
        assert exempla(*rehearsal("r", ITEMS), "--worker", f"{part}/{PARTS}").returncode == 0
    run = tmp_path / "runs/r"
    made = final_files(run)
    for path in run.rglob("*"):
        if path.is_file() and "journal" not in path.parts and path.name != "run.yaml":
            path.unlink()
    later = exempla(*rehearsal("r", ITEMS), "--worker", f"2/{PARTS}", "--json")
    assert json.loads(later.stdout)["missing"] == 0
    assert final_files(run) == made


def test_status_names_the_parts_that_nobody_started(exempla: Exempla, rehearsal: Rehearsal) -> None:
    exempla(*rehearsal("r", ITEMS), "--worker", f"2/{PARTS}")
    told = json.loads(exempla("status", "runs/r", "--json").stdout)["parts"]
    assert [part["part"] for part in told if not part["started"]] == ["1/3", "3/3"]
    shown = exempla("status", "runs/r").stdout
    assert "nobody started it: exempla run --worker 1/3" in shown
    assert "nobody started it: exempla run --worker 2/3" not in shown
    assert "nobody started it: exempla run --worker 3/3" in shown

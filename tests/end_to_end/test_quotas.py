"""`plan.accepted` by whole commands: what is shown, and what kills do to it."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson

from constitution.collection import BUILT_IN, load_constitution

Exempla = Callable[..., subprocess.CompletedProcess[str]]
Files = Callable[[Path], dict[str, str]]

WANTED = 600
SPOILED = load_constitution(BUILT_IN).principles[2]
KILLS = 12


def quotas(accepted: int, delay: float = 0.0, variant: str = "quick") -> list[str]:
    """A run of which one principle's texts are spoiled 60% of the time, and others repeated."""
    faults = {"refused_on": {SPOILED.statement[:60]: 0.6}, "repeated": 0.1, "delay": delay}
    return [
        "--set=engine.name=scripted",
        f"--set=variant={variant}",
        "--set=plan.kinds={story: 1, exposition: 2}",
        f"--set=plan.accepted={accepted}",
        f"--set=engine.args={orjson.dumps(faults).decode()}",
    ]


def test_plan_run_and_status_tell_shares_and_what_is_short_of_them(exempla: Exempla) -> None:
    planned = json.loads(exempla("plan", *quotas(80), "--json").stdout)
    assert (planned["items"], planned["accepted"]) == (80, 80)
    assert 120 <= planned["written_at_most"] <= 140
    told = exempla("run", "--quiet", *quotas(80)).stdout
    assert "kept of 80 that were wanted" in told
    assert "Short of their share" in told
    again = json.loads(exempla("run", "--quiet", *quotas(80), "--json").stdout)
    assert again["accepted"] + again["rejected"] == again["planned"] <= planned["written_at_most"]
    short = [row for row in again["quotas"] if row["kept"] < row["share"]]
    assert SPOILED.id in {row["principle"] for row in short}
    assert all(row["rejected"] or row["duplicates"] for row in short)
    assert "Kept / share" in exempla("status", "runs/first").stdout


def test_items_and_accepted_together_are_refused_by_name(exempla: Exempla) -> None:
    refused = exempla("plan", "--set=plan.items=10", "--set=plan.accepted=10")
    assert refused.returncode == 2
    assert "plan.items and plan.accepted are both set" in refused.stderr


def test_a_run_with_quotas_that_is_killed_again_and_again_keeps_what_an_unbroken_one_keeps(
    tmp_path: Path, exempla: Exempla, final_files: Files
) -> None:
    command = ["run", "--quiet", *quotas(WANTED, 0.03), "--set=engine.in_flight=40"]
    told = exempla(*command, "--json")
    assert told.returncode == 0, told.stderr
    expected = final_files(tmp_path / "runs/first")
    cells = json.loads(told.stdout)["quotas"]
    assert sum(row["share"] for row in cells) == WANTED
    for row in cells:
        assert row["kept"] == row["share"] or (
            row["written"] == -(-row["share"] * 3 // 2) and (row["rejected"] or row["duplicates"])
        )
    chance = random.Random()
    kills = turns = 0
    while kills < KILLS:
        turns += 1
        home = tmp_path / f"turn-{turns}"
        home.mkdir()
        while True:
            process = subprocess.Popen(
                [sys.executable, "-m", "exempla", *command],
                cwd=home,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            try:
                process.wait(chance.uniform(1.0, 5.0) if kills < KILLS else 300)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
            message = process.communicate(timeout=300)[1].decode()
            if process.returncode != -signal.SIGKILL:
                assert process.returncode == 0, message
                break
        assert final_files(home / "runs/first") == expected


def test_workers_with_quotas_keep_together_what_one_keeps(
    tmp_path: Path, exempla: Exempla, final_files: Files
) -> None:
    # All stages, so that ideas wait for those before them in their chains.
    command = ["run", "--quiet", *quotas(WANTED, 0.01, "full")]
    assert exempla(*command).returncode == 0
    alone = final_files(tmp_path / "runs/first")
    together = tmp_path / "together"
    together.mkdir()
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "exempla", *command, f"--worker={number}/3"],
            cwd=together,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for number in (1, 2, 3)
    ]
    ended = [(worker.communicate(timeout=300)[1], worker.returncode) for worker in workers]
    assert [code for _, code in ended] == [0, 0, 0], ended
    assert final_files(together / "runs/first") | {"run.yaml": ""} == alone | {"run.yaml": ""}

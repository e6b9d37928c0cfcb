import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

KILLS = 30

Rehearsal = Callable[..., list[str]]
Files = Callable[[Path], dict[str, str]]


def start(folder: Path, arguments: list[str], **more: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "exempla", *arguments]
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more
    )


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    _, stderr = process.communicate(timeout=300)
    return process.returncode, stderr.decode()


def assert_nothing_was_written_twice(run: Path) -> None:
    lines = [
        orjson.loads(line)
        for path in (run / "journal").glob("*.jsonl")
        for line in path.read_bytes().splitlines()
    ]
    keys = [(line["index"], line.get("stage", "outcome")) for line in lines]
    assert len(set(keys)) == len(keys)


def test_a_run_killed_again_and_again_ends_as_an_unbroken_one(
    tmp_path: Path, rehearsal: Rehearsal, final_files: Files
) -> None:
    draw = random.Random()
    items, delay = 1500, 0.02
    assert finish(start(tmp_path, rehearsal("unbroken", items, delay)))[0] == 0
    expected = final_files(tmp_path / "runs" / "unbroken")
    assert {"documents.jsonl", "rejects.jsonl", "duplicates.jsonl"} < set(expected)
    assert all((tmp_path / "runs/unbroken" / name).stat().st_size for name in expected)
    kills, rounds = 0, 0
    while kills < KILLS:
        rounds += 1
        # The same run name in another folder, so that every byte can be compared.
        home = tmp_path / f"round-{rounds}"
        home.mkdir()
        for _ in range(200):
            process = start(home, rehearsal("unbroken", items, delay))
            try:
                process.wait(draw.uniform(0.2, 5.0) if kills < KILLS else 300)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
            code, message = finish(process)
            if code != -signal.SIGKILL:
                assert code == 0, message
                break
        assert final_files(home / "runs" / "unbroken") == expected
        assert_nothing_was_written_twice(home / "runs" / "unbroken")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_with_a_code_that_says_run_me_again(
    tmp_path: Path, rehearsal: Rehearsal, stop: signal.Signals
) -> None:
    process = start(tmp_path, rehearsal("r", 400, 0.4))
    journal = tmp_path / "runs/r/journal/part-1-of-1.jsonl"
    while not (journal.exists() and journal.stat().st_size):
        time.sleep(0.02)
    process.send_signal(stop)
    code, message = finish(process)
    assert code == 75
    assert "Run the same command again" in message
    assert "Traceback" not in message
    kept = journal.read_bytes()
    assert finish(start(tmp_path, rehearsal("r", 400, 0.4)))[0] == 0
    assert journal.read_bytes().startswith(kept)
    assert_nothing_was_written_twice(tmp_path / "runs/r")


def test_a_full_disk_ends_the_run_in_one_clear_line_and_loses_nothing(
    tmp_path: Path, rehearsal: Rehearsal, final_files: Files
) -> None:
    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    assert finish(start(tmp_path, rehearsal("r", 300)))[0] == 0
    expected = final_files(tmp_path / "runs/r")
    home = tmp_path / "full"
    home.mkdir()
    code, message = finish(start(home, rehearsal("r", 300), preexec_fn=small_disk))
    assert code == 1
    assert "cannot be written" in message
    assert "Traceback" not in message
    assert finish(start(home, rehearsal("r", 300)))[0] == 0
    assert final_files(home / "runs/r") == expected

"""`exempla run --ray` on a real Ray that is started for the run alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import orjson
import pytest

Exempla = Callable[..., subprocess.CompletedProcess[str]]
Rehearsal = Callable[..., list[str]]
Files = Callable[[Path], dict[str, str]]

ACTORS = 3
ITEMS = 240
ON_RAY = (f"--set=ray.actors={ACTORS}", "--set=ray.cpus=0.1", "--set=engine.in_flight=8")


@pytest.fixture
def ray_folder() -> Iterator[Path]:
    """Where Ray keeps its files; whatever process still belongs to it is ended afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="ray"))  # short, for the names of its sockets
    yield folder
    left = processes_of(folder)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, "processes were left behind"


def processes_of(ray_folder: Path) -> list[int]:
    """The processes that were started with this folder; waits a while for them to end."""
    mark = f"RAY_TMPDIR={ray_folder}".encode()
    found: list[int] = []
    for _ in range(100):
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in environment.read_bytes().split(b"\0"):
                    found.append(int(environment.parent.name))
        if not found:
            break
        time.sleep(0.1)
    return found


def start(folder: Path, ray_folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "exempla", *arguments],
        cwd=folder,
        env={**os.environ, "RAY_TMPDIR": str(ray_folder), "RAY_ADDRESS": "local"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    stdout, stderr = process.communicate(timeout=300)
    return process.returncode, stdout, stderr


def writer_of(journal: Path) -> int:
    """The process that has a journal open, once it has written there."""
    while not (journal.exists() and journal.stat().st_size):
        time.sleep(0.05)
    for open_file in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if open_file.readlink() == journal:
                return int(open_file.parts[2])
    raise AssertionError(f"nobody writes {journal}")


def assert_nothing_was_written_twice(run: Path) -> None:
    lines = [
        (line["index"], line.get("stage", "outcome"))
        for path in (run / "journal").glob("*.jsonl")
        for line in map(orjson.loads, path.read_bytes().splitlines())
    ]
    assert len(set(lines)) == len(lines)


def test_a_killed_actor_is_replaced_and_the_run_ends_as_one_process_would_have_it(
    tmp_path: Path, ray_folder: Path, exempla: Exempla, rehearsal: Rehearsal, final_files: Files
) -> None:
    assert exempla(*rehearsal("r", ITEMS, 0.5)).returncode == 0
    alone = final_files(tmp_path / "runs/r")
    many = tmp_path / "many"
    many.mkdir()
    command = (*rehearsal("r", ITEMS, 0.5), *ON_RAY, "--ray", "local", "--json")
    process = start(many, ray_folder, *command)
    journal = many / f"runs/r/journal/part-2-of-{ACTORS}.jsonl"
    os.kill(writer_of(journal), signal.SIGKILL)
    kept = journal.read_bytes()
    code, stdout, stderr = end(process)
    assert (code, stderr) == (0, "")
    told = json.loads(stdout)
    assert told["accepted"] + told["rejected"] == told["planned"] == ITEMS
    assert told["use"]["tokens"] > 0
    made = final_files(many / "runs/r")
    assert {"documents.jsonl", "rejects.jsonl", "duplicates.jsonl"} < set(made)
    assert made | {"run.yaml": ""} == alone | {"run.yaml": ""}
    assert journal.read_bytes().startswith(kept[: kept.rfind(b"\n") + 1])
    assert_nothing_was_written_twice(many / "runs/r")


def test_a_run_that_was_stopped_goes_on_with_its_parts_by_fewer_actors(
    tmp_path: Path, ray_folder: Path, rehearsal: Rehearsal
) -> None:
    command = [arg for arg in rehearsal("r", ITEMS, 0.5) if arg != "--quiet"]
    process = start(tmp_path, ray_folder, *command, *ON_RAY, "--ray")
    journal = tmp_path / "runs/r/journal/part-1-of-3.jsonl"
    writer_of(journal)
    process.send_signal(signal.SIGTERM)
    code, stdout, stderr = end(process)
    assert (code, stdout) == (75, "")
    assert "Run the same command again" in stderr
    assert "Traceback" not in stderr
    assert "ray" not in stderr.lower()
    kept = journal.read_bytes()
    fewer = ("--set=ray.actors=2", "--ray", "--limit=200")
    code, stdout, stderr = end(start(tmp_path, ray_folder, *command, *ON_RAY, *fewer))
    assert code == 0, stderr
    assert "200 planned" in stdout
    assert "making the files: 200 of 200 items" in stderr
    assert journal.read_bytes().startswith(kept)
    assert_nothing_was_written_twice(tmp_path / "runs/r")


def test_rounds_are_written_by_actors_as_by_one_process_and_not_by_fewer_than_parts(
    tmp_path: Path, ray_folder: Path, exempla: Exempla, final_files: Files
) -> None:
    command = [
        "run",
        "--quiet",
        "--set=engine.name=scripted",
        "--set=engine.args={refused: 0.2, repeated: 0.1, delay: 0.05}",
        "--set=variant=quick",
        "--set=plan.accepted=120",
    ]
    assert exempla(*command).returncode == 0
    alone = final_files(tmp_path / "runs/first")
    many = tmp_path / "many"
    many.mkdir()
    code, stdout, stderr = end(start(many, ray_folder, *command, *ON_RAY, "--ray", "--json"))
    assert (code, stderr) == (0, "")
    assert json.loads(stdout)["planned"] > 120
    run = many / "runs/first"
    assert final_files(run) | {"run.yaml": ""} == alone | {"run.yaml": ""}
    journal = run / f"journal/part-1-of-{ACTORS}.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]))
    fewer = (*command, *ON_RAY, "--set=ray.actors=2", "--ray")
    code, _, stderr = end(start(many, ray_folder, *fewer))
    assert code == 2
    assert "the parts of a round must be written side by side" in stderr
    assert end(start(many, ray_folder, *command, *ON_RAY, "--ray"))[0] == 0
    assert final_files(run) | {"run.yaml": ""} == alone | {"run.yaml": ""}


def test_an_actors_error_is_told_as_without_ray(tmp_path: Path, ray_folder: Path) -> None:
    (tmp_path / "exempla.yaml").write_text("engine:\n  model: ./nowhere\n  name: transformers\n")
    told = [
        end(start(tmp_path, ray_folder, "run", "--quiet", *ray))
        for ray in ((), ("--ray", "--set=ray.actors=2", "--set=ray.cpus=0.1"))
    ]
    assert told[0] == told[1]
    code, _, stderr = told[0]
    assert code == 2
    assert "exempla.yaml:2: no such model folder" in stderr
    assert not list((tmp_path / "runs").glob("*"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--ray", "--worker", "1/2"), "'--ray' and '--worker' cannot be given together"),
        (("--ray", "127.0.0.1:9"), "the Ray cluster at '127.0.0.1:9': Connection refused"),
        (("--ray=127.0.0.1:9", "--quiet"), "the Ray cluster at '127.0.0.1:9': Connection refused"),
        (("--quiet", "--ray"), "the Ray cluster at '127.0.0.1:7': Connection refused"),
        (("--ray", "--quiet"), "the Ray cluster at '127.0.0.1:7': Connection refused"),
        (("--ray", "ray://127.0.0.1:9"), "cannot use the Ray cluster at 'ray://127.0.0.1:9'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_address_may_be_given_and_one_that_nobody_answers_is_refused(
    tmp_path: Path,
    exempla: Exempla,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    says: str,
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:7")
    done = exempla("run", "--set=engine.name=scripted", "--set=plan.items=4", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


def test_without_the_package_the_command_says_how_to_get_it(tmp_path: Path) -> None:
    command = "import sys; sys.modules['ray'] = None; from exempla.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "run", "--ray"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'exempla[ray]'" in done.stderr
    assert "Traceback" not in done.stderr

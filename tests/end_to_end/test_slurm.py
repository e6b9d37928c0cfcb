"""The scripts of examples/slurm under a bash that takes the place of Slurm's."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "slurm"
SETTINGS = """\
name: harbour
plan: {items: 160}
engine: {name: scripted, in_flight: 8, args: {delay: 0.3}}
"""
JOB = {"SLURM_ARRAY_JOB_ID": "41", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_JOB_ID": "43"}

Files = Callable[[Path], dict[str, str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an environment, beside stand-ins for what the scripts ask of Slurm."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    write_command(bin_ / "scontrol", f'echo "$@" >> {tmp_path}/asked')
    write_command(bin_ / "srun", 'exec "$@"')
    home = tmp_path / "my-mix"
    (home / ".venv" / "bin").mkdir(parents=True)
    activate = f'PATH="{bin_}:{Path(sys.executable).parent}:$PATH"\n'
    (home / ".venv" / "bin" / "activate").write_text(activate)
    (home / "exempla.yaml").write_text(SETTINGS)
    return home


def write_command(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def start(home: Path, script: str, task: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["bash", str(EXAMPLES / script)],  # noqa: S607
        cwd=home,
        env={**os.environ, **JOB, "SLURM_ARRAY_TASK_ID": str(task)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def preempt(process: subprocess.Popen[str]) -> None:
    """Tell the script and what it has started, as Slurm does."""
    os.killpg(process.pid, signal.SIGTERM)


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    stdout, stderr = process.communicate(timeout=120)
    return process.returncode, stdout + stderr


def asked(home: Path) -> list[str]:
    """What scontrol was asked for."""
    file = home.parent / "asked"
    return file.read_text().splitlines() if file.exists() else []


def test_a_worker_that_is_preempted_is_queued_again_once_and_goes_on(
    project: Path, final_files: Files
) -> None:
    code, said = end(start(project, "array.sbatch", 1))
    assert (code, asked(project)) == (0, []), said
    journal = project / "runs/harbour/journal/part-2-of-2.jsonl"
    worker = start(project, "array.sbatch", 2)
    while not (journal.exists() and journal.stat().st_size):
        time.sleep(0.02)
    preempt(worker)
    code, said = end(worker)
    assert code == 75
    assert "Run the same command again" in said
    assert asked(project) == ["requeue 41_2"]
    kept = journal.read_bytes()
    code, said = end(start(project, "array.sbatch", 2))
    assert (code, asked(project)) == (0, ["requeue 41_2"]), said
    assert journal.read_bytes().startswith(kept)
    assert "documents.jsonl" in final_files(project / "runs/harbour")
    lines = [orjson.loads(line) for line in journal.read_bytes().splitlines()]
    keys = [(line["index"], line.get("stage", "outcome")) for line in lines]
    assert len(set(keys)) == len(keys)


def test_a_worker_that_fails_is_not_queued_again(project: Path) -> None:
    (project / "exempla.yaml").write_text("plan: {itmes: 3}\n")
    code, said = end(start(project, "array.sbatch", 1))
    assert (code, asked(project)) == (2, [])
    assert "unknown key 'itmes'" in said


@pytest.mark.parametrize(
    ("script", "job"), [("array.sbatch", "41_1"), ("node.sbatch", "43")], ids=["array", "node"]
)
def test_a_job_that_is_stopped_before_it_has_begun_is_queued_again(
    project: Path, script: str, job: str
) -> None:
    write_command(project.parent / "bin" / "exempla", "touch up\nexec sleep 60")
    process = start(project, script, 1)
    while not (project / "up").exists():
        time.sleep(0.02)
    time.sleep(0.2)
    preempt(process)
    code, _ = end(process)
    assert code == 128 + signal.SIGTERM
    assert asked(project) == [f"requeue {job}"]

"""`exempla mix` by whole commands: where it fails it says why, and what was there stays whole."""

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

RECORDS = 12_000
KILLS = 8
RECIPE = """\
name: mine
sources: [{files: [mine.jsonl], kind: note}]
documents: 9000
validation: 0.1
shard_size: 2000
seed: 7
"""


def exempla(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "exempla", *arguments],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of nothing but a file of records, a recipe and its mix."""
    home = tmp_path_factory.mktemp("made")
    draw = random.Random(7)
    with (home / "mine.jsonl").open("wb") as file:
        for number in range(RECORDS):
            text = " ".join(draw.choices(["rain", "tide", "gate", "lamp", "keel"], k=60))
            file.write(orjson.dumps({"id": f"r{number}", "text": text}) + b"\n")
    (home / "mine.yaml").write_text(RECIPE)
    done = exempla(home, "mix", "mine.yaml", "--quiet", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["splits"]["train"]["documents"] == 9000
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "home")


def assert_nothing_changed(home: Path, made: Path) -> None:
    assert contents(home / "runs") == contents(made / "runs")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def test_a_mix_is_checked_against_its_manifest(home: Path) -> None:
    folder = home / "runs/mixes/mine"
    whole = exempla(home, "mix", "--check", str(folder))
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "byte for byte and row for row" in whole.stdout
    next(folder.glob("train-*")).unlink()
    broken = exempla(home, "mix", "--check", str(folder), "--json")
    assert broken.returncode == 1
    (fault,) = json.loads(broken.stdout)["faults"]
    assert fault["what"] == "is missing"
    nothing = exempla(home, "mix", "--check", "runs")
    assert (nothing.returncode, "Traceback" in nothing.stderr) == (2, False)
    assert exempla(home, "mix").returncode == 2


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("mine.yaml", "kind: note", "kind: note, field: texts", "no field 'texts'"),
        ("mine.yaml", "documents: 9000", "documents: 90000", "79,200 missing"),
        ("mine.yaml", "documents: 9000", "documents: nine", "documents"),
        ("mine.jsonl", '{"id":"r9",', '{"id" "r9",', "mine.jsonl:10"),
        ("mine.jsonl", '{"id":"r9",', '{"id":"r8",', "mine.jsonl:10"),
    ],
)
def test_what_cannot_be_made_is_said_with_its_place_and_leaves_the_mix_that_is_there(
    home: Path, made: Path, file: str, old: str, new: str, says: str
) -> None:
    change(home / file, old, new)
    refused = exempla(home, "mix", "mine.yaml", "--quiet")
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr
    assert_nothing_changed(home, made)


def started(home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "exempla", "mix", "mine.yaml", "--quiet"]
    return subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_a_mix_that_is_killed_again_and_again_is_the_old_one_or_the_new_one(
    home: Path, made: Path, tmp_path: Path
) -> None:
    old = contents(made / "runs/mixes/mine")
    other = shutil.copytree(home, tmp_path / "other")
    change(other / "mine.yaml", "seed: 7", "seed: 8")
    assert exempla(other, "mix", "mine.yaml", "--quiet").returncode == 0
    new = contents(other / "runs/mixes/mine")
    assert new != old
    change(home / "mine.yaml", "seed: 7", "seed: 8")
    chance = random.Random(7)
    for _ in range(KILLS):
        process = started(home)
        while not (home / "runs/mixes/.mine.part").exists() and process.poll() is None:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.4))
        process.kill()
        process.communicate(timeout=300)
        # Between two renames the old one is beside its place.
        found = contents(home / "runs/mixes/mine") or contents(home / "runs/mixes/.mine.before")
        assert found in (old, new)
    assert exempla(home, "mix", "mine.yaml", "--quiet").returncode == 0
    assert contents(home / "runs") == contents(other / "runs")

"""`exempla dedup` as it is used: files in, files out, and what may go wrong in between."""

import gzip
import json
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

Exempla = Callable[..., subprocess.CompletedProcess[str]]

WORDS = [f"word{number}" for number in range(3000)]


def records(count: int, words: int = 80) -> list[dict[str, Any]]:
    """Records of which every third is an edit of the one before."""
    draw = random.Random(1)
    made: list[dict[str, Any]] = []
    for number in range(count):
        text = draw.choices(WORDS, k=words)
        if number % 3 == 2:
            text = made[-1]["text"].split()
            text[draw.randrange(words)] = "changed"
        score = {"verdict": {"score": draw.randrange(50) / 10}}
        made.append({"id": f"d{number}", "text": " ".join(text), **score, "n": 1.50})
    return made


def jsonl(rows: Sequence[dict[str, Any]]) -> bytes:
    # The blanks are not those of any library here: they must come through.
    return b"".join(json.dumps(row, separators=(" , ", ":  ")).encode() + b"\n" for row in rows)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    file = tmp_path / "corpus.jsonl"
    file.write_bytes(jsonl(records(90)))
    return file


def succeeded(ran: subprocess.CompletedProcess[str]) -> str:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def refused(ran: subprocess.CompletedProcess[str], *says: str) -> None:
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    for text in says:
        assert text in " ".join(ran.stderr.split())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_kept_lines_are_those_of_the_input_byte_for_byte_and_the_others_are_accounted_for(
    exempla: Exempla, corpus: Path, tmp_path: Path
) -> None:
    ran = exempla("dedup", "corpus.jsonl", "--out=out.jsonl", "--duplicates=gone.jsonl", "--json")
    told = orjson.loads(succeeded(ran))
    lines = corpus.read_bytes().splitlines()
    kept = (tmp_path / "out.jsonl").read_bytes().splitlines()
    gone = [orjson.loads(line) for line in (tmp_path / "gone.jsonl").read_bytes().splitlines()]
    assert (told["documents"], told["kept"]) == (90, 60)
    assert [line for line in lines if line in kept] == kept
    assert sum(band["removed"] for band in told["near"]) == len(gone) == 30
    for one in gone:
        removed, stays = one["removed"], one["kept"]
        assert lines[removed["line"] - 1] not in kept
        assert lines[stays["line"] - 1] in kept
        assert orjson.loads(lines[stays["line"] - 1])["id"] == stays["id"]
        assert 0.7 <= one["similarity"] < 1
    assert names(tmp_path) == ["corpus.jsonl", "gone.jsonl", "out.jsonl"]
    again = orjson.loads(succeeded(exempla("dedup", "out.jsonl", "--out=again.jsonl", "--json")))
    assert again["kept"] == 60
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "out.jsonl").read_bytes()


def test_the_same_lines_stay_however_they_are_packed(
    exempla: Exempla, corpus: Path, tmp_path: Path
) -> None:
    rows, data = records(90), tmp_path / "data" / "deep"
    data.mkdir(parents=True)
    (data / "1.jsonl.gz").write_bytes(gzip.compress(jsonl(rows[:30])))
    (data / "2.jsonl.zst").write_bytes(zstandard.compress(jsonl(rows[30:60])))
    (data / "3.jsonl").write_bytes(jsonl(rows[60:]))
    succeeded(exempla("dedup", "corpus.jsonl", "--out=plain.jsonl", "--quiet"))
    expected = (tmp_path / "plain.jsonl").read_bytes()
    succeeded(exempla("dedup", "data", "--out=out.jsonl.gz", "--quiet"))
    assert gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()) == expected
    command = [sys.executable, "-m", "exempla", "dedup", "-", "--out=out.jsonl.zst"]
    packed = zstandard.compress(corpus.read_bytes())
    subprocess.run(command, cwd=tmp_path, input=packed, capture_output=True, check=True)
    unpacked = zstandard.ZstdDecompressor().stream_reader((tmp_path / "out.jsonl.zst").read_bytes())
    assert unpacked.read() == expected


def test_a_dry_run_shows_clusters_with_their_texts_and_writes_nothing(
    exempla: Exempla, corpus: Path, tmp_path: Path
) -> None:
    rows = records(90)
    corpus.write_bytes(jsonl([*rows, *([rows[0]] * 5), {"text": "…"}]))
    shown = succeeded(exempla("dedup", "corpus.jsonl", "--dry-run"))
    told = orjson.loads(succeeded(exempla("dedup", "corpus.jsonl", "--dry-run", "--json")))
    assert names(tmp_path) == ["corpus.jsonl"]
    assert (told["documents"], told["exact"], told["empty"]) == (96, 5, 1)
    assert told["clusters"] == 31
    largest = told["largest"]
    assert len(largest) == 10
    assert (largest[0]["documents"], largest[0]["kept"]) == (6, 1)
    assert all(member["start"].startswith(rows[0]["text"][:40]) for member in largest[0]["members"])
    assert "6, 1 kept" in shown
    assert rows[0]["text"][:20] in shown


@pytest.mark.parametrize(
    ("room", "phase"),
    [(100_000, ""), (300_000, "sorting"), (500_000, "writing")],
    ids=["columns", "shingles", "output"],
)
def test_a_full_disk_leaves_what_was_there(
    corpus: Path, tmp_path: Path, room: int, phase: str
) -> None:
    corpus.write_bytes(jsonl(records(300, words=400)))
    (tmp_path / "out.jsonl").write_bytes(b"good\n")
    ran = subprocess.run(
        [sys.executable, "-m", "exempla", "dedup", "corpus.jsonl", "--out=out.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    assert ran.returncode == 1
    *shown, error, _ = ran.stderr.splitlines()
    assert "out.jsonl: cannot be written: File too large" in error
    assert (shown[-1] if shown else "").startswith(phase)
    assert (tmp_path / "out.jsonl").read_bytes() == b"good\n"
    assert names(tmp_path) == ["corpus.jsonl", "out.jsonl"]


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_killed_half_way_it_leaves_what_was_there_and_can_be_run_again(
    exempla: Exempla, tmp_path: Path, told: signal.Signals
) -> None:
    (tmp_path / "out.jsonl").write_bytes(b"good\n")
    command = [sys.executable, "-m", "exempla", "dedup", "-", "--out=out.jsonl"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(jsonl(records(30)))
        process.stdin.flush()
        scratch = tmp_path / ".out.jsonl.scratch"
        for _ in range(600):
            if (scratch / "standard-input").exists():
                break
            time.sleep(0.1)
        busy = exempla("dedup", "-", "--out=out.jsonl")
        refused(busy, "another process is making this file")
        process.send_signal(told)
        assert process.wait(60) == (-9 if told == signal.SIGKILL else 75)
    assert (tmp_path / "out.jsonl").read_bytes() == b"good\n"
    assert scratch.exists() == (told == signal.SIGKILL)
    (tmp_path / "a.jsonl").write_bytes(jsonl(records(30)))
    succeeded(exempla("dedup", "a.jsonl", "--out=out.jsonl"))
    assert len((tmp_path / "out.jsonl").read_bytes().splitlines()) == 20
    assert not scratch.exists()


def test_a_signal_is_answered_while_texts_are_compared(tmp_path: Path) -> None:
    """Texts that are alike and not near: all of them are compared, which takes minutes."""
    draw = random.Random(1)
    text = draw.choices(WORDS, k=300)
    with (tmp_path / "alike.jsonl").open("wb") as file:
        for number in range(40_000):
            places = draw.sample(range(300), 16)
            edits = {place: f"edit{number}-{place}" for place in places}
            edited = [edits.get(place, word) for place, word in enumerate(text)]
            file.write(jsonl([{"text": " ".join(edited)}]))
    command = [sys.executable, "-m", "exempla", "dedup", "alike.jsonl", "--out=out.jsonl"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("making shingles" in line for line in process.stderr)
        time.sleep(15)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 75
    assert names(tmp_path) == ["alike.jsonl"]


def test_processes_of_a_ray_cluster_keep_the_same_documents(
    exempla: Exempla, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, rows = tmp_path / "data", records(600)
    data.mkdir()
    for part in range(6):
        packed = zstandard.compress(jsonl(rows[part * 100 : part * 100 + 100]))
        (data / f"{part}.jsonl.zst").write_bytes(packed)
    succeeded(exempla("dedup", "data", "--out=here.jsonl", "--duplicates=here"))
    ran = exempla("dedup", "--ray", "local", "data", "--out=ray.jsonl", "--duplicates=there")
    succeeded(ran)
    assert (tmp_path / "ray.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()
    assert (tmp_path / "there").read_bytes() == (tmp_path / "here").read_bytes()
    (data / "3.jsonl.zst").write_bytes(zstandard.compress(b'{"text": "torn'))
    refused(exempla("dedup", "--ray=local", "data", "--out=ray.jsonl"), "3.jsonl.zst:1")

"""Mixes of finished runs and other files, by the command."""

import gzip
import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from exempla.jsonl import read_records, write_records
from output.manifest import read_manifest

ENGINE = "--set=engine={name: scripted, model: null, args: {repeated: 0.2}}"


def exempla(home: Path, *arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "exempla", *arguments]
    return subprocess.run(
        command, cwd=home, capture_output=True, text=True, timeout=300, check=False, **how
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two finished runs, of which the second took over half of the first."""
    place = tmp_path_factory.mktemp("project")
    first = exempla(place, "run", "--quiet", ENGINE, "--set=name=first", "--set=plan.items=60")
    assert first.returncode == 0, first.stderr
    second = exempla(
        place,
        *("run", "--quiet", ENGINE, "--set=name=second", "--set=plan.items=90"),
        *("--reuse", "runs/first"),
    )
    assert second.returncode == 0, second.stderr
    return place


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def everything(home: Path) -> set[Path]:
    return set(home.rglob("*"))


def recipe(home: Path, text: str) -> str:
    path = home / "recipe.yaml"
    path.write_text(f"name: mine\nseed: 3\n{text}\n")
    return "recipe.yaml"


def rows_in(folder: Path, split: str) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob(f"{split}-*")) for row in read_records(path)]


def test_a_mix_of_a_finished_run_is_byte_for_byte_the_one_that_the_run_made(home: Path) -> None:
    for name in ("documents", "chat"):
        made = exempla(home, "mix", name, "--quiet", "--out", f"again/{name}")
        assert made.returncode == 0, made.stderr
        assert contents(home / "again" / name) == contents(home / "runs/first/mixes" / name)


def test_a_dry_run_shows_the_parts_and_writes_nothing(home: Path) -> None:
    path = recipe(home, "documents: 10\nshares: {story: 1, exposition: 1}")
    before = everything(home)
    shown = exempla(home, "mix", path, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "parts of what is trained on, in documents" in shown.stdout
    told = json.loads(exempla(home, "mix", path, "--dry-run", "--json", "--quiet").stdout)
    assert [(part["kind"], part["wanted"], part["missing"]) for part in told["parts"]] == [
        ("exposition", 5, 0),
        ("story", 5, 0),
    ]
    assert told["splits"]["train"]["documents"] == 10
    assert everything(home) == before


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_recipe_that_cannot_be_met_is_told_with_its_line_and_all_that_is_short(
    home: Path, more: tuple[str, ...]
) -> None:
    path = recipe(home, "documents: 1000\nshares:\n  story: 1\n  work: 1")
    before = everything(home)
    told = exempla(home, "mix", path, "--quiet", *more)
    assert told.returncode == 2
    assert "recipe.yaml:5: 'story': 500 documents wanted" in told.stderr
    assert "recipe.yaml:6: 'work': 500 documents wanted" in told.stderr
    assert "set 'documents' to at most" in told.stderr
    assert ("500" in told.stdout) == bool(more)
    assert everything(home) == before


def test_what_is_short_is_told_to_scripts_in_one_value(home: Path) -> None:
    path = recipe(home, "documents: 1000\nshares:\n  story: 1\n  work: 1")
    told = exempla(home, "mix", path, "--quiet", "--dry-run", "--json")
    assert (told.returncode, told.stderr) == (2, "")
    found = json.loads(told.stdout)
    assert [problem["line"] for problem in found["problems"][:2]] == [5, 6]
    assert [part["wanted"] for part in found["parts"]] == [500, 500]
    assert found["splits"] == {}


def test_a_mix_of_two_runs_and_a_packed_file_keeps_families_together(home: Path) -> None:
    lines = b"".join(
        json.dumps({"body": f"Notice {n} of the port.", "tokens": 5, "pier": n % 7}).encode()
        + b"\n"
        for n in range(70)
    )
    (home / "notices.jsonl.gz").write_bytes(gzip.compress(lines))
    path = recipe(
        home,
        """
sources:
  - run: runs/first
  - run: runs/second
  - {files: ['notices*.gz'], field: body, kind: notice, group: pier}
validation: 0.2
encoding: jsonl.zst
""",
    )
    made = exempla(home, "mix", path, "--json", "--quiet")
    assert made.returncode == 0, made.stderr
    folder = home / "runs/mixes/mine"
    assert json.loads(made.stdout)["mix"] == "runs/mixes/mine"
    manifest = read_manifest(folder)
    assert [source.name for source in manifest.sources] == ["first", "second", "notices*.gz"]
    assert manifest.left_out.repeated > 10
    plain = recipe(home, (home / path).read_text().split("\n", 2)[2].replace(".zst", ""))
    assert exempla(home, "mix", plain, "--quiet", "--out", "plain").returncode == 0
    sides = {split: rows_in(home / "plain", split) for split in ("train", "validation")}
    assert {split: len(rows) for split, rows in sides.items()} == {
        split: part.documents for split, part in manifest.splits.items()
    }
    clusters = {
        row["id"]: row["cluster"]
        for run in ("first", "second")
        for row in read_records(home / f"runs/{run}/clusters.jsonl")
    }
    assert clusters

    def families(split: str) -> set[str]:
        rows = sides[split]
        piers = [row["text"].split()[1] for row in rows if row["kind"] == "notice"]
        return {
            *(f"id {row['id']}" for row in rows),
            *(f"seed {row['seed']}" for row in rows if row["seed"]),
            *(f"cluster {clusters[row['id']]}" for row in rows if row["id"] in clusters),
            *(f"pier {int(number) % 7}" for number in piers),
        }

    assert not families("train") & families("validation")


def test_texts_are_answers_to_the_user_turn_of_their_kind_where_a_chat_mix_converts_them(
    home: Path,
) -> None:
    path = recipe(home, 'format: messages\nconvert: true\nprefix: "<{kind}>"\nvalidation: 0')
    assert exempla(home, "mix", path, "--quiet", "--out", "turned").returncode == 0
    assert sorted(read_manifest(home / "turned").user_turns) == ["exposition", "story", "work"]
    rows = rows_in(home / "turned", "train")
    documents = {row["id"]: row for row in read_records(home / "runs/first/documents.jsonl")}
    assert {row["kind"] for row in rows} == {"advice", "exposition", "story", "work"}
    for row in rows:
        document = documents[row["id"]]
        assert row["prefix"] == f"<{row['kind']}>"
        if row["kind"] == "advice":
            assert row["messages"] == document["messages"]
        else:
            asked, told = row["messages"]
            assert document["title"] in asked["content"]
            assert told == {"role": "assistant", "content": document["text"]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tokns: 5", "recipe.yaml:3: unknown key 'tokns'"),
        (
            "sources:\n  - {files: [none/*.jsonl], kind: a}",
            "recipe.yaml:4: there is no file 'none/*",
        ),
        ("sources:\n  - run: runs/third", "runs/third: there is no run in this folder"),
        (
            "sources:\n  - where:\n      kinds: {equals: story}",
            "recipe.yaml:5: no record of 'first'",
        ),
        ("shares: {storys: 1}", "recipe.yaml:3: there is no document of 'storys'"),
        ("tokenizer: ./nowhere\ntokens: 9", "recipe.yaml:3: there is no tokenizer './nowhere'"),
    ],
)
def test_a_mistake_in_a_recipe_is_told_with_its_place(home: Path, text: str, says: str) -> None:
    before = everything(home)
    told = exempla(home, "mix", recipe(home, text), "--quiet")
    assert told.returncode == 2
    assert says in told.stderr
    assert "Traceback" not in told.stderr
    assert everything(home) == before


def test_a_folder_that_holds_something_else_is_left_alone(home: Path) -> None:
    (home / "letters").mkdir()
    (home / "letters" / "one.txt").write_text("Dear all,")
    told = exempla(home, "mix", "documents", "--quiet", "--out", "letters")
    assert told.returncode == 2
    assert "letters: this is there already and is no mix" in told.stderr
    assert contents(home / "letters") == {"one.txt": b"Dear all,"}


def test_a_full_disk_leaves_the_mix_that_was_there(home: Path) -> None:
    path = recipe(home, "documents: 20")
    assert exempla(home, "mix", path, "--quiet", "--out", "full").returncode == 0
    before = contents(home / "full")

    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    path = recipe(home, "documents: 35")
    told = exempla(home, "mix", path, "--quiet", "--out", "full", preexec_fn=small_files)
    assert told.returncode == 1
    assert "cannot be written" in told.stderr
    assert "Free some space" in told.stderr
    assert contents(home / "full") == before
    assert not list(home.glob(".full*"))


def test_a_run_whose_recipe_cannot_be_met_says_so_and_makes_its_other_mixes(home: Path) -> None:
    path = recipe(home, "documents: 1000")
    (home / "other.yaml").write_text("name: other\nseed: 3\n")
    told = exempla(
        home,
        *("run", "--quiet", ENGINE, "--set=name=first", "--set=plan.items=60"),
        f"--set=mixes=[{path}, other.yaml]",
    )
    assert told.returncode == 2
    assert "recipe.yaml:3: documents: 1,000 documents wanted" in told.stderr
    assert read_manifest(home / "runs/first/mixes/other").recipe.name == "other"
    assert not (home / "runs/first/mixes/mine").exists()


def test_a_mix_that_is_told_to_stop_leaves_the_one_that_was_there_and_no_trace(
    home: Path,
) -> None:
    lines = ({"text": f"Day {n} on the quay. " * 20} for n in range(20_000))
    write_records(home / "web.jsonl", lines)
    path = recipe(home, "documents: 20")
    assert exempla(home, "mix", path, "--quiet", "--out", "cut").returncode == 0
    before = contents(home / "cut")
    path = recipe(home, "documents: 20000\nrepeats: 100\nblend: {files: [web.jsonl], share: 0.98}")
    command = [sys.executable, "-m", "exempla", "mix", path, "--quiet", "--out", "cut"]
    with subprocess.Popen(command, cwd=home, stderr=subprocess.PIPE, text=True) as process:
        while not (home / ".cut.part").exists() and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 75, told
    assert "Run the same command again" in told
    assert contents(home / "cut") == before
    assert not list(home.glob(".cut*"))

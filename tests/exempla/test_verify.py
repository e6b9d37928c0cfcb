"""A run made again from its journal: what is the same, what is not, and what cannot be made."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempla.comparison import Comparison, first_difference
from exempla.errors import BadInput
from exempla.execute import job_of, write
from exempla.finish import finish
from exempla.init import init
from exempla.jsonl import dump
from exempla.mixing import kitchen_of, make_mix
from exempla.project import load_project
from exempla.verify import Verification
from exempla.verify import verify as make_again
from generator.folder import RunFolder
from output.recipe import load_recipe

SETTINGS = (
    "engine.name=scripted",
    "engine.args={cut_off: 0.1, broken: 0.1, refused: 0.05, repeated: 0.3, stern: 0.3}",
    "judge={}",
    "persona={name: Tolliver, maker: Brightwater, named: 0.5}",
    "plan.kinds={story: 1, exposition: 1, advice: 1}",
)
WHOLE = "plan={items: 40, seed: 3}"
KEPT = "plan={accepted: 30, tries: 1.5, seed: 3}"
MIXED = ("mixes/chat/manifest.json", "mixes/documents/train-00000-of-00001.jsonl")

Written = Callable[[str], Path]


def silent(doing: str, done: int, of: int | None) -> None:
    """Shows nothing."""


async def never() -> None:
    await asyncio.Event().wait()


def write_run(home: Path, *settings: str, limit: int | None = None) -> None:
    project = load_project(home, [*SETTINGS, *settings])
    write(job_of(project, limit=limit), project, lambda tally: None, never)
    finish(project, 1, limit)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three runs, by other settings than its own; tests leave it as it is."""
    home = tmp_path_factory.mktemp("made") / "mine"
    init(home)
    write_run(home, "name=items", WHOLE)
    write_run(home, "name=accepted", KEPT)
    write_run(home, "name=begun", WHOLE, limit=20)
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return copytree(made, tmp_path / "mine")


def verify(home: Path, name: str, limit: int | None = None) -> Verification:
    return make_again(home, [], RunFolder(home / "runs" / name), limit, silent)


def state(folder: Path) -> dict[Path, tuple[int, int]]:
    """Every file and folder below a folder, when it was changed and its size."""
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


def others(found: Verification) -> list[Comparison]:
    return [file for file in found.files if file.found != "same"]


@pytest.mark.parametrize("name", ["items", "accepted"])
def test_a_run_that_nobody_touched_is_the_same_and_stays_so(made: Path, name: str) -> None:
    folder = made / "runs" / name
    before = state(folder)
    scratch = set(Path(tempfile.gettempdir()).glob("exempla-verify-*"))
    found = verify(made, name)
    assert found.same
    assert {file.file for file in found.files} == {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "run.yaml" and path.parent.name != "journal"
    }
    assert {"documents.jsonl", "rejects.jsonl", "duplicates.jsonl"} < {f.file for f in found.files}
    assert ("quotas.jsonl" in {f.file for f in found.files}) == (name == "accepted")
    assert found.result.accepted + found.result.rejected == found.result.planned
    assert found.result.rejected
    assert state(folder) == before
    assert set(Path(tempfile.gettempdir()).glob("exempla-verify-*")) == scratch


@pytest.mark.parametrize("file", ["documents.jsonl", *MIXED])
def test_a_changed_byte_is_told_with_its_place(home: Path, file: str) -> None:
    path = home / "runs/items" / file
    whole = path.read_bytes()
    place = len(whole) * 2 // 3
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    line = whole[:place].count(b"\n") + 1
    assert others(verify(home, "items")) == [Comparison(file, "differs", place, line)]


def test_a_file_that_ends_too_early_differs_where_it_ends(home: Path) -> None:
    path = home / "runs/accepted/quotas.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    lines = whole.count(b"\n")
    assert others(verify(home, "accepted")) == [
        Comparison("quotas.jsonl", "differs", len(whole) - 1, lines)
    ]


def test_missing_and_unexpected_files_are_named(home: Path) -> None:
    run = home / "runs/items"
    (run / "duplicates.jsonl").unlink()
    (run / "mixes/chat/train-00001-of-00002.jsonl").write_text("{}\n")
    (run / "surplus.jsonl").touch()
    assert others(verify(home, "items")) == [
        Comparison("duplicates.jsonl", "missing"),
        Comparison("mixes/chat/train-00001-of-00002.jsonl", "unexpected"),
        Comparison("surplus.jsonl", "unexpected"),
    ]


def test_every_mix_is_made_again_by_the_recipe_in_its_manifest(home: Path) -> None:
    run = home / "runs/items"
    project = load_project(home, ["name=items"])
    (home / "mine.jsonl").write_text('{"text": "One."}\n{"text": "Two."}\n{"text": "Three."}\n')
    for name, lines in {
        "tagged": 'prefix: "<{kind}> "',
        "named": "sources: [{run: runs/items}]",
        "shared": "shares: {story: 0.6, exposition: 0.4}",
        "more": "sources: [{}, {files: [mine.jsonl], kind: note}]\ndocuments: 12",
    }.items():
        recipe = home / f"{name}.yaml"
        recipe.write_text(f"name: {name}\nvalidation: 0.2\nseed: 7\n{lines}\n")
        make_mix(kitchen_of(project), load_recipe(recipe), silent)
        recipe.unlink()
    before = state(run)
    found = verify(home, "items")
    assert found.same, others(found)
    assert state(run) == before
    files = {file.file for file in found.files}
    assert {"mixes/tagged/manifest.json", "mixes/named/README.md"} < files
    (home / "runs/items/mixes/tagged/manifest.json").unlink()
    (home / "runs/items/mixes/documents/manifest.json").write_text("{}")
    found = verify(home, "items")
    assert {file.file.split("/")[1] for file in others(found) if file.found == "unexpected"} == {
        "tagged"
    }
    (changed,) = (file for file in others(found) if file.found == "differs")
    assert changed.file == "mixes/documents/manifest.json"


def test_a_mix_of_the_project_that_is_made_of_other_sources_too_is_compared_where_it_is(
    home: Path,
) -> None:
    (home / "mine.jsonl").write_text('{"text": "One."}\n{"text": "Two."}\n{"text": "Three."}\n')
    (home / "recipes/more.yaml").write_text(
        "name: more\nsources: [{}, {files: [mine.jsonl], kind: note}]\ndocuments: 12\nseed: 7\n"
    )
    settings = ("name=items", WHOLE, "mixes=[recipes/more.yaml]")
    write_run(home, *settings)
    found = make_again(home, settings[2:], RunFolder(home / "runs/items"), None, silent)
    assert "../mixes/more/manifest.json" in {file.file for file in found.files}
    assert found.same, others(found)
    (home / "runs/mixes/more/README.md").unlink()
    found = make_again(home, settings[2:], RunFolder(home / "runs/items"), None, silent)
    assert others(found) == [Comparison("../mixes/more/README.md", "missing")]


def test_a_changed_answer_in_the_journal_shows_in_what_is_made_of_it(home: Path) -> None:
    journal = next((home / "runs/items/journal").glob("*.jsonl"))
    before = (home / "runs/items/documents.jsonl").read_text()
    word = max(before.splitlines()[0].split('"text":"')[1].split()[:40], key=len).strip(".,")
    journal.write_text(journal.read_text().replace(word, word[::-1]))
    assert "documents.jsonl" in {file.file for file in others(verify(home, "items"))}


@pytest.mark.parametrize("name", ["items", "accepted"])
def test_a_journal_that_lost_its_end_cannot_make_the_run(home: Path, name: str) -> None:
    journal = next((home / "runs" / name / "journal").glob("*.jsonl"))
    journal.write_bytes(journal.read_bytes()[:-10])
    with pytest.raises(BadInput, match="not finished: 1 of"):
        verify(home, name)


def test_a_line_that_is_no_json_is_named(home: Path) -> None:
    journal = next((home / "runs/items/journal").glob("*.jsonl"))
    lines = journal.read_bytes().splitlines(keepends=True)
    accepted = next(n for n, line in enumerate(lines) if b'"outcome":"accepted"' in line)
    lines[accepted] = lines[accepted].replace(b"}\n", b"\n")
    journal.write_bytes(b"".join(lines))
    with pytest.raises(BadInput, match="not a journal line") as caught:
        verify(home, "items")
    assert caught.value.problems[0].line == accepted + 1


def test_an_accepted_answer_that_fits_no_form_is_named(home: Path) -> None:
    journal = next((home / "runs/items/journal").glob("*.jsonl"))
    lines = [orjson.loads(line) for line in journal.read_bytes().splitlines()]
    accepted = next(line["item"] for line in lines if line.get("outcome") == "accepted")
    for line in lines:
        if (line["item"], line.get("stage")) == (accepted, "revise"):
            line["text"] = ""
    journal.write_bytes(b"".join(map(dump, lines)))
    with pytest.raises(BadInput, match="cannot be read"):
        verify(home, "items")


def test_content_that_changed_since_is_refused_by_name(home: Path) -> None:
    seed = sorted((home / "prompts/seeds").glob("*.yaml"))[0]
    seed.write_text(seed.read_text() + "\n# later\n")
    with pytest.raises(BadInput, match="has changed since this run was written") as caught:
        verify(home, "items")
    assert f"prompts.seeds.{seed.name}" in caught.value.problems[0].what


def test_a_limited_run_is_verified_with_the_same_limit(made: Path) -> None:
    with pytest.raises(BadInput, match="--limit"):
        verify(made, "begun")
    assert verify(made, "begun", limit=20).same


def test_a_folder_without_a_run_is_refused(made: Path) -> None:
    with pytest.raises(BadInput, match="no run"):
        verify(made, "nowhere")


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_the_first_difference_is_where_a_loop_finds_it(one: bytes, other: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        left, right = Path(folder, "left"), Path(folder, "right")
        left.write_bytes(one)
        right.write_bytes(other)
        common = next(
            (n for n in range(min(len(one), len(other))) if one[n] != other[n]),
            min(len(one), len(other)),
        )
        assert first_difference(left, right) == (None if one == other else common)


def test_files_longer_than_a_block_are_compared_to_their_ends(tmp_path: Path) -> None:
    left, right = tmp_path / "left", tmp_path / "right"
    left.write_bytes(b"a" * 3_000_000)
    right.write_bytes(b"a" * 2_999_999 + b"b")
    assert first_difference(left, right) == 2_999_999

"""A mix beside its manifest: nothing is wrong until something is, and then it is named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import orjson
import pytest

from exempla.document import Document
from exempla.errors import BadInput
from output.check import Fault, check_mix
from output.manifest import Manifest
from output.recipe import Encoding, Recipe

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]
Mix = Callable[..., Manifest]


@pytest.fixture(scope="module")
def documents(make_document: Make, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two kinds and two principles, and some that serve both."""
    made = [make_document(f"e{number}") for number in range(20)]
    made += [
        make_document(f"s{n}", kind="story", principles=("privacy", "honesty")[: 1 + n % 2])
        for n in range(10)
    ]
    return store(tmp_path_factory.mktemp("documents") / "documents.jsonl", made)


@pytest.fixture(scope="module", params=["jsonl", "jsonl.zst", "parquet"])
def made(
    request: pytest.FixtureRequest,
    documents: Path,
    mix: Mix,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    encoding: Encoding = request.param
    folder = tmp_path_factory.mktemp("made") / "mix"
    recipe = Recipe(name="small", validation=0.2, encoding=encoding, shard_size=100, seed=7)
    mix(recipe, folder, documents)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return copytree(made, tmp_path / "mix")


@contextmanager
def manifest_of(folder: Path) -> Iterator[dict[str, Any]]:
    """The manifest, to be changed in place."""
    path = folder / "manifest.json"
    manifest = orjson.loads(path.read_bytes())
    yield manifest
    path.write_bytes(orjson.dumps(manifest))


def a_shard(folder: Path) -> Path:
    return sorted(folder.glob("train-*"))[0]


def test_nothing_is_wrong_with_a_mix_that_nobody_touched(made: Path) -> None:
    checked = check_mix(made)
    assert checked.faults == ()
    assert checked.manifest.splits["train"].documents == 24


def test_a_changed_byte_and_a_cut_file_are_told(folder: Path) -> None:
    shards = sorted(folder.glob("*-of-*"))
    first, last = shards[0], shards[-1]
    whole = first.read_bytes()
    first.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    last.write_bytes(last.read_bytes()[:-1])
    assert {fault.file for fault in check_mix(folder).faults} == {first.name, last.name}


def test_missing_and_extra_files_are_told_but_hidden_ones_are_not(folder: Path) -> None:
    gone = a_shard(folder)
    gone.unlink()
    (folder / "lengths.svg").unlink()
    (folder / "train-00009-of-00010.jsonl").write_text("{}\n")
    (folder / "raw").mkdir()
    (folder / "raw" / "more.txt").touch()
    (folder / ".gitattributes").touch()
    assert check_mix(folder).faults == (
        Fault(gone.name, "is missing"),
        Fault("lengths.svg", "is missing"),
        Fault("raw/more.txt", "is not in the manifest"),
        Fault("train-00009-of-00010.jsonl", "is not in the manifest"),
    )


def test_a_changed_card_is_told(folder: Path) -> None:
    card = folder / "README.md"
    card.write_text(card.read_text().replace("unknown", "apache-2.0", 1))
    assert [fault.file for fault in check_mix(folder).faults] == ["README.md"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m["splits"]["train"].update(documents=25), "25 rows in 'train'"),
        (lambda m: m["splits"]["train"].update(tokens=1), "1 tokens in 'train'"),
        (
            lambda m: m["splits"]["train"]["kinds"]["story"].update(documents=99),
            "99 rows of kind 'story'",
        ),
        (
            lambda m: m["splits"]["train"]["principles"]["honesty"].update(documents=99),
            "99 rows for 'honesty'",
        ),
        (
            lambda m: m["splits"]["train"]["coverage"]["story"].update(honesty=99),
            "99 rows of kind 'story' for 'honesty' first",
        ),
        (lambda m: m["splits"]["train"]["kinds"].pop("story"), "0 rows of kind 'story'"),
        (lambda m: next(iter(m["files"].values())).update(rows=99), "99 rows and"),
        (lambda m: next(iter(m["files"].values())).update(bytes=1), "1 bytes of"),
    ],
)
def test_a_count_that_the_rows_do_not_bear_out_is_told(
    folder: Path, change: Callable[[Any], Any], says: str
) -> None:
    with manifest_of(folder) as manifest:
        change(manifest)
    faults = check_mix(folder).faults
    assert {fault.file for fault in faults} == {"manifest.json"}
    assert any(says in fault.what for fault in faults), faults


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.update(version=2), "version"),
        (lambda m: m.pop("files"), "files"),
        (lambda m: m.update(more=1), "more"),
    ],
)
def test_a_manifest_of_another_form_is_wrong_input(
    folder: Path, change: Callable[[Any], Any], says: str
) -> None:
    with manifest_of(folder) as manifest:
        change(manifest)
    with pytest.raises(BadInput, match=says):
        check_mix(folder)


def test_a_folder_without_a_manifest_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        check_mix(tmp_path)

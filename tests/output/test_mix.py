import hashlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exempla.document import Document
from exempla.errors import ExemplaError
from exempla.jsonl import read_records
from output.manifest import Count, Manifest
from output.mix import write_mix
from output.recipe import Recipe

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]

RECIPE = Recipe(name="small", validation=0.25, shard_size=3, seed=7)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def ids_in(folder: Path, split: str) -> list[str]:
    shards = sorted(folder.glob(f"{split}-*"))
    return [row["id"] for shard in shards for row in read_records(shard)]


@settings(max_examples=30, deadline=None)
@given(
    data=st.data(),
    seeds=st.dictionaries(
        st.text("abc", min_size=1, max_size=4), st.none() | st.sampled_from("xyz"), min_size=1
    ),
    recipe=st.builds(
        Recipe,
        name=st.just("wild"),
        validation=st.floats(0, 0.5),
        shard_size=st.integers(1, 9),
        seed=st.integers(0, 99),
    ),
)
def test_the_same_documents_in_any_order_give_the_same_bytes(
    data: st.DataObject,
    seeds: dict[str, str | None],
    recipe: Recipe,
    make_document: Make,
    store: Store,
) -> None:
    documents = [make_document(id, seed=seed) for id, seed in seeds.items()]
    with TemporaryDirectory() as temporary:
        place = Path(temporary)
        for name, rows in (
            ("one", documents),
            ("other", data.draw(st.permutations(documents))),
        ):
            source = store(place / f"{name}.jsonl", rows)
            write_mix(recipe, source, frozenset(), {}, place / name, {"run": "r"})
        assert contents(place / "one") == contents(place / "other")
        assert sorted(ids_in(place / "one", "train") + ids_in(place / "one", "validation")) == (
            sorted(seeds)
        )


def test_the_manifest_says_what_the_files_hold(
    tmp_path: Path, make_document: Make, store: Store
) -> None:
    documents = [
        make_document(f"s{n}", kind="story", principles=("care", "honesty"), seed=f"seed-{n % 3}")
        for n in range(6)
    ]
    documents += [make_document(f"e{n}", tokens=5) for n in range(7)]
    source = store(tmp_path / "documents.jsonl", documents)
    folder = tmp_path / "mix"
    manifest = write_mix(RECIPE, source, {"e6"}, {}, folder, {"run": "r", "model": {"id": "m"}})

    assert Manifest.model_validate_json((folder / "manifest.json").read_bytes()) == manifest
    assert manifest.recipe == RECIPE
    assert manifest.origin == {"run": "r", "model": {"id": "m"}}
    assert manifest.removed == 1
    train, validation = manifest.splits["train"], manifest.splits["validation"]
    assert train.documents + validation.documents + manifest.removed == len(documents)
    assert train.tokens + validation.tokens == 6 * 10 + 6 * 5
    assert validation.documents == len(ids_in(folder, "validation")) == 3
    stories = sum(id.startswith("s") for id in ids_in(folder, "train"))
    assert train.kinds == {
        "story": Count(documents=stories, tokens=stories * 10),
        "exposition": Count(documents=9 - stories, tokens=(9 - stories) * 5),
    }
    assert train.principles["care"] == train.kinds["story"]
    assert train.principles["honesty"] == Count(documents=9, tokens=train.tokens)
    files = {name: data for name, data in contents(folder).items() if name != "manifest.json"}
    assert {
        name: (data.count(b"\n"), len(data), hashlib.sha256(data).hexdigest())
        for name, data in files.items()
    } == {name: (it.lines, it.bytes, it.sha256) for name, it in manifest.files.items()}


def test_a_smaller_mix_leaves_nothing_of_a_larger_one(
    tmp_path: Path, make_document: Make, store: Store
) -> None:
    folder = tmp_path / "mix"
    large = store(tmp_path / "large.jsonl", [make_document(str(number)) for number in range(20)])
    write_mix(RECIPE, large, frozenset(), {}, folder, {})
    small = store(tmp_path / "small.jsonl", [make_document(id) for id in "ab"])
    unsplit = RECIPE.model_copy(update={"validation": 0.0})
    write_mix(unsplit, small, frozenset(), {}, folder, {})
    assert sorted(contents(folder)) == ["manifest.json", "train-00000-of-00001.jsonl"]


def test_a_mix_that_breaks_off_has_no_manifest(
    tmp_path: Path, make_document: Make, store: Store
) -> None:
    source = store(tmp_path / "documents.jsonl", [make_document(id) for id in "abcdefgh"])
    folder = tmp_path / "mix"
    manifest = write_mix(RECIPE, source, frozenset(), {}, folder, {})
    last = folder / max(manifest.files)
    last.unlink()
    last.mkdir()
    with pytest.raises(ExemplaError, match="cannot be written"):
        write_mix(RECIPE, source, frozenset(), {}, folder, {})
    assert not (folder / "manifest.json").exists()


@pytest.mark.parametrize(("ids", "what"), [("ab", "all 2 are duplicates"), ("", "none was")])
def test_a_mix_of_no_documents_says_so_and_leaves_the_folder(
    tmp_path: Path, make_document: Make, store: Store, ids: str, what: str
) -> None:
    source = store(tmp_path / "documents.jsonl", [make_document(id) for id in ids])
    with pytest.raises(ExemplaError, match=what) as caught:
        write_mix(RECIPE, source, set(ids), {}, tmp_path / "mix", {})
    assert caught.value.exit_code == 1
    assert caught.value.problems[0].remedy
    assert not (tmp_path / "mix").exists()

from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import huggingface_hub.constants
import pytest

from exempla.document import Document
from output.manifest import Manifest
from output.recipe import Encoding, Recipe

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]
Mix = Callable[..., Manifest]

FEATURES = {
    "id": datasets.Value("string"),
    "text": datasets.Value("string"),
    "kind": datasets.Value("string"),
    "principles": datasets.List(datasets.Value("string")),
    "clause": datasets.Value("string"),
    "seed": datasets.Value("string"),
}


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    # What HF_HUB_OFFLINE=1 sets, which is read only when the libraries are imported.
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


@pytest.fixture
def documents(make_document: Make) -> dict[str, Document]:
    """Most have no seed, so that whole shards have none; stories share one."""
    made = [make_document(f"e{number}") for number in range(30)]
    made += [make_document(f"s{n}", kind="story", seed="harbour") for n in range(3)]
    return {document.id: document for document in made}


@pytest.mark.parametrize(
    ("encoding", "by", "validation"),
    [
        ("jsonl", "folder", 0.0),
        ("jsonl", "folder", 0.1),
        ("jsonl", "files", 0.1),
        ("jsonl.zst", "folder", 0.1),
        ("parquet", "folder", 0.1),
    ],
)
def test_a_mix_loads_as_it_was_written(
    tmp_path: Path,
    documents: dict[str, Document],
    store: Store,
    mix: Mix,
    encoding: Encoding,
    by: str,
    validation: float,
) -> None:
    recipe = Recipe(name="small", encoding=encoding, validation=validation, shard_size=20, seed=7)
    source = store(tmp_path / "documents.jsonl", list(documents.values()))
    folder = tmp_path / "train-and-test" / "mix"
    manifest = mix(recipe, folder, source)
    assert len(manifest.files) > 10

    cache = str(tmp_path / "cache")
    if by == "folder":
        loaded = datasets.load_dataset(str(folder), cache_dir=cache)
    else:
        files = {
            split: str(folder / f"{split}-*.jsonl")
            for split, part in manifest.splits.items()
            if part.documents
        }
        loaded = datasets.load_dataset("json", data_files=files, cache_dir=cache)

    assert set(loaded) == ({"train", "validation"} if validation else {"train"})
    assert all(part.features == FEATURES for part in loaded.values())
    assert {split: part.num_rows for split, part in loaded.items()} == {
        split: part.documents for split, part in manifest.splits.items() if part.documents
    }
    rows = [row for part in loaded.values() for row in part]
    assert sorted(row["id"] for row in rows) == sorted(documents)
    for row in rows:
        document = documents[row["id"]]
        assert row["text"] == f"{document.title}\n\n{document.text}"
        assert row["seed"] == (document.seed or "")
        assert row["principles"] == list(document.principles)


@pytest.mark.parametrize("encoding", ["jsonl", "jsonl.zst", "parquet"])
def test_a_mix_of_conversations_loads_and_leaves_texts_out(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix, encoding: Encoding
) -> None:
    turns = [{"role": "user", "content": "Well?"}, {"role": "assistant", "content": "No."}]
    tools = [{"name": "look", "description": "Looks.", "parameters": {"type": "object"}}]
    chats = [
        make_document(f"c{n}", title="", text=None, messages=turns, tools=tools if n % 2 else [])
        for n in range(6)
    ]
    source = store(tmp_path / "documents.jsonl", [make_document("e"), *chats])
    folder = tmp_path / "mix"
    settings: dict[str, Any] = {"validation": 0.2, "shard_size": 20, "seed": 7}
    recipe = Recipe(name="chat", format="messages", encoding=encoding, **settings)
    manifest = mix(recipe, folder, source)

    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    rows = [row for part in loaded.values() for row in part]
    assert sorted(row["id"] for row in rows) == [f"c{n}" for n in range(6)]
    assert all(row["messages"] == turns for row in rows)
    assert {row["id"] for row in rows if row["tools"] != "[]"} == {"c1", "c3", "c5"}
    assert manifest.left_out.other_form == 1

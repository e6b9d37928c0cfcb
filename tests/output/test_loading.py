"""`datasets.load_dataset(folder)` finds both splits of a mix, whatever its format and encoding."""

from collections.abc import Callable
from pathlib import Path

import datasets
import huggingface_hub.constants
import orjson
import pytest

from exempla.document import Document, Form
from output.manifest import Manifest
from output.recipe import Encoding, Recipe

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]
Mix = Callable[..., Manifest]

TEXT = datasets.Value("string")
CONTENT: dict[Form, dict[str, object]] = {
    "text": {"text": TEXT},
    "messages": {
        "messages": datasets.List({"role": TEXT, "content": TEXT}),
        "tools": TEXT,
    },
}
ABOUT = {
    "id": TEXT,
    "kind": TEXT,
    "principles": datasets.List(TEXT),
    "clause": TEXT,
    "seed": TEXT,
}
TURNS = [{"role": "user", "content": "Well?"}, {"role": "assistant", "content": "No."}]
TOOL = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    # What HF_HUB_OFFLINE=1 sets, which is read only when the libraries are imported.
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def documents(make_document: Make) -> dict[str, Document]:
    """Most have no seed and no tools, so that whole shards have none."""
    made = [make_document(f"e{number}") for number in range(30)]
    made += [make_document(f"s{n}", kind="story", seed="harbour") for n in range(3)]
    made += [
        make_document(
            f"c{n}", kind="advice", title="", text=None, messages=TURNS, tools=[TOOL] * (n == 5)
        )
        for n in range(20)
    ]
    return {document.id: document for document in made}


@pytest.mark.parametrize("encoding", ["jsonl", "jsonl.zst", "parquet"])
@pytest.mark.parametrize("form", ["text", "messages"])
@pytest.mark.parametrize("validation", [0.0, 0.1])
def test_a_mix_loads_as_it_was_written(
    tmp_path: Path,
    documents: dict[str, Document],
    store: Store,
    mix: Mix,
    form: Form,
    encoding: Encoding,
    validation: float,
) -> None:
    recipe = Recipe(
        name="small", format=form, encoding=encoding, validation=validation, shard_size=20, seed=7
    )
    source = store(tmp_path / "documents.jsonl", list(documents.values()))
    folder = tmp_path / "train-and-test" / "mix"
    manifest = mix(recipe, folder, source)
    assert len(manifest.files) > 5
    assert {"README.md", "lengths.svg", "coverage.svg"} < {path.name for path in folder.iterdir()}

    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))

    assert set(loaded) == ({"train", "validation"} if validation else {"train"})
    assert all(part.features == ABOUT | CONTENT[form] for part in loaded.values())
    assert {split: part.num_rows for split, part in loaded.items()} == {
        split: part.documents for split, part in manifest.splits.items() if part.documents
    }
    rows = [row for part in loaded.values() for row in part]
    expected = {id for id, document in documents.items() if document.form == form}
    assert sorted(row["id"] for row in rows) == sorted(expected)
    for row in rows:
        document = documents[row["id"]]
        assert row["seed"] == (document.seed or "")
        assert row["principles"] == list(document.principles)
        if form == "text":
            assert row["text"] == f"{document.title}\n\n{document.text}"
        else:
            assert row["messages"] == TURNS
            tools = [{"type": "function", "function": tool} for tool in document.tools]
            assert orjson.loads(row["tools"]) == tools


def test_the_prefix_is_a_column_of_its_own(
    tmp_path: Path, documents: dict[str, Document], store: Store, mix: Mix
) -> None:
    recipe = Recipe(name="tagged", prefix="<{kind}> ", validation=0.2, seed=7)
    source = store(tmp_path / "documents.jsonl", list(documents.values()))
    mix(recipe, tmp_path / "mix", source)
    loaded = datasets.load_dataset(str(tmp_path / "mix"), cache_dir=str(tmp_path / "cache"))
    for row in (row for part in loaded.values() for row in part):
        assert row["prefix"] == f"<{row['kind']}> "
        assert not row["text"].startswith("<")

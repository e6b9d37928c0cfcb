from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from exempla.document import Document
from exempla.errors import BadInput
from exempla.jsonl import dump, write_records
from output.condition import Condition
from output.inventory import NONE, Inventory, take_inventory
from output.recipe import Blend, Recipe, Source
from output.row import Row
from output.supply import Supply

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]
Supplied = Callable[..., list[Supply]]

RECIPE = Recipe(name="a", seed=1)


def listed(
    recipe: Recipe, supplies: list[Supply], counter: Callable[..., Sequence[int]] | None = None
) -> Inventory:
    return take_inventory(recipe, supplies, counter, {}, lambda doing, done, of: None)


def refusal(recipe: Recipe, supplies: list[Supply]) -> str:
    with pytest.raises(BadInput) as caught:
        listed(recipe, supplies)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_removed_filtered_and_other_documents_are_counted_and_left_out(
    tmp_path: Path, make_document: Make, store: Store, supplied: Supplied
) -> None:
    turns = ({"role": "user", "content": "Well?"},)
    documents = [make_document(id) for id in "abc"]
    documents.append(make_document("d", kind="story"))
    documents.append(make_document("e", title="", text=None, messages=turns))
    path = store(tmp_path / "documents.jsonl", documents)
    only = Source(where={"kind": Condition(equals="exposition")})
    recipe = RECIPE.model_copy(update={"sources": (only,)})
    found = listed(recipe, supplied(recipe, path, removed={"b", "of another run"}))
    assert found.record.tolist() == [0, 2]
    passed = found.passed
    assert (passed.duplicates, passed.filtered, passed.other_form) == (1, 1, 1)


def test_tokens_are_those_recorded_or_those_counted(
    tmp_path: Path, make_document: Make, store: Store, supplied: Supplied
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document(id, tokens=7) for id in "ab"])

    def letters(rows: Sequence[Row]) -> list[int]:
        return [len(row.id) for row in rows]

    assert listed(RECIPE, supplied(RECIPE, path)).tokens.tolist() == [7, 7]
    assert listed(RECIPE, supplied(RECIPE, path), letters).tokens.tolist() == [1, 1]


def test_documents_without_recorded_tokens_can_be_counted_in_documents_only(
    tmp_path: Path, supplied: Supplied
) -> None:
    path = tmp_path / "more.jsonl"
    write_records(path, [{"text": "One."}])
    source = Source(files=("more.jsonl",), kind="essay")
    recipe = Recipe(name="a", seed=1, sources=(source,))
    told = refusal(recipe, supplied(recipe, path))
    assert "more.jsonl:1: no tokens are recorded with this document" in told
    assert "Name a 'tokenizer' in the recipe" in told
    assert "or let it 'count: documents'" in told
    recipe = Recipe(name="a", seed=1, sources=(source,), count="documents")
    assert listed(recipe, supplied(recipe, path)).tokens.tolist() == [NONE]


def test_the_same_document_in_two_sources_is_listed_once(
    tmp_path: Path, make_document: Make, store: Store, supplied: Supplied
) -> None:
    one = store(tmp_path / "one.jsonl", [make_document(id) for id in "ab"])
    other = store(tmp_path / "other.jsonl", [make_document("b"), make_document("a", text="Anew.")])
    found = listed(RECIPE, supplied(RECIPE, one, other))
    assert list(zip(found.supply.tolist(), found.record.tolist(), strict=True)) == [
        (0, 0),
        (0, 1),
        (1, 1),
    ]
    assert found.passed.repeated == 1
    ids = found.ties[0].tolist()
    assert ids[0] == ids[2] != ids[1]


def test_an_id_that_stands_for_two_documents_of_one_source_is_refused(
    tmp_path: Path, make_document: Make, store: Store, supplied: Supplied
) -> None:
    documents = [make_document("a"), make_document("b"), make_document("a", text="Anew.")]
    path = store(tmp_path / "documents.jsonl", documents)
    told = refusal(RECIPE, supplied(RECIPE, path))
    assert "another record of this source has the same id" in told
    assert "documents.jsonl:" in told


@pytest.mark.parametrize(
    ("second", "what"),
    [
        (b"{]\n", "this is not JSON"),
        (dump({"id": "b", "text": "a"}), "'kind'"),
        (dump([1]), "not a JSON object"),
    ],
)
def test_a_line_that_is_no_document_is_named(
    tmp_path: Path, make_document: Make, supplied: Supplied, second: bytes, what: str
) -> None:
    path = tmp_path / "documents.jsonl"
    path.write_bytes(dump(make_document("a").row()) + second)
    told = refusal(RECIPE, supplied(RECIPE, path))
    assert f"{path}:2: " in told
    assert what in told


def test_a_condition_on_a_field_that_no_record_has_is_refused_with_the_nearest(
    tmp_path: Path, make_document: Make, store: Store, supplied: Supplied
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document("a")])
    only = Source(where={"kinds": Condition(equals="exposition")})
    recipe = RECIPE.model_copy(update={"sources": (only,)})
    told = refusal(recipe, supplied(recipe, path))
    assert "no record of 'documents' has the field 'kinds'" in told
    assert "Did you mean 'kind'?" in told


def test_weights_of_principles_need_documents_that_name_one(
    tmp_path: Path, make_document: Make, store: Store, supplied: Supplied
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document("a", principles=())])
    assert len(listed(RECIPE, supplied(RECIPE, path))) == 1
    weighted = Recipe(name="a", seed=1, weights={"honesty": 2})
    assert "documents.jsonl:1: this document names no principle" in refusal(
        weighted, supplied(weighted, path)
    )


def test_ordinary_text_that_comes_twice_is_listed_once(
    tmp_path: Path, make_document: Make, store: Store, supplied: Supplied
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document("a")])
    web = tmp_path / "web.jsonl"
    write_records(web, [{"text": text} for text in ("Rain.", "Wind.", "Rain.")])
    recipe = Recipe(name="a", seed=1, documents=4, blend=Blend(files=("web.jsonl",), share=0.5))
    found = listed(recipe, supplied(recipe, path, ordinary=web))
    assert found.supply.tolist() == [0, 1, 1]
    assert found.passed.repeated == 1


def test_of_each_record_few_bytes_are_held(
    tmp_path: Path, make_document: Make, store: Store, supplied: Supplied
) -> None:
    count = 2000
    documents = [make_document(f"d{n}", seed=f"s{n % 9}", text="word " * 50) for n in range(count)]
    path = store(tmp_path / "documents.jsonl", documents)
    clusters = {f"d{n}": f"d{n // 2}" for n in range(count)}
    found = listed(RECIPE, supplied(RECIPE, path, clusters=clusters))
    arrays = [getattr(found, name) for name in Inventory.__slots__]
    held = sum(it.nbytes for it in [*arrays, *found.ties] if isinstance(it, np.ndarray))
    assert held / count < 80

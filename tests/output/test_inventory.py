from collections.abc import Callable
from pathlib import Path

import pytest

from exempla.document import Document
from exempla.errors import BadInput
from exempla.jsonl import dump
from output.inventory import fetch, take_inventory

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]


def test_each_document_is_found_again_by_its_place(
    tmp_path: Path, make_document: Make, store: Store
) -> None:
    written = [
        make_document("a"),
        make_document("ü", text="Zwölf Möwen\n\n\u2028."),
        make_document("c"),
    ]
    path = store(tmp_path / "documents.jsonl", written)
    inventory = take_inventory(path, frozenset())
    with path.open("rb") as file:
        found = [fetch(file, inventory.holdings[id]) for id in ("c", "ü", "a")]
    assert found == written[::-1]


def test_removed_documents_are_left_out_and_counted(
    tmp_path: Path, make_document: Make, store: Store
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document(id) for id in "abc"])
    inventory = take_inventory(path, {"b", "c", "of another run"})
    assert list(inventory.holdings) == ["a"]
    assert inventory.removed == 2


@pytest.mark.parametrize(
    ("second", "what"),
    [
        (b"{]\n", "this is not a document: Invalid JSON"),
        (b"\n", "this is not a document: Invalid JSON"),
        (dump({"id": "b"}), "'kind': Field required"),
    ],
)
def test_a_line_that_is_no_document_is_named(
    tmp_path: Path, make_document: Make, second: bytes, what: str
) -> None:
    path = tmp_path / "documents.jsonl"
    path.write_bytes(dump(make_document("a").row()) + second)
    with pytest.raises(BadInput) as caught:
        take_inventory(path, frozenset())
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(path), 2)
    assert what in problem.what


def test_an_id_that_comes_twice_is_refused(
    tmp_path: Path, make_document: Make, store: Store
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document(id) for id in "aba"])
    with pytest.raises(BadInput, match=r"documents.jsonl:3: the id 'a' stands on an earlier line"):
        take_inventory(path, frozenset())


def test_a_document_without_a_principle_is_refused(
    tmp_path: Path, make_document: Make, store: Store
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document("a", principles=())])
    with pytest.raises(BadInput, match=r"documents.jsonl:1: the document 'a' names no principle"):
        take_inventory(path, frozenset())


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        take_inventory(tmp_path / "documents.jsonl", frozenset())

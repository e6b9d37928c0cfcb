from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exempla.document import Document
from exempla.jsonl import write_records

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]


@pytest.fixture(scope="session")
def make_document() -> Make:
    def make(id: str, **fields: Any) -> Document:
        defaults: dict[str, Any] = {
            "id": id,
            "kind": "exposition",
            "title": f"On {id}",
            "text": f"First of {id}.\n\nSecond of {id}.",
            "principles": ("honesty",),
            "clause": "It does not deceive.",
            "seed": None,
            "axes": {},
            "replicate": 0,
            "tokens": 10,
            "checks": {},
            "model": "scripted",
            "stages": (),
        }
        return Document.model_validate(defaults | fields)

    return make


@pytest.fixture(scope="session")
def store() -> Store:
    def write(path: Path, documents: list[Document]) -> Path:
        write_records(path, (document.row() for document in documents))
        return path

    return write

import io
from typing import Any

import orjson
import pyarrow.parquet
import pytest
import zstandard

from exempla.document import Form
from exempla.jsonl import dump
from output.encoding import write_rows
from output.recipe import Encoding

TEXT = {
    "id": "a",
    "text": "Zwölf.\n\n",
    "kind": "story",
    "principles": [""],
    "clause": "c",
    "seed": "",
}
CHAT = {
    "id": "a",
    "messages": [{"role": "user", "content": "Well?"}],
    "tools": "[]",
    "kind": "advice",
    "principles": ["care", "honesty"],
    "clause": "c",
    "seed": "s",
}


def written(rows: list[Any], encoding: Encoding, form: Form, *, prefixed: bool = False) -> bytes:
    file = io.BytesIO()
    write_rows(file, map(dump, rows), encoding, form, prefixed=prefixed)
    return file.getvalue()


def read(content: bytes, encoding: Encoding) -> list[Any]:
    if encoding == "parquet":
        rows: list[Any] = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
        return rows
    if encoding == "jsonl.zst":
        content = zstandard.ZstdDecompressor().stream_reader(content).read()
    return list(map(orjson.loads, content.splitlines()))


@pytest.mark.parametrize("encoding", ["jsonl", "jsonl.zst", "parquet"])
@pytest.mark.parametrize("row", [TEXT, CHAT, {**TEXT, "prefix": "<story>"}])
def test_rows_are_read_as_they_were_written_and_give_the_same_bytes_again(
    row: dict[str, Any], encoding: Encoding
) -> None:
    rows = [{**row, "id": str(number)} for number in range(2500)]
    form: Form = "text" if "text" in row else "messages"
    content = written(rows, encoding, form, prefixed="prefix" in row)
    assert read(content, encoding) == rows
    assert written(rows, encoding, form, prefixed="prefix" in row) == content


def test_a_reader_of_parquet_takes_no_more_than_a_thousand_rows_at_once() -> None:
    content = written([TEXT] * 2500, "parquet", "text")
    file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
    assert [file.metadata.row_group(n).num_rows for n in range(3)] == [1000, 1000, 500]

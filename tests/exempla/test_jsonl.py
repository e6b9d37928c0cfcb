import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempla.errors import BadInput
from exempla.jsonl import dump, read_records, write_lines, write_records

VALUES = st.text() | st.integers(-(2**63), 2**63) | st.booleans() | st.none()
RECORDS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), max_size=6)


@given(RECORDS)
def test_records_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("records") / "records.jsonl"
    written = write_records(path, records)
    assert list(read_records(path)) == records
    content = path.read_bytes()
    assert (written.lines, written.bytes) == (len(records), len(content))
    assert written.sha256 == hashlib.sha256(content).hexdigest()


def test_a_record_is_one_line_with_its_keys_in_order() -> None:
    assert dump({"b": "x\ny\u2028z", "a": 1}) == '{"b":"x\\ny\u2028z","a":1}\n'.encode()


@pytest.mark.parametrize(
    "line",
    [b'{"a":1', b"[1]", b"1", b"null", b"", b"{'a': 1}", b'{"a": NaN}', b'{"a": "\xff"}', b"\xff"],
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'{"a":1}\n{"a":2}\n' + line + b'\n{"a":3}\n')
    records = read_records(path)
    assert [next(records), next(records)] == [{"a": 1}, {"a": 2}]
    with pytest.raises(BadInput) as caught:
        next(records)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(path), 3)
    assert problem.remedy


def test_a_torn_last_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'{"a":1}\n{"a":')
    with pytest.raises(BadInput, match=r"records\.jsonl:2: "):
        list(read_records(path))


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        list(read_records(tmp_path / name))
    assert caught.value.problems[0].file == str(tmp_path / name)


def test_an_empty_file_holds_no_records(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    assert write_lines(path, []).lines == 0
    assert list(read_records(path)) == []


def test_the_old_records_stay_if_a_new_one_cannot_be_made(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    write_records(path, [{"a": 1}])
    with pytest.raises(orjson.JSONEncodeError):
        write_records(path, [{"a": 2}, {"a": object()}])
    assert list(read_records(path)) == [{"a": 1}]
    assert list(tmp_path.iterdir()) == [path]

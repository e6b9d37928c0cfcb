import gzip
import io
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import orjson
import pyarrow
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from exempla.corpus import read_lines, record_files
from exempla.errors import BadInput

LINES = [b'{"text": "one"}', b'{"text":  "zwei \xc3\xa4", "n": 1.0}', b'{"text": "three"}']
JSONL = b"\n".join(LINES) + b"\n"


def raw(path: Path) -> list[bytes]:
    (file,) = record_files([path])
    return [line.raw for line in read_lines(file)]


@pytest.mark.parametrize(
    "packed",
    [
        JSONL,
        JSONL.rstrip(),
        b"\xef\xbb\xbf" + JSONL,
        gzip.compress(JSONL),
        gzip.compress(JSONL[:20]) + gzip.compress(JSONL[20:]),
        zstandard.compress(JSONL),
        zstandard.compress(JSONL[:20]) + zstandard.compress(JSONL[20:]),
    ],
    ids=["plain", "no newline", "with a mark", "gzip", "two gzips", "zstd", "two frames"],
)
def test_lines_are_the_same_bytes_whatever_the_file_is_packed_by(
    tmp_path: Path, packed: bytes
) -> None:
    file = tmp_path / "any-name"
    file.write_bytes(packed)
    assert raw(file) == LINES


def test_lines_are_numbered_as_an_editor_numbers_them(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'\n{"a": 1}\r\n  \n{"a": 2}')
    (found,) = record_files([file])
    assert [(line.number, line.raw) for line in read_lines(found)] == [
        (2, b'{"a": 1}\r'),
        (4, b'{"a": 2}'),
    ]


@given(st.lists(st.binary(min_size=1).filter(lambda raw: b"\n" not in raw and raw.strip())))
def test_any_bytes_but_a_newline_may_stand_in_a_line(lines: list[bytes]) -> None:
    if lines and lines[0].startswith(b"\xef\xbb\xbf"):
        return
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.jsonl.zst"
        file.write_bytes(zstandard.compress(b"\n".join(lines)))
        assert raw(file) == lines


def test_a_line_may_be_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    lines = [b"a" * 3_000_001, b"b", b"c" * 1_048_576, b"d" * 1_048_575]
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"\n".join(lines))
    assert raw(file) == lines


def test_standard_input_can_be_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(JSONL))))
    (file,) = record_files([Path("-")], tmp_path)
    assert file.name == "standard input"
    assert [[line.raw for line in read_lines(file)] for _ in range(2)] == [LINES, LINES]


def test_a_pipe_can_be_read_twice_and_only_with_somewhere_to_copy_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(BadInput, match="only once"):
        record_files([pipe])
    writer = Thread(target=pipe.write_bytes, args=(JSONL,))
    writer.start()
    (file,) = record_files([pipe, pipe], tmp_path)
    writer.join()
    assert file.name == str(pipe)
    assert [[line.raw for line in read_lines(file)] for _ in range(2)] == [LINES, LINES]


def test_a_link_to_nothing_in_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.jsonl").symlink_to("nowhere")
    with pytest.raises(BadInput, match=r"gone\.jsonl: cannot be read: No such file"):
        record_files([tmp_path])


def test_a_row_of_a_parquet_file_is_a_line_of_json(tmp_path: Path) -> None:
    rows = [{"text": "ä", "meta": {"n": [1, 2]}, "day": date(2026, 1, 2)}] * 3
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    expected = {"text": "ä", "meta": {"n": [1, 2]}, "day": "2026-01-02"}
    assert [orjson.loads(line) for line in raw(tmp_path / "a.parquet")] == [expected] * 3


def test_a_parquet_value_without_a_form_in_json_names_its_row(tmp_path: Path) -> None:
    rows = [{"blob": None}, {"blob": b"\x00"}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    with pytest.raises(BadInput, match=r"a\.parquet:2: this row has no form in JSON"):
        raw(tmp_path / "a.parquet")


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadInput, match=r"exempla\[parquet\]"):
        raw(tmp_path / "a")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_file_that_was_cut_off_is_named_with_its_last_whole_line(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "torn"
    file.write_bytes(pack(JSONL) + pack(JSONL)[:-6])
    with pytest.raises(BadInput, match=r"torn:[3-6]: cannot be read after this line"):
        raw(file)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (gzip.compress(JSONL)[:30] + b"no" * 40, "gzip"),
        (zstandard.compress(JSONL)[:8] + b"no" * 40, "zstd"),
        (b"PAR1" + b"no" * 40, "parquet"),
    ],
    ids=["gzip", "zstd", "parquet"],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes, form: str) -> None:
    file = tmp_path / "bad"
    file.write_bytes(content)
    assert record_files([file])[0].form == form
    with pytest.raises(BadInput, match=r"bad.* cannot be read.*\n.*damaged"):
        raw(file)


def test_a_folder_gives_its_files_by_name_and_none_twice(tmp_path: Path) -> None:
    (tmp_path / "b" / ".hidden").mkdir(parents=True)
    names = ["b/2.jsonl.zst", "a.jsonl", "b/1.parquet", "c.json.gz"]
    for name in [*names, ".a.jsonl.part", ".b.jsonl", "b/.hidden/a.jsonl", "notes.txt", "x.json"]:
        (tmp_path / name).write_bytes(b"{}")
    found = record_files([tmp_path / "c.json.gz", tmp_path, tmp_path / "b"])
    assert [file.name for file in found] == [
        str(tmp_path / name) for name in ["c.json.gz", "a.jsonl", "b/1.parquet", "b/2.jsonl.zst"]
    ]


def test_every_path_that_cannot_be_used_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput) as raised:
        record_files([tmp_path / "empty", tmp_path / "missing.jsonl", tmp_path / "pipe"])
    assert [problem.what for problem in raised.value.problems] == [
        "there is no file of records here",
        "this can be read only once",
        "cannot be read: No such file or directory",
    ]


def test_a_file_that_has_changed_is_not_read_a_second_time(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(JSONL)
    (found,) = record_files([file])
    assert len(list(read_lines(found))) == 3
    file.write_bytes(JSONL + JSONL)
    with pytest.raises(BadInput, match="this file has changed since it was first read"):
        list(read_lines(found))

"""Files in, files out, and what is refused."""

import gzip
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow
import pytest
from pyarrow import parquet

from dedup.work import Threads
from exempla.deduplicate import Request, Result, deduplicate
from exempla.errors import BadInput

WORDS = [f"word{number}" for number in range(3000)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def records(count: int) -> list[dict[str, Any]]:
    """Records of which every third is an edit of the one before."""
    draw = random.Random(1)
    made: list[dict[str, Any]] = []
    for number in range(count):
        text = draw.choices(WORDS, k=80)
        if number % 3 == 2:
            text = made[-1]["text"].split()
            text[draw.randrange(80)] = "changed"
        made.append({"id": f"d{number}", "text": " ".join(text), "verdict": {"n": number % 7}})
    return made


def write(name: str, rows: Sequence[dict[str, Any]]) -> None:
    Path(name).write_bytes(b"\n".join(map(orjson.dumps, rows)))


def read(name: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in Path(name).read_bytes().splitlines()]


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def dedup(*paths: str, out: str = "out.jsonl", **options: Any) -> Result:
    request = Request([Path(path) for path in paths], Path(out), **options)
    return deduplicate(request, Threads(2), lambda phase, done, total: None)


def test_parquet_stays_parquet_or_becomes_lines() -> None:
    rows = records(90)
    table = pyarrow.Table.from_pylist(rows)
    parquet.write_table(table.slice(0, 45), "1.parquet", row_group_size=20)
    parquet.write_table(table.slice(45), "2.parquet")
    dedup("1.parquet", "2.parquet", out="out.parquet")
    dedup("1.parquet", "2.parquet", out="out.jsonl")
    found = parquet.read_table("out.parquet")
    assert found.schema == table.schema
    assert found.num_rows == 60
    assert found.to_pylist() == read("out.jsonl")


def test_parquet_is_not_made_of_lines_or_of_other_columns() -> None:
    write("a.jsonl", records(3))
    parquet.write_table(pyarrow.Table.from_pylist(records(3)), "1.parquet")
    parquet.write_table(pyarrow.Table.from_pylist([{"text": "a"}]), "2.parquet")
    with pytest.raises(BadInput, match=r"only of Parquet, and a\.jsonl is none"):
        dedup("1.parquet", "a.jsonl", out="out.parquet")
    with pytest.raises(BadInput, match=r"2\.parquet: the columns are not .* those of 1\.parquet"):
        dedup("1.parquet", "2.parquet", out="out.parquet")
    assert names() == ["1.parquet", "2.parquet", "a.jsonl"]


def test_who_stays_can_be_chosen() -> None:
    rows = records(90)
    write("a.jsonl", rows)
    pairs = list(zip(rows[1::3], rows[2::3], strict=True))
    best = {max(pair, key=lambda row: int(row["verdict"]["n"]))["id"] for pair in pairs}
    for keep, expected in (("first", {one["id"] for one, _ in pairs}), ("best:verdict.n", best)):
        dedup("a.jsonl", keep=keep)
        assert expected == {row["id"] for row in read("out.jsonl")} - {r["id"] for r in rows[::3]}
    with pytest.raises(BadInput, match="'--keep beste' says not which one"):
        dedup("a.jsonl", keep="beste")


def test_an_index_stands_for_texts_that_are_gone_and_can_be_added_to() -> None:
    rows = records(90)
    write("a.jsonl", rows[:31])
    write("b.jsonl", rows[31:62])
    dedup("a.jsonl", write_index=Path("all.index"))
    Path("a.jsonl").unlink()
    dedup("b.jsonl", write_index=Path("all.index"), against=[Path("all.index")])
    Path("b.jsonl").unlink()
    write("old.jsonl", [*rows[:40], *rows[62:]])
    index = [Path("all.index")]
    told = dedup("old.jsonl", keep="first", against=index, duplicates=Path("gone.jsonl")).summary
    by_index = [one["kept"] for one in read("gone.jsonl") if "index" in one["kept"]]
    # Row 62 is an edit of row 61, which the index has from b.jsonl.
    assert told.earlier == len(by_index) == 41
    assert {one["file"] for one in by_index} == {"a.jsonl", "b.jsonl"}
    assert [row["id"] for row in read("out.jsonl")] == [
        row["id"] for number, row in enumerate(rows) if number > 62 and number % 3 != 2
    ]


def test_an_index_of_another_scheme_is_refused_by_the_name_of_what_differs() -> None:
    write("a.jsonl", records(6))
    dedup("a.jsonl", write_index=Path("a.index"))
    with pytest.raises(BadInput, match=r"another threshold: 0\.7, here it is 0\.8"):
        dedup("a.jsonl", against=[Path("a.index")], threshold=0.8)
    made = Path("a.index").read_bytes()
    for field, found in ((b'"format":1', b'"format":2'), (b'"shingle":5', b'"shingle":9')):
        Path("b.index").write_bytes(made.replace(field, found))
        with pytest.raises(BadInput, match=f"another {field[1:7].decode()}"):
            dedup("a.jsonl", against=[Path("b.index")])
    for torn in (made[:-9], made[:100], b"", b"exempla index\n"):
        Path("b.index").write_bytes(torn)
        with pytest.raises(BadInput, match=r"b\.index: this is no index"):
            dedup("a.jsonl", against=[Path("b.index")])


def test_an_index_that_is_there_is_only_added_to_where_it_is_compared_with() -> None:
    write("a.jsonl", records(6))
    Path("a.index").write_bytes(b"precious")
    with pytest.raises(BadInput, match=r"a\.index: this file is there already"):
        dedup("a.jsonl", write_index=Path("a.index"))
    assert Path("a.index").read_bytes() == b"precious"


def test_broken_lines_are_named_all_at_once_or_put_aside_as_they_are() -> None:
    broken = [b'{"text": "torn', b'{"words": "here"}', b"[1]", b'{"text": 3}', b'{"text": null}']
    lines = list(map(orjson.dumps, records(90)))
    lines[10:10] = broken[:2]
    lines[50:50] = broken[2:]
    Path("a.jsonl").write_bytes(b"\n".join(lines))
    with pytest.raises(BadInput) as raised:
        dedup("a.jsonl")
    assert [(problem.line, problem.what) for problem in raised.value.problems] == [
        (11, "this line is not JSON: unexpected end of data, at character 15"),
        (12, "this record has no field 'text'"),
        (51, "this line is not a JSON object"),
        (52, "the field 'text' is not a string"),
        (53, "the field 'text' is null"),
    ]
    assert names() == ["a.jsonl"]
    told = dedup("a.jsonl", skip_broken=Path("aside")).summary
    assert (told.documents, told.kept, told.broken) == (90, 60, 5)
    assert Path("aside").read_bytes().splitlines() == broken
    assert len(read("out.jsonl")) == 60


@pytest.mark.parametrize("skip", [None, Path("aside")])
def test_a_wrong_field_is_one_error_that_names_the_fields(skip: Path | None) -> None:
    write("a.jsonl", records(20))
    with pytest.raises(BadInput) as raised:
        dedup("a.jsonl", field="body", skip_broken=skip)
    (problem,) = raised.value.problems
    assert problem.what == "there is no field 'body' in these records"
    assert problem.remedy.endswith("They have: id, text, verdict.")
    assert names() == ["a.jsonl"]


def test_a_text_within_a_record_is_found_by_its_path() -> None:
    write("a.jsonl", [{"doc": {"body": row["text"]}} for row in records(30)])
    assert dedup("a.jsonl", field="doc.body").summary.kept == 20


@pytest.mark.parametrize("option", ["out", "duplicates", "skip_broken", "write_index"])
def test_nothing_is_written_over_what_is_read(option: str) -> None:
    write("a.jsonl", records(3))
    Path("link.jsonl").symlink_to("a.jsonl")
    before = Path("a.jsonl").read_bytes()
    options: dict[str, Any] = {option: Path("link.jsonl")}
    with pytest.raises(BadInput, match="nothing is written over what is read"):
        dedup("a.jsonl", **options)
    assert Path("a.jsonl").read_bytes() == before
    assert names() == ["a.jsonl", "link.jsonl"]


def test_no_file_is_written_twice_and_no_folder() -> None:
    write("a.jsonl", records(3))
    Path("folder").mkdir()
    with pytest.raises(BadInput, match="two things are to be written"):
        dedup("a.jsonl", out="x", duplicates=Path("folder/../x"))
    with pytest.raises(BadInput, match="folder: this is a folder"):
        dedup("a.jsonl", out="folder")
    assert names() == ["a.jsonl", "folder"]


def test_a_damaged_file_is_named_and_what_was_there_stays() -> None:
    write("a.jsonl", records(30))
    Path("torn.gz").write_bytes(gzip.compress(Path("a.jsonl").read_bytes())[:-900])
    Path("out.jsonl").write_bytes(b"good\n")
    with pytest.raises(BadInput, match=r"torn\.gz:\d+: cannot be read after this line"):
        dedup("a.jsonl", "torn.gz")
    with pytest.raises(BadInput, match=r"none\.jsonl: cannot be read: No such file"):
        dedup("none.jsonl")
    assert Path("out.jsonl").read_bytes() == b"good\n"
    assert names() == ["a.jsonl", "out.jsonl", "torn.gz"]


def test_too_little_memory_says_how_much_is_needed() -> None:
    write("a.jsonl", records(3))
    with pytest.raises(BadInput, match=r"(?s)'--memory' is too little.*Allow at least \d+MiB"):
        dedup("a.jsonl", memory=1 << 20)


def test_an_empty_file_gives_an_empty_file() -> None:
    Path("a.jsonl").write_bytes(b"")
    told = dedup("a.jsonl", write_index=Path("a.index")).summary
    assert (told.documents, told.kept) == (0, 0)
    assert Path("out.jsonl").read_bytes() == b""
    write("b.jsonl", records(30))
    assert dedup("b.jsonl", against=[Path("a.index")]).summary.kept == 20


def test_bands_of_similarity_add_up_to_what_was_removed() -> None:
    rows = records(90)
    write("a.jsonl", [*rows, rows[0], {"text": rows[0]["text"].upper()}])
    for threshold in (0.5, 0.7, 0.72, 0.97, 1.0):
        told = dedup("a.jsonl", threshold=threshold).summary
        assert told.near[0].least == threshold
        assert told.near[-1].most == 1.0
        removed = told.exact + sum(band.removed for band in told.near)
        assert (told.kept + removed, told.exact) == (92, 2)

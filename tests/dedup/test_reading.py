"""Blocks of lines, some of which compiled code takes and some not."""

import json
import random
from pathlib import Path

import numpy as np
import orjson
import pytest

from dedup.preference import preference
from dedup.reading import Reading, batches, texts_at
from dedup.writing import write_kept
from exempla.corpus import RecordFile, record_files
from exempla.errors import BadInput

LINES = 3000


def corpus(folder: Path) -> tuple[RecordFile, list[bytes]]:
    """A file of more than one block with every form of line, and the lines."""
    draw = random.Random(1)
    lines = []
    for number in range(LINES):
        text = " ".join(draw.choices(["word", "é", "😀", '"', "\n"], k=draw.randrange(400)))
        id_ = draw.choice([number, str(number), 1.5, None, [number], 10**30, True])
        record = {"id": id_, "text": text}
        line = json.dumps(record, ensure_ascii=draw.random() < 0.5).encode()
        lines.append(draw.choice([line, line, line.replace(b'"text"', b'"te\\u0078t"'), b" "]))
    file = folder / "a.jsonl"
    file.write_bytes(b"\n".join(lines))
    assert file.stat().st_size > 1 << 20
    return record_files([file])[0], lines


@pytest.mark.parametrize("keep", ["longest", "first", "best:id"])
def test_records_are_those_that_orjson_reads_in_their_order(tmp_path: Path, keep: str) -> None:
    file, lines = corpus(tmp_path)
    found = []
    for batch in batches(file, Reading(("text",), preference(keep))):
        assert not batch.broken
        for row, number in enumerate(batch.lines.tolist()):
            text, id_ = batch.texts.octets(row).decode(), batch.ids.octets(row)
            found.append((number, text, orjson.loads(id_ or b"null")))
            assert batch.lengths[row] == (0 if keep == "first" else len(text))
    records = {it: orjson.loads(line) for it, line in enumerate(lines, 1) if line != b" "}
    assert found == [
        (it, record["text"], record["id"] if isinstance(record["id"], str | int) else None)
        for it, record in records.items()
    ]


def test_some_lines_are_found_again_and_copied_as_they_are(tmp_path: Path) -> None:
    file, lines = corpus(tmp_path)
    draw = random.Random(2)
    some = [it for it, line in enumerate(lines, 1) if line != b" " and draw.random() < 0.7]
    numbers = np.array(some, dtype=np.uint32)
    again = [
        texts.octets(row).decode()
        for texts in texts_at(file, ("text",), numbers)
        for row in range(len(texts.spans))
    ]
    assert again == [orjson.loads(lines[it - 1])["text"] for it in some]
    write_kept(tmp_path / "out", [file], [numbers], lambda count: None)
    assert (tmp_path / "out").read_bytes() == b"".join(lines[it - 1] + b"\n" for it in some)


def test_lines_that_are_no_longer_there_are_told(tmp_path: Path) -> None:
    file, _ = corpus(tmp_path)
    with pytest.raises(BadInput, match="has changed"):
        list(texts_at(file, ("text",), np.array([1, LINES + 9], dtype=np.uint32)))


def test_ties_are_told_by_the_line_alone(tmp_path: Path) -> None:
    lines = [b'{"text": "a", "n": %d}' % number for number in (1, 2, 1)]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([*lines, b"", lines[1]]))
    (file,) = record_files([tmp_path / "a.jsonl"])
    read = batches(file, Reading(("text",), preference("longest")))
    first, second, again, other = (tie for batch in read for tie in batch.ties.tolist())
    assert (first, second) == (again, other)
    assert first != second

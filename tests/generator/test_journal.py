import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exempla.errors import BadInput, ExemplaError
from generator.journal import Journal, JournalFile


def line(index: int, stage: str = "draft", **more: Any) -> dict[str, Any]:
    return {"index": index, "item": f"{index:020x}", "stage": stage, **more}


def write(path: Path, *records: dict[str, Any]) -> None:
    async def session() -> None:
        journal = Journal(path)
        for record in records:
            journal.append(record)
        await journal.close()

    asyncio.run(session())


def read(path: Path) -> list[dict[str, Any]]:
    file = JournalFile(path)
    records = [file.record(found.offset) for found in file.lines()]
    file.close()
    return records


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    records = [line(n, text=f"text {n}\nwith a line break") for n in range(50)]
    write(tmp_path / "j.jsonl", *records)
    assert read(tmp_path / "j.jsonl") == records


def test_heads_tell_stages_from_outcomes(tmp_path: Path) -> None:
    outcome = {"index": 7, "item": "00", "outcome": "accepted", "checks": {}}
    write(tmp_path / "j.jsonl", line(7), outcome)
    file = JournalFile(tmp_path / "j.jsonl")
    first, second = file.lines()
    file.close()
    assert (first.item, first.stage, first.outcome) == (7, "draft", None)
    assert (second.item, second.stage, second.outcome) == (7, None, "accepted")


def test_a_line_that_takes_an_item_up_again_names_reason_and_stage(tmp_path: Path) -> None:
    head = {"index": 7, "item": "00"}
    again = {**head, "again": "too short", "from": None, "attempts": 0, "limits": "ab"}
    from_draft = {**head, "again": "truncated", "from": "draft", "attempts": 3, "limits": "ab"}
    quoting = line(8, text='{"again":"no","from":null}')
    write(tmp_path / "j.jsonl", quoting, line(7), again, from_draft)
    file = JournalFile(tmp_path / "j.jsonl")
    found = [(one.stage, one.outcome, one.again, one.since) for one in file.lines()]
    file.close()
    assert found[1:] == [
        ("draft", None, None, None),
        (None, None, "too short", None),
        (None, None, "truncated", "draft"),
    ]


@settings(max_examples=30)
@given(cut=st.integers(0, 200))
def test_a_torn_last_line_is_cut_off_and_the_rest_kept(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("torn") / "j.jsonl"
    records = [line(n, text="x" * n) for n in range(4)]
    write(path, *records)
    whole = path.read_bytes()
    left = whole[: max(0, len(whole) - cut)]
    path.write_bytes(left)
    write(path, line(9))
    assert read(path) == [*records[: left.count(b"\n")], line(9)]


def test_settled_lines_are_on_the_disk_while_the_journal_is_open(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"

    async def session() -> list[dict[str, Any]]:
        journal = Journal(path)
        journal.append(line(1))
        await journal.settle()
        found = read(path)
        await journal.close()
        return found

    assert asyncio.run(session()) == [line(1)]


def test_the_cancelling_of_one_who_waits_does_not_reach_the_others(tmp_path: Path) -> None:
    async def session() -> None:
        journal = Journal(tmp_path / "j.jsonl")
        journal.append(line(1))
        impatient = asyncio.create_task(journal.settle())
        patient = asyncio.create_task(journal.settle())
        await asyncio.sleep(0)
        impatient.cancel()
        await patient
        await journal.close()

    asyncio.run(session())
    assert read(tmp_path / "j.jsonl") == [line(1)]


def test_a_second_process_is_refused_the_same_part(tmp_path: Path) -> None:
    async def session() -> None:
        journal = Journal(tmp_path / "j.jsonl")
        with pytest.raises(BadInput, match="another process is writing"):
            Journal(tmp_path / "j.jsonl")
        await journal.close()
        await Journal(tmp_path / "j.jsonl").close()

    asyncio.run(session())


def test_a_foreign_line_is_named_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    write(path, line(1))
    path.write_bytes(path.read_bytes() + b'{"what": "is this"}\n')
    with pytest.raises(BadInput) as caught:
        read(path)
    assert (caught.value.problems[0].file, caught.value.problems[0].line) == (str(path), 2)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_stops_the_journal_with_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.symlink_to("/dev/full")

    async def session() -> None:
        journal = Journal(path)
        journal.append(line(1))
        with pytest.raises(ExemplaError, match="No space left"):
            await journal.settle()
        with pytest.raises(ExemplaError, match="No space left"):
            journal.append(line(2))
        await journal.close()

    asyncio.run(session())

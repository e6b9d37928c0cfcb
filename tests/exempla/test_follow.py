import time
from pathlib import Path
from typing import Any

import orjson

from exempla.follow import Follower
from generator.folder import RunFolder
from generator.plan import Part

PART = Part(1, 2)


def stage(index: int, **spent: int) -> dict[str, Any]:
    return {"index": index, "item": f"{index:020x}", "stage": "draft", **spent}


def outcome(index: int, reason: str = "") -> dict[str, Any]:
    head = {"index": index, "item": f"{index:020x}"}
    if reason:
        return {**head, "outcome": "rejected", "reason": reason, "completion_tokens": 2}
    return {**head, "outcome": "accepted"}


def lines(*records: dict[str, Any]) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def begin(folder: RunFolder, at: float) -> None:
    folder.begun(PART).parent.mkdir(parents=True, exist_ok=True)
    folder.begun(PART).write_bytes(orjson.dumps({"at": at, "bytes": 0}) + b"\n")


def append(folder: RunFolder, text: bytes) -> None:
    with folder.journal(PART).open("ab") as file:
        file.write(text)


def test_what_is_appended_is_counted_once_and_a_torn_line_when_it_is_whole(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    follower = Follower(folder, 2, 10)
    follower.look()
    assert (follower.tally.phase, follower.tally.finished) == ("reading", 0)
    begin(folder, time.time() - 60)
    last = lines(outcome(1, "refusal"))
    append(folder, lines(stage(0, completion_tokens=5, retries=1), outcome(0)) + last[:20])
    follower.look()
    tally = follower.tally
    assert (tally.phase, tally.accepted, tally.finished) == ("writing", 1, 1)
    assert 59 < tally.seconds < 120
    append(folder, last[20:])
    follower.look()
    follower.look()
    assert (tally.accepted, dict(tally.rejected)) == (1, {"refusal": 1})
    assert (tally.spent.completion_tokens, tally.spent.retries) == (7, 1)
    assert tally.spent.cached_tokens is None


def test_an_item_that_is_taken_up_again_is_open_until_it_has_another_outcome(
    tmp_path: Path,
) -> None:
    folder = RunFolder(tmp_path)
    begin(folder, 1.0)
    again = {**stage(0), "again": "refusal", "from": None}
    del again["stage"]
    append(folder, lines(outcome(0, "refusal"), outcome(1), again))
    assert Follower(folder, 2, 5).tally.found == 1
    append(folder, lines(outcome(0, "refusal")))
    follower = Follower(folder, 2, 5)
    begin(folder, 2.0)
    append(folder, lines(again))
    follower.look()
    assert follower.tally.finished == 1
    append(folder, lines(outcome(0)))
    follower.look()
    assert follower.tally.finished == 2


def test_what_earlier_processes_finished_is_found_and_not_counted_as_written(
    tmp_path: Path,
) -> None:
    folder = RunFolder(tmp_path)
    begin(folder, 1.0)
    append(folder, lines(stage(0, completion_tokens=5), outcome(0), stage(3), outcome(9)))
    follower = Follower(folder, 2, 5)
    follower.look()
    assert (follower.tally.found, follower.tally.accepted, follower.done) == (1, 0, False)
    assert follower.tally.began is None
    begin(folder, 2.0)
    append(folder, lines(*(outcome(index) for index in range(1, 5))))
    follower.look()
    assert (follower.tally.finished, follower.tally.accepted, follower.done) == (5, 4, True)
    assert follower.tally.spent.completion_tokens == 0

from typing import Any

import pytest

from output.entry import NoEntry, entry_of, parse_record
from output.recipe import Blend, Source

FILES = Source(files=("a.jsonl",), kind="essay")
TURNS = [{"role": "user", "content": "Well?"}, {"role": "assistant", "content": "No."}]


def test_a_record_of_a_file_needs_no_more_than_its_text() -> None:
    entry = entry_of({"text": "One.", "score": 3}, FILES)
    assert (entry.kind, entry.text, entry.title, entry.seed) == ("essay", "One.", "", None)
    assert entry.id == entry_of({"text": "One."}, FILES).id != entry_of({"text": "Two."}, FILES).id


def test_what_a_record_says_of_itself_goes_before_what_its_source_says() -> None:
    record = {"id": "x", "kind": "story", "body": "One.", "text": "not this", "seed": "harbour"}
    entry = entry_of(record, Source(files=("a",), field="body", kind="essay"))
    assert (entry.id, entry.kind, entry.text, entry.seed) == ("x", "story", "One.", "harbour")


def test_a_record_with_messages_is_a_conversation() -> None:
    entry = entry_of({"messages": TURNS, "text": None}, FILES)
    assert entry.form == "messages"
    assert [turn.model_dump() for turn in entry.messages or ()] == TURNS


def test_ordinary_text_is_named_by_its_content_and_is_nothing_else() -> None:
    blend = Blend(files=("a",), share=0.5)
    entry = entry_of({"text": "One.", "id": "x", "kind": "story", "principles": ["care"]}, blend)
    assert entry.id.startswith("ordinary-")
    assert (entry.kind, entry.principles) == ("ordinary", ())


def test_a_field_may_say_what_stays_together() -> None:
    source = Source(files=("a",), kind="essay", group="site")
    groups = [entry_of({"text": "a", "site": site}, source).group for site in ("x", 7, None)]
    assert groups == ["x", "7", None]
    assert entry_of({"text": "a", "group": "other"}, source).group is None


@pytest.mark.parametrize(
    ("record", "source", "what", "remedy"),
    [
        ({"txt": "a"}, FILES, "has no field 'text'", "Did you mean 'txt'?"),
        ({"text": "a", "tokens": -1}, FILES, "'tokens': Input should be greater", "Mend"),
        ({"text": 5}, FILES, "'text': Input should be a valid string", "Mend"),
        ({"text": None}, FILES, "either 'text' or 'messages'", "Mend"),
        ({"messages": [{"role": "bot", "content": ""}]}, FILES, "'messages.0.role'", "Mend"),
        ({"text": "a"}, Source(files=("a",)), "names no 'kind'", "'kind: NAME'"),
        ({"text": "a"}, Source(), "'id'", "Mend"),
    ],
)
def test_what_no_row_can_be_made_of_is_told(
    record: dict[str, Any], source: Source, what: str, remedy: str
) -> None:
    with pytest.raises(NoEntry) as caught:
        entry_of(record, source)
    assert what in caught.value.problem.what
    assert remedy in caught.value.problem.remedy


@pytest.mark.parametrize(
    ("line", "what"), [(b"{]", "not JSON"), (b"[1]", "not a JSON object"), (b"\xff", "not JSON")]
)
def test_a_line_that_is_no_record_is_told(line: bytes, what: str) -> None:
    with pytest.raises(NoEntry, match=what):
        parse_record(line)

from collections.abc import Callable, Sequence

import pytest

from exempla.document import Document
from output.variety import (
    Row,
    first_sentence,
    last_sentence,
    numbers_in,
    title_like,
    variety,
)

Make = Callable[..., Document]


def counts(rows: Sequence[Row]) -> dict[str, int]:
    return {row.value: row.documents for row in rows}


def test_a_planted_name_is_counted_once_a_document_beside_what_was_dealt(
    make_document: Make,
) -> None:
    documents = [
        make_document(
            str(number),
            text="Rain. We saw Elara, and Elara saw Kobina.",
            dealt={"cast": "from eldest to youngest: Kobina Sarpong (he)"},
        )
        for number in range(3)
    ]
    documents.append(make_document("other", text="Rain. Nobody saw Kobina."))
    found = variety(documents, 5)
    assert [tuple(row.model_dump().values()) for row in found.names] == [
        ("Kobina", 4, 1.0, 3, False),
        ("Elara", 3, 0.75, 0, True),
    ]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Eleven came at 06:25, and forty-two went.", {"eleven", "06:25", "forty-two"}),
        ("(twelve) “Thirty—and 4,871.50.” nine 7", {"twelve", "thirty", "4,871.50"}),
        ("often tend seventyish attention", set()),
    ],
)
def test_numbers_from_ten_up_are_found_in_figures_and_in_words(
    text: str, numbers: set[str]
) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The ferry was late.", "article"),
        ("“Go,” said Esi.", "speech"),
        ("— Go, said Esi.", "speech"),
        ("Forty sacks stood there.", "number"),
        ("3 October. Slack water.", "number"),
        ("It\u2019s late.", "pronoun"),
        ("Ekua slept.", "name"),
        ("Goronwy Tudor sold sheep.", "name"),
        ("Rain fell.", "other"),
        ("", "other"),
    ],
)
def test_a_first_sentence_is_told_by_what_it_begins_with(text: str, kind: str) -> None:
    assert first_sentence(text, {"Ekua"}) == kind


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One.\n\nThe boat came in at six with all of them. They slept.", ["6 words or fewer"]),
        ("One.\n\nIt rained.", ["6 words or fewer", "the only one of its paragraph"]),
        (
            "“Is there anybody at all who has asked the children, Mr. Koomson?”",
            ["the only one of its paragraph", "ends in speech", "a question"],
        ),
        ("It rained. Nobody had been told that the pump would be off until noon.", []),
    ],
)
def test_an_ending_is_told_by_its_last_sentence(text: str, found: list[str]) -> None:
    assert last_sentence(text) == found


def test_titles_are_told_by_their_shape_and_repeats_are_named(make_document: Make) -> None:
    assert title_like("The Last Ferry: a Report") == [
        "begins with 'The'",
        "has a colon",
        "is, or begins as, an overused one",
    ]
    titles = ["The Reckoning", "The Reckoning", "Salt"]
    found = variety([make_document(str(i), title=title) for i, title in enumerate(titles)], 5)
    assert [(row.value, row.documents, row.overused) for row in found.repeated_titles] == [
        ("The Reckoning", 2, True)
    ]
    assert counts(found.titles)["stands twice"] == 2


def test_first_words_are_counted_with_what_models_overuse(make_document: Make) -> None:
    texts = ["The rain fell.", "The rain rose.", "Salt ran out."]
    found = variety([make_document(text, text=text) for text in texts], 5).openings["text"]
    assert counts(found.first_words) == {"the": 2, "salt": 1}
    assert [(row.value, row.overused) for row in found.first_two_words] == [
        ("the rain", True),
        ("salt ran", False),
    ]
    assert counts(found.first_sentences) == {"article": 2, "other": 1}


def test_in_a_chat_each_speaker_is_counted_apart_and_the_system_is_left_out() -> None:
    chat = [
        {"role": "system", "content": "You serve Elara."},
        {"role": "user", "content": "My aunt knows Kobina."},
        {"role": "assistant", "content": "I would ask him."},
        {"role": "user", "content": "My aunt won't."},
        {"role": "assistant", "content": "Then who will?"},
    ]
    found = variety([{"id": "c", "title": "", "messages": chat}], 5)
    assert set(found.openings) == {"user", "assistant"}
    assert counts(found.openings["user"].first_two_words) == {"my aunt": 1}
    assert counts(found.names) == {"Kobina": 1}
    assert "a question" in counts(found.last_sentences)


def test_the_share_of_a_dealt_value_is_of_the_documents_that_have_its_axis(
    make_document: Make,
) -> None:
    documents = [
        make_document("a", axes={"opening": "sum"}),
        make_document("b", axes={"opening": "map"}),
        make_document("c"),
    ]
    found = variety(documents, 5)
    assert {row.value: row.share for row in found.axes["opening"]} == {"map": 0.5, "sum": 0.5}


def test_no_documents_have_no_shares() -> None:
    found = variety([], 5)
    assert (found.documents, found.names, found.openings) == (0, (), {})


def test_skeletons_are_counted_by_kind(make_document: Make) -> None:
    told = {"first": "tell", "moved_by": "a question"}
    documents = [make_document(str(n), kind="story", skeleton=told) for n in range(3)]
    documents.append(make_document("held", kind="story", skeleton=told | {"first": "hold"}))
    documents.append(make_document("none"))
    found = variety(documents, 5).skeletons
    assert list(found) == ["story"]
    assert counts(found["story"]) == {"tell; a question": 3, "hold; a question": 1}
    assert found["story"][0].share == 0.75

from collections.abc import Callable

import orjson

from exempla.document import Document
from output.entry import Entry, entry_of
from output.recipe import Source
from output.row import MessagesRow, TextRow, line_of, row_of

Make = Callable[..., Document]

TURNS = [
    {"role": "system", "content": "You help in a garden shop."},
    {"role": "user", "content": "My brother sold the plot."},
    {"role": "assistant", "content": "Who signed?"},
]


def entry(document: Document) -> Entry:
    return entry_of(document.row(), Source())


def text_row(document: Document) -> TextRow:
    made = row_of(entry(document), "text", {})
    assert isinstance(made, TextRow)
    return made


def test_a_row_is_trained_on_as_title_blank_line_text(make_document: Make) -> None:
    made = text_row(make_document("a", title="The Harbour", text="One.\n\nTwo."))
    assert made.text == "The Harbour\n\nOne.\n\nTwo."
    assert text_row(make_document("a", title="", text="One.")).text == "One."


def test_rows_with_and_without_a_seed_have_the_same_keys_and_types(make_document: Make) -> None:
    rows = [
        orjson.loads(line_of(text_row(make_document("a", **fields))))
        for fields in ({"seed": None, "principles": ()}, {"seed": "harbour-pilot"})
    ]
    assert [row["seed"] for row in rows] == ["", "harbour-pilot"]
    assert [row["principles"] for row in rows] == [[""], ["honesty"]]
    shapes = [[(key, type(value)) for key, value in row.items()] for row in rows]
    assert shapes[0] == shapes[1]


def test_a_conversation_is_a_row_of_messages_with_its_tools_as_json(make_document: Make) -> None:
    tool = {"name": "stock", "description": "Looks a plant up.", "parameters": {"type": "object"}}
    document = make_document("a", title="", text=None, messages=TURNS, tools=[tool])
    made = row_of(entry(document), "messages", {})
    assert isinstance(made, MessagesRow)
    assert list(made.messages) == TURNS
    assert orjson.loads(made.tools) == [{"type": "function", "function": tool}]
    bare = row_of(
        entry(make_document("b", title="", text=None, messages=TURNS[1:])), "messages", {}
    )
    assert isinstance(bare, MessagesRow)
    assert bare.tools == "[]"


def test_documents_of_the_other_form_make_no_row_unless_they_are_converted(
    make_document: Make,
) -> None:
    chat = entry(make_document("a", title="", text=None, messages=TURNS))
    text = entry(make_document("b", kind="story"))
    asked = {"story": "Tell me a story."}
    assert row_of(chat, "text", {}) is None
    assert row_of(text, "messages", asked) is None
    assert row_of(chat, "text", {}, convert=True)
    assert row_of(text, "messages", asked, convert=True)
    assert row_of(text, "messages", {"exposition": "Explain."}, convert=True) is None


def test_a_conversation_is_text_with_each_turn_under_its_role(make_document: Make) -> None:
    chat = entry(make_document("a", title="", text=None, messages=TURNS[1:]))
    made = row_of(chat, "text", {}, convert=True)
    assert isinstance(made, TextRow)
    assert made.text == "User:\nMy brother sold the plot.\n\nAssistant:\nWho signed?"


def test_a_text_is_the_answer_to_what_a_user_would_have_asked(make_document: Make) -> None:
    text = entry(make_document("a", kind="story", title="The {Harbour}", text="One."))

    def messages(asked: str) -> list[dict[str, str]]:
        made = row_of(text, "messages", {"story": asked}, convert=True)
        assert isinstance(made, MessagesRow)
        return list(made.messages)

    assert messages("Tell me “{title}”, {now}.") == [
        {"role": "user", "content": "Tell me “The {Harbour}”, {now}."},
        {"role": "assistant", "content": "One."},
    ]
    assert messages("Tell me a story.")[1]["content"] == "The {Harbour}\n\nOne."


def test_a_prefix_stands_in_a_field_of_its_own(make_document: Make) -> None:
    made = text_row(make_document("a"))
    bare, tagged = orjson.loads(line_of(made)), orjson.loads(line_of(made, "<story>"))
    assert tagged == {**bare, "prefix": "<story>"}
    assert "prefix" not in bare

from collections.abc import Callable

import orjson

from exempla.document import Document
from output.row import MessagesRow, TextRow, row


def test_a_row_is_trained_on_as_title_blank_line_text(
    make_document: Callable[..., Document],
) -> None:
    document = make_document("a", title="The Harbour", text="One.\n\nTwo.")
    made = row(document)
    assert isinstance(made, TextRow)
    assert made.text == "The Harbour\n\nOne.\n\nTwo."


def test_rows_with_and_without_a_seed_have_the_same_keys_and_types(
    make_document: Callable[..., Document],
) -> None:
    rows = [
        orjson.loads(orjson.dumps(row(make_document("a", seed=seed))))
        for seed in (None, "harbour-pilot")
    ]
    assert [row["seed"] for row in rows] == ["", "harbour-pilot"]
    shapes = [[(key, type(value)) for key, value in row.items()] for row in rows]
    assert shapes[0] == shapes[1]


def test_a_conversation_is_a_row_of_messages_with_its_tools_as_json(
    make_document: Callable[..., Document],
) -> None:
    turns = [
        {"role": "system", "content": "You help in a garden shop."},
        {"role": "user", "content": "My brother sold the plot."},
        {"role": "assistant", "content": "Who signed?"},
    ]
    tool = {"name": "stock", "description": "Looks a plant up.", "parameters": {"type": "object"}}
    document = make_document("a", title="", text=None, messages=turns, tools=[tool])
    made = row(document)
    assert isinstance(made, MessagesRow)
    assert list(made.messages) == turns
    assert orjson.loads(made.tools) == [{"type": "function", "function": tool}]
    bare = row(make_document("b", title="", text=None, messages=turns[1:]))
    assert isinstance(bare, MessagesRow)
    assert bare.tools == "[]"

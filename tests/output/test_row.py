from collections.abc import Callable

import orjson

from exempla.document import Document
from output.row import row


def test_a_row_is_trained_on_as_title_blank_line_text(
    make_document: Callable[..., Document],
) -> None:
    document = make_document("a", title="The Harbour", text="One.\n\nTwo.")
    assert row(document).text == "The Harbour\n\nOne.\n\nTwo."


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

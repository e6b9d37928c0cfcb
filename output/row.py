"""A document as a training row."""

from dataclasses import dataclass

from exempla.document import Document


@dataclass(frozen=True, slots=True)
class TextRow:
    """One line of a shard: what is trained on, then what a trainer filters and weighs by.

    `datasets` guesses the type of a column from the first rows of the first file, and fails on a
    later file that does not fit. So each key is in every row, with one type and no null: a first
    file full of nulls, or of empty lists, cannot be read together with others.

    Left out: `axes`, whose keys differ from kind to kind; `tokens`, counted with the tokenizer of
    the model that wrote and not of the one that is trained; `checks`, `model` and `stages`, which
    are found by `id` in the run.
    """

    id: str
    text: str
    """Title, a blank line, the document."""
    kind: str
    principles: tuple[str, ...]
    """The one it was written to first; never empty."""
    clause: str
    """The point of the first principle that it was written to."""
    seed: str
    """The story seed; empty where the document has none."""


def text_row(document: Document) -> TextRow:
    """The row for a document that names a principle."""
    return TextRow(
        id=document.id,
        text=f"{document.title}\n\n{document.text}",
        kind=document.kind,
        principles=document.principles,
        clause=document.clause,
        seed=document.seed or "",
    )

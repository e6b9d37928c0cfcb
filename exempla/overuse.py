"""What models overuse and a run has too much of, as a table."""

from collections.abc import Iterable
from textwrap import shorten

from exempla.display import print_table
from output.overuse import Overuse

ROWS = 15
LONGEST = 30
"""Characters of an entry, so that a row fits 80 columns."""


def print_overused(rows: Iterable[Overuse], title: str) -> None:
    """Entries of the list of what models overuse, beside the share that each may have."""
    shown = [
        (
            shorten(row.entry, LONGEST, placeholder="…"),
            row.list,
            row.documents,
            f"{row.share:.1%}",
            f"{row.limit:.1%}",
            "beyond" if row.beyond else "",
        )
        for row in rows
    ][:ROWS]
    if shown:
        print_table(title, ["entry", "list", "documents", "share", "limit", ""], shown)

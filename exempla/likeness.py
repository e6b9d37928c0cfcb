"""How alike a run's documents are, and a project's own words, as tables."""

from collections.abc import Iterable
from dataclasses import asdict
from textwrap import shorten
from typing import Any

from exempla.display import counts_table, print_table, print_text
from exempla.errors import BadInput, Problem
from exempla.jsonl import read_records
from exempla.overuse import print_overused
from generator.folder import RunFolder
from output.variety import Row, Variety, variety
from prompts.diversity import Diversity, Repeated, diversity
from prompts.library import Library
from prompts.overused import OverusedSettings

TOP = 15
"""Rows of a table."""
LONGEST = 44
"""Characters of a value, so that a row fits 80 columns."""
DEALT_OPENINGS, DEALT_CLOSINGS = "opening", "closing"
"""What the names of the axes contain that deal beginnings and ends."""


def variety_of(folder: RunFolder) -> Variety:
    """Count over the documents of a run.

    Raises:
        BadInput: the run has not made its file of documents yet.
    """
    if not folder.documents.exists():
        raise BadInput(
            Problem(
                "there are no documents to count yet",
                "They are there when every item has an outcome; 'exempla status' shows how far "
                "it is.",
                str(folder.documents),
            )
        )
    checks = folder.frozen()["settings"]["checks"] if folder.frozen_file.exists() else {}
    limits = OverusedSettings.model_validate(checks.get("overused", {}))
    return variety(read_records(folder.documents), TOP, limits)


def print_variety(found: Variety) -> None:
    """The tables of a run, beside what its plan dealt."""
    print_text(f"Counted over {found.documents} documents.")
    _rows("Names, within sentences", found.names)
    _rows("Numbers from ten up", found.numbers)
    for speaker, openings in found.openings.items():
        of = "" if speaker == "text" else f", {speaker}"
        _rows(f"First word{of}", openings.first_words)
        _rows(f"First two words{of}", openings.first_two_words)
        _rows(f"First sentence{of}", openings.first_sentences)
    _axes(found, DEALT_OPENINGS)
    _rows("Last sentences", found.last_sentences)
    _axes(found, DEALT_CLOSINGS)
    _rows("Titles", found.titles)
    _rows("Titles of several documents", found.repeated_titles)
    for kind, rows in found.skeletons.items():
        _rows(f"Skeletons, {kind}", rows)
    print_overused(found.overused, "Overused by models")
    others = {
        name: f"{rows[0].share:.0%} {rows[0].value}"
        for name, rows in found.axes.items()
        if rows and DEALT_OPENINGS not in name and DEALT_CLOSINGS not in name
    }
    _print("Other axes: most frequent", ("axis", "value"), others.items())
    if found.short_by:
        print_text(f"Rare values were forgotten on the way; counts may lack {found.short_by}.")


def diversity_of(library: Library) -> Diversity:
    """Count over the seeds, exemplars and axes of a project."""
    return diversity(library.seeds.values(), library.exemplars.values(), library.axes.values())


def print_diversity(found: Diversity) -> None:
    """The tables of a project's prompts; what breaks the rule is shown elsewhere."""
    _repeats("Names that stand more than once", found.names)
    for sort, repeated in found.openings.items():
        _repeats(f"First two words, more than once: {sort}", repeated)
    for what, counts in found.counts.items():
        counts_table(f"{what.capitalize()} of seeds", what, dict(list(counts.items())[:TOP]))


def as_record(found: Diversity | Variety | None) -> dict[str, Any]:
    """What was counted, for scripts, under its name; nothing where nothing was."""
    match found:
        case Variety():
            return {"variety": found.model_dump()}
        case Diversity():
            counted = asdict(found)
            del counted["problems"]  # they are among the warnings
            return {"diversity": counted}
    return {}


def _axes(found: Variety, part: str) -> None:
    for name, rows in found.axes.items():
        if part in name:
            _rows(f"Dealt: {name}", rows)


def _rows(title: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    known = any(row.dealt is not None for row in rows)
    marked = any(row.overused for row in rows)
    columns = ["value", "documents", "share"]
    columns += ["dealt to"] * known + ["models overuse it"] * marked
    _print(
        title,
        columns,
        (
            (
                shorten(row.value, LONGEST, placeholder="…"),
                row.documents,
                f"{row.share:.1%}",
                *([row.dealt] if known else []),
                *(["yes" if row.overused else ""] if marked else []),
            )
            for row in rows
        ),
    )


def _repeats(title: str, repeated: Iterable[Repeated]) -> None:
    several = [one for one in repeated if one.times > 1][:TOP]
    _print(title, ("value", "times", "where"), ((it.value, it.times, _where(it)) for it in several))


def _where(repeated: Repeated) -> str:
    return shorten(", ".join(repeated.where), LONGEST, placeholder=" …")


def _print(title: str, columns: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> None:
    if rows := list(rows):
        print_table(title, list(columns), rows)

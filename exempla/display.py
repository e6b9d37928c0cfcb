"""How commands print: text, tables, JSON, errors; plain where there is no terminal.

Imports nothing but the floor, so that an error is shown even where another package hides ours.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from exempla.errors import ExemplaError, Problem

if TYPE_CHECKING:
    from rich.console import Console


@cache
def out() -> "Console":
    """The standard output."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 120, emoji=False)


@cache
def err() -> "Console":
    """The standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, emoji=False)


def print_json(value: Any) -> None:
    """One JSON value on standard output, for scripts."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, cut: bool = False
) -> None:
    """A table whose numbers are set to the right.

    Args:
        title: Above it.
        columns: Their names.
        rows: A value for each column.
        cut: Cut the last column to the width, so that each row is one line.
    """
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD if out().is_terminal else None,
        padding=(0, 1, 0, 0) if out().is_terminal else (0, 1),  # the box brings a blank of its own
    )
    for index, column in enumerate(columns):
        numbers = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        table.add_column(column, justify="right" if numbers else "left", no_wrap=not index)
    for row in _cut(columns, rows) if cut else rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    out().print(table)


def _cut(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    taken = [max(len(str(row[n])) for row in (columns, *rows)) + 2 for n in range(len(columns) - 1)]
    room = max(out().width - sum(taken) - 4, 10)  # 4: what stands at the edges
    for row in rows:
        last = str(row[-1])
        yield (*row[:-1], last if len(last) <= room else f"{last[: room - 1]}…")


def print_text(text: str, style: str = "") -> None:
    """Text as it is, wrapped at the width of the terminal."""
    if sys.stdout.isatty():
        out().print(text, style=style, markup=False)
    else:
        sys.stdout.write(f"{text}\n")  # for scripts, and at once: rich takes its time to load


def show_problems(problems: Sequence[Problem], word: str, style: str) -> None:
    """Each problem with its place and remedy, on standard error."""
    if not problems:
        return
    from rich.markup import escape

    for problem in problems:
        err().print(f"[{style}]{word}[/] {escape(str(problem))}", soft_wrap=True)


def show_error(error: ExemplaError, as_json: bool) -> None:
    """An expected error, for people or for scripts."""
    if as_json:
        problems = [
            {
                "what": problem.what,
                "remedy": problem.remedy,
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
            }
            for problem in error.problems
        ]
        print_json({"error": type(error).__name__, "exit": error.exit_code, "problems": problems})
        return
    style = "yellow" if error.exit_code == 75 else "red"
    show_problems(error.problems, "stopped:" if error.exit_code == 75 else "error:", style)


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def counts_table(title: str, name: str, counts: Mapping[str, int]) -> None:
    """Counts, in the order given."""
    print_table(title, (name, "items"), list(counts.items()))


def share(part: int, whole: int) -> float | None:
    """A part of a whole, to four places; None of nothing."""
    return round(part / whole, 4) if whole else None


def use_words(use: Mapping[str, Any]) -> str:
    """How the engine was used, in one line; what it does not tell is left out."""
    words = [f"{use['tokens']:,} tokens written"]
    if use["tokens_per_second"]:
        words.append(f"{use['tokens_per_second']:,.0f} a second")
    if use["cut_off"] is not None:
        words.append(f"{use['cut_off']:.1%} of answers cut off")
    if use["prefix_cache_hits"] is not None:
        words.append(f"{use['prefix_cache_hits']:.0%} of prompt tokens from the prefix cache")
    if use["retries"]:
        words.append(f"{use['retries']:,} requests sent again")
    return ", ".join(words)

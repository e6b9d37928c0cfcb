"""What commands print: tables, progress, errors; plain where there is no terminal."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from exempla.errors import ExemplaError, Problem

if TYPE_CHECKING:  # an error must be shown even where another package hides one of ours
    from generator.run import Tally

EVERY = 15.0
"""Seconds between two lines of progress where there is no terminal."""

out = Console(highlight=False, width=None if sys.stdout.isatty() else 120, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)


def print_json(value: Any) -> None:
    """One JSON value on standard output, for scripts."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table whose numbers are set to the right."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD if out.is_terminal else None,
    )
    for index, column in enumerate(columns):
        numbers = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        table.add_column(column, justify="right" if numbers else "left", no_wrap=not index)
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    out.print(table)


def print_text(text: str, style: str = "") -> None:
    """Text as it is, wrapped at the width of the terminal."""
    out.print(text, style=style, markup=False, soft_wrap=not out.is_terminal)


def show_problems(problems: Sequence[Problem], word: str, style: str) -> None:
    """Each problem with its place and remedy, on standard error."""
    for problem in problems:
        err.print(f"[{style}]{word}[/] {escape(str(problem))}", soft_wrap=True)


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


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[["Tally"], None]]:
    """A bar on a terminal, a plain line now and then elsewhere; nothing if `quiet`."""
    if quiet:
        yield lambda tally: None
    elif err.is_terminal:
        with _bar() as show:
            yield show
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Callable[["Tally"], None]]:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rates]}"),
        TimeElapsedColumn(),
        console=err,
    )
    task = bar.add_task("reading", total=None, rates="")
    speed = _Speed()

    def show(tally: "Tally") -> None:
        bar.update(
            task,
            description=tally.phase,
            total=tally.planned or None,
            completed=tally.finished,
            rates=speed.words(tally),
        )

    with bar:
        yield show


def _lines() -> Callable[["Tally"], None]:
    speed = _Speed()
    last = 0.0
    phase = ""

    def show(tally: "Tally") -> None:
        nonlocal last, phase
        now = time.monotonic()
        if tally.planned and (now - last >= EVERY or tally.phase != phase):
            last, phase = now, tally.phase
            err.print(
                f"{tally.phase}: {tally.finished} of {tally.planned} items  {speed.words(tally)}",
                markup=False,
                soft_wrap=True,
            )

    return show


class _Speed:
    """Rates since the first item was asked for."""

    def __init__(self) -> None:
        self._start: float | None = None

    def words(self, tally: "Tally") -> str:
        """Tokens a second, what was kept and not, and the time left."""
        if tally.phase != "writing" and self._start is None:
            return ""
        now = time.monotonic()
        self._start = self._start or now
        seconds = now - self._start
        text = f"{tally.accepted} accepted, {tally.rejected.total()} rejected"
        done = tally.finished - tally.found
        if seconds > 1:
            text += f", {tally.completion_tokens / seconds:,.0f} tokens/s"
        if done and tally.phase == "writing":
            left = (tally.planned - tally.finished) * seconds / done
            text += f", {duration(left)} left"
        return text


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def counts_table(title: str, name: str, counts: Mapping[str, int]) -> None:
    """Counts in the order given, largest share first where it says nothing."""
    print_table(title, (name, "items"), list(counts.items()))

"""How far a run is: a bar on a terminal, a plain line now and then elsewhere."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from exempla.display import duration, err
from generator.run import Tally

EVERY = 15.0
"""Seconds between two lines of progress where there is no terminal."""
SURE = 50
"""Finished items, or a quarter of a small plan, before the time left is worth saying."""


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Tally], None]]:
    """A bar on a terminal, a plain line now and then elsewhere; nothing if `quiet`."""
    if quiet:
        yield lambda tally: None
        return
    log = logging.getLogger("generator")
    log.setLevel(logging.INFO)
    handler = RichHandler(console=err(), show_time=False, show_level=False, show_path=False)
    log.addHandler(handler)
    try:
        if err().is_terminal:
            with _bar() as show:
                yield show
        else:
            yield _lines()
    finally:
        log.removeHandler(handler)


@contextmanager
def steps(quiet: bool) -> Iterator[Callable[[str], None]]:
    """What is being done, where nobody can say how much of it: in place on a terminal."""
    if quiet:
        yield lambda step: None
    elif err().is_terminal:
        with err().status("reading") as status:
            yield status.update
    else:
        yield lambda step: err().print(step, markup=False, soft_wrap=True)


@contextmanager
def _bar() -> Iterator[Callable[[Tally], None]]:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rates]}"),
        TimeElapsedColumn(),
        console=err(),
    )
    task = bar.add_task("reading", total=None, rates="")

    def show(tally: Tally) -> None:
        bar.update(
            task,
            description=_phase(tally),
            total=tally.planned or None,
            completed=tally.finished,
            rates=_rates(tally),
        )

    with bar:
        yield show


def _lines() -> Callable[[Tally], None]:
    last = 0.0
    phase = ""

    def show(tally: Tally) -> None:
        nonlocal last, phase
        now = time.monotonic()
        if tally.planned and (now - last >= EVERY or tally.phase != phase):
            last, phase = now, tally.phase
            err().print(
                f"{_phase(tally)}: {tally.finished} of {tally.planned} items  {_rates(tally)}",
                markup=False,
                soft_wrap=True,
            )

    return show


def _phase(tally: Tally) -> str:
    return f"{tally.phase}, {tally.doing}" if tally.doing else tally.phase


def _rates(tally: Tally) -> str:
    """Tokens a second, what was kept and not, and the time left."""
    seconds = tally.seconds
    if not seconds:
        return ""
    text = f"{tally.accepted} accepted, {tally.rejected.total()} rejected"
    done = tally.finished - tally.found
    if seconds > 1:
        text += f", {tally.spent.completion_tokens / seconds:,.0f} tokens/s"
    if done >= min(SURE, tally.planned / 4) and tally.phase in ("writing", "judging"):
        left = (tally.planned - tally.finished) * seconds / done
        text += f", {duration(left)} left"
    return text

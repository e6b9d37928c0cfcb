"""How far some work is: a bar on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from exempla.display import err

EVERY = 15.0
"""Seconds between two lines where there is no terminal."""


class Step(NamedTuple):
    """How far it is."""

    phase: str
    """What is being done; a new one is told of at once."""
    done: int
    total: int | None
    """None where it is not known yet."""
    rates: str = ""
    """What else is worth saying."""
    doing: str = ""
    """More of what is being done, which alone is not worth a new line."""

    @property
    def title(self) -> str:
        """What is being done, in full."""
        return f"{self.phase}, {self.doing}" if self.doing else self.phase


@contextmanager
def bar(unit: str) -> Iterator[Callable[[Step], None]]:
    """Show steps while the block goes on.

    Args:
        unit: What is counted, in the plural.
    """
    if err().is_terminal:
        with _bar() as show:
            yield show
    else:
        yield _lines(unit)


@contextmanager
def _bar() -> Iterator[Callable[[Step], None]]:
    drawn = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rates]}"),
        TimeElapsedColumn(),
        console=err(),
    )
    task = drawn.add_task("reading", total=None, rates="")

    def show(step: Step) -> None:
        drawn.update(
            task,
            description=step.title,
            total=step.total,
            completed=step.done,
            rates=step.rates,
        )

    with drawn:
        yield show


def _lines(unit: str) -> Callable[[Step], None]:
    last = 0.0
    phase = ""

    def show(step: Step) -> None:
        nonlocal last, phase
        now = time.monotonic()
        if now - last >= EVERY or step.phase != phase:
            last, phase = now, step.phase
            of = "" if step.total is None else f" of {step.total}"
            counted = f": {step.done}{of} {unit}  {step.rates}" if step.done or of else ""
            err().print(f"{step.title}{counted}", markup=False, soft_wrap=True)

    return show

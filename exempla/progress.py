"""How far a run is."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.logging import RichHandler

from exempla.bar import Step, bar
from exempla.display import duration, err
from generator.run import Tally

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
        with bar("items") as draw:

            def show(tally: Tally) -> None:
                # On no terminal, nothing is said before it is known how much there is.
                if tally.planned or err().is_terminal:
                    draw(_step(tally))

            yield show
    finally:
        log.removeHandler(handler)


def _step(tally: Tally) -> Step:
    return Step(tally.phase, tally.finished, tally.planned or None, _rates(tally), tally.doing)


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

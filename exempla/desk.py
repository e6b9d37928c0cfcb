"""An author's desk: the prompts or samples of chosen items, shown once or after each save."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from exempla import display
from exempla.errors import ExemplaError
from exempla.execute import cancelled_by, shown, signalled
from exempla.lint import check_templates
from exempla.preview import Wanted, dealt_to, find_items, prompts_of
from exempla.progress import progress
from exempla.project import Project, load_project
from exempla.samples import Bench, Written, interrupted, write
from exempla.sheet import (
    print_differences,
    print_item,
    print_prompts,
    print_samples,
    sample_record,
)
from exempla.watch import Change, Files, saves, watch
from generator.item import Item
from generator.run import Tally
from generator.sample import Sample


@dataclass(frozen=True, slots=True)
class Choice:
    """What the author wants to see."""

    home: Path
    overrides: Sequence[str]
    wanted: Wanted
    stage: str | None = None
    """This stage alone."""
    samples: int | None = None
    """To be written; None for prompts alone."""
    all_stages: bool = False
    """Show all that led to each sample."""


class View(NamedTuple):
    """What is on the desk."""

    project: Project
    items: list[Item]
    prompts: list[list[dict[str, Any]]]
    """Of each item."""


def look(choice: Choice) -> View:
    """Load the project and find the items.

    Raises:
        BadInput: a file is wrong, or no item fits.
    """
    project = load_project(choice.home, choice.overrides)
    items = find_items(project.plan, choice.wanted, choice.samples or 1)
    return View(project, items, [prompts_of(project, item, choice.stage) for item in items])


def show_prompts(choice: Choice, *, as_json: bool) -> None:
    """Show the prompts of one item."""
    project, (item,), (prompts,) = look(choice)
    dealt = dealt_to(project, item)
    if as_json:
        about = [found._asdict() for found in dealt]
        display.print_json({"item": asdict(item), "dealt": about, "stages": prompts})
        return
    print_item(item, dealt)
    print_prompts(prompts)


def show_samples(choice: Choice, *, as_json: bool, quiet: bool) -> None:
    """Write samples and show them.

    Raises:
        Interrupted: on SIGINT or SIGTERM; what was finished is shown.
        ExemplaError: the engine or the disk failed; what was finished is shown.
    """
    view = look(choice)
    check_templates(view.project)
    with progress(quiet) as show:
        written = write(view.project, view.items, show, signalled)
    if as_json:
        _print_json(choice, view, written)
    else:
        _print_samples(choice, view, written.samples)
        if not written.stopped:
            display.print_text(_summary(choice, written), style="bold")
    if written.stopped:
        raise written.stopped


def watch_desk(
    choice: Choice,
    *,
    quiet: bool,
    stop: Callable[[], Awaitable[None]] = signalled,
) -> None:
    """Show prompts, or write samples, and again after each save, until told to stop.

    Raises:
        ExemplaError: the files cannot be watched.
    """
    files = Files(choice.home, choice.overrides)
    desk = _Desk(choice, quiet=quiet)

    async def session() -> None:
        try:
            async with cancelled_by(stop):
                await watch(files.read, saves(files), desk.look, desk.show, desk.write)
        except asyncio.CancelledError:
            display.print_text("\nNo longer watching.", style="dim")
        finally:
            await desk.bench.close()

    asyncio.run(session())


class _Desk:
    """What a session of watching keeps."""

    def __init__(self, choice: Choice, *, quiet: bool) -> None:
        self.bench = Bench()
        self._choice = choice
        self._quiet = quiet
        self._wrong = False
        """Whether a file is, or was when last looked at."""

    def look(self) -> View:
        """What there is now; an item that was named by its id is the same number ever after."""
        view = look(self._choice)
        check_templates(view.project)
        if self._choice.wanted.item is not None:
            # Its id changes with every edit.
            wanted = self._choice.wanted._replace(item=str(view.items[0].index))
            self._choice = replace(self._choice, wanted=wanted)
        return view

    def show(self, change: Change[View]) -> None:
        """What was saved, and what has come of it."""
        if change.files:
            names = ", ".join(_name(path, self._choice.home) for path in change.files)
            display.print_text(f"\n===== {time.strftime('%H:%M:%S')} {names} =====", "bold cyan")
        if change.error:
            display.show_problems(change.error.problems, "error:", "red")
        elif change.now:
            if self._wrong:
                display.print_text("No more errors.", style="green")
            self._show_prompts(change.before, change.now)
        self._wrong = change.error is not None
        if not change.files or change.error:
            display.print_text(
                "\nWatching the constitution, the prompts and exempla.yaml; Ctrl-C ends it.", "dim"
            )

    def _show_prompts(self, before: View | None, now: View) -> None:
        first = before is None
        old = before.prompts if before else []
        if self._choice.samples is None:
            if before is None or _dealt(before) != _dealt(now):
                print_item(now.items[0], dealt_to(now.project, now.items[0]))
            known = {stage["stage"]: stage for stage in (old[0] if old else [])}
            changed = [s for s in now.prompts[0] if known.get(s["stage"]) != s]
            print_prompts(changed, old[0] if old else ())
        if first:
            return
        for item, then, prompts in zip(now.items, old, now.prompts, strict=False):
            if then != prompts:
                display.print_text(f"\nWhat is different in the prompts of item {item.index}:")
                print_differences(then, prompts)
                return
        which = f"of item {now.items[0].index}" if len(now.items) == 1 else "of these items"
        display.print_text(f"The prompts {which} are as they were.", "dim")

    async def write(self, view: View) -> None:
        """Write samples, if any are wanted; what is finished is shown, whatever stops the rest."""
        if self._choice.samples is None:
            return
        samples: list[Sample] = []
        tally = Tally()
        stopped: ExemplaError | None = None
        with progress(self._quiet) as show:
            try:
                async with shown(tally, show):
                    await self.bench.write(view.project, view.items, tally, samples)
            except asyncio.CancelledError:
                stopped = interrupted(samples, len(view.items))
            except ExemplaError as error:
                stopped = error
        _print_samples(self._choice, view, [sample for sample in samples if sample.outcome])
        if stopped:
            word, style = ("stopped:", "yellow") if stopped.exit_code == 75 else ("error:", "red")
            display.show_problems(stopped.problems, word, style)
        else:
            written = Written(samples, len(view.items))
            display.print_text(_summary(self._choice, written), style="bold")


def _print_samples(choice: Choice, view: View, samples: Sequence[Sample]) -> None:
    dealt = {sample.item.id: dealt_to(view.project, sample.item) for sample in samples}
    print_samples(samples, dealt, all_stages=choice.all_stages, stage=choice.stage)


def _print_json(choice: Choice, view: View, written: Written) -> None:
    display.print_json(
        {
            "asked": choice.samples,
            "samples": [
                sample_record(sample, dealt_to(view.project, sample.item))
                for sample in written.samples
            ],
        }
    )


def _summary(choice: Choice, written: Written) -> str:
    accepted = sum(sample.accepted for sample in written.samples)
    rejected = len(written.samples) - accepted
    samples = "1 sample" if written.asked == 1 else f"{written.asked} samples"
    text = f"{accepted} accepted + {rejected} rejected = {samples}"
    if written.asked < (choice.samples or 0):
        text += f"; no more items fit {choice.wanted}" if str(choice.wanted) else "; the whole plan"
    return text


def _dealt(view: View) -> list[Any]:
    return list(dealt_to(view.project, view.items[0]))


def _name(path: Path, home: Path) -> str:
    return str(path.relative_to(home) if path.is_relative_to(home) else path)

"""The commands. Each reads its arguments, calls one function and prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exempla.cli_dedup import dedup
from exempla.cli_judge import judge
from exempla.cli_mix import mix
from exempla.cli_plan import plan
from exempla.cli_preview import preview
from exempla.cli_show import show
from exempla.cli_verify import verify
from exempla.options import (
    HERE,
    NONE,
    JsonOption,
    ProjectOption,
    QuietOption,
    RayCommand,
    SetOption,
    importing_ray,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from exempla.finish import Result
    from exempla.project import Project
    from generator.plan import Part

app = typer.Typer(
    name="exempla",
    help="Expand a constitution into documents and stories of AIs that act admirably.",
    epilog="Begin with: exempla init my-mix && cd my-mix && exempla lint",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich would double the time that --help takes
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _project(home: Path, overrides: list[str]) -> "Project":
    from exempla.project import load_project

    return load_project(home, overrides)


@app.command(epilog="Example: exempla init my-mix")
def init(folder: Annotated[Path, typer.Argument(help="A new folder.")]) -> None:
    """Make a project folder with the built-in constitution, prompts and recipes to edit."""
    from exempla.display import print_text
    from exempla.init import init as make

    made = ", ".join(path.name for path in make(folder))
    print_text(f"Made {folder} with {made}.\nNext: cd {folder} && exempla lint && exempla plan")


@app.command("import", epilog="Example: exempla import SPEC.md --out my-mix/charter")
def import_(
    spec: Annotated[Path, typer.Argument(metavar="SPEC.md", help="A text in Markdown.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A new folder for the principles.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the outline and write nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Cut a constitution or model spec into principle files; no text of it is lost."""
    from constitution.spec_import import check_free, read_spec, write
    from exempla.errors import BadInput, Problem
    from exempla.tables import print_imported

    if out is None and not dry_run:
        what = "nothing says where the principles should go"
        raise BadInput(Problem(what, "Add --out DIR, or --dry-run to see the outline."))
    if out is not None:
        check_free(out)
    imported = read_spec(spec)
    written = None if dry_run else out
    if written is not None:
        write(imported, written)
    print_imported(imported, written, as_json=as_json)


@app.command(epilog="Example: exempla lint --project my-mix")
def lint(
    project: ProjectOption = HERE,
    set_: SetOption = NONE,
    diversity: Annotated[
        bool,
        typer.Option(
            "--diversity",
            help="Also names, openings, settings in seeds, exemplars, axes: no name more than "
            "twice, no opening more than three times; what breaks this is listed first.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check everything that can be checked without a model; all errors at once."""
    from dataclasses import asdict

    from exempla import display
    from exempla.likeness import as_record, diversity_of, print_diversity
    from exempla.lint import check_templates, missing_engine, warnings

    loaded = _project(project, set_)
    check_templates(loaded)
    counted = diversity_of(loaded.library) if diversity else None
    found = [*(counted.problems if counted else ()), *warnings(loaded), *missing_engine(loaded)]
    if as_json:
        display.print_json({"warnings": [asdict(one) for one in found], **as_record(counted)})
        return
    display.show_problems(found, "warning:", "yellow")
    if counted:
        print_diversity(counted)
    stages = sum(len(kind.stages) for kind in loaded.library.kinds.values())
    display.print_text(
        f"No errors: {len(loaded.constitution.principles)} principles with "
        f"{sum(len(p.clauses) for p in loaded.constitution.principles)} clauses, "
        f"{len(loaded.library.kinds)} kinds with {stages} stages, "
        f"{len(loaded.library.seeds)} seeds, {len(loaded.library.axes)} axes, a rubric with "
        f"{len(loaded.judging.rubric.items)} items and {len(loaded.judging.rubric.flags)} flags."
    )


app.command(epilog="Example: exempla plan --set plan.items=10000 --pilot 40")(plan)
app.command(epilog="Example: exempla preview --kind story --write 3")(preview)


@app.command(cls=RayCommand, epilog="Example: exempla run --set engine.name=scripted --limit 50")
def run(
    project: ProjectOption = HERE,
    set_: SetOption = NONE,
    worker: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Write the K-th of N parts in one shared folder."),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="[ADDRESS]",
            help="Write by actors on a Ray cluster: HOST:PORT, auto or local; by default "
            "RAY_ADDRESS, else the one on this machine, else a new one.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many items of the plan.")
    ] = None,
    reuse: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Take over from an earlier run's folder every item that no edit has touched.",
        ),
    ] = None,
    again: Annotated[
        list[str],
        typer.Option(
            metavar="REASON",
            help="Take up once more what was rejected for this reason, under limits that may have "
            "changed; may be given several times.",
        ),
    ] = NONE,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write, check, deduplicate and mix. The same command goes on where it was stopped."""
    from exempla.display import show_problems
    from exempla.execute import execute
    from exempla.lint import warnings
    from exempla.progress import progress
    from exempla.tables import print_result

    part = _part(worker or "1/1")
    on_ray = _on_ray(worker, reuse, again) if ray is not None else None
    loaded = _project(project, set_)
    if not quiet:
        show_problems(warnings(loaded), "warning:", "yellow")
    with progress(quiet) as show:
        if on_ray and ray is not None:
            result = on_ray(loaded, set_, ray, limit, show)
        else:
            result = execute(loaded, part, limit, show, reuse, again)
    print_result(loaded.run_folder, result, as_json=as_json)


def _part(text: str) -> "Part":
    from exempla.errors import BadInput, Problem
    from generator.plan import Part

    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise BadInput(Problem(f"'--worker {text}' is not K/N", "Write --worker 1/4 to 4/4."))
    return Part(int(number), int(count))


def _on_ray(worker: str | None, reuse: Path | None, again: list[str]) -> "Callable[..., Result]":
    from exempla.errors import BadInput, Problem

    if worker is not None:
        both = "'--ray' and '--worker' cannot be given together"
        raise BadInput(Problem(both, "With --ray the parts are handed out; leave --worker out."))
    if reuse is not None:
        both = "'--ray' and '--reuse' cannot be given together"
        remedy = "What is left after an edit is mostly little: leave --ray out."
        raise BadInput(Problem(both, remedy))
    if again:
        both = "'--ray' and '--again' cannot be given together"
        raise BadInput(Problem(both, "Take up each part by itself: --worker 1/N and so on."))
    with importing_ray():
        from exempla.on_ray import execute_on_ray
    return execute_on_ray


@app.command(epilog="Example: exempla status runs/first")
def status(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    variety: Annotated[
        bool,
        typer.Option(
            "--variety",
            help="Also names, numbers, first words, last sentences, titles over the whole run, "
            "beside their dealt shares.",
        ),
    ] = False,
    clauses: Annotated[bool, typer.Option("--clauses", help="Also every clause by kind.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what is done, what was rejected and why, and the time left; also while it runs."""
    from exempla import display
    from exempla.likeness import as_record, print_variety, variety_of
    from exempla.status import status as count
    from exempla.tables import print_status
    from generator.folder import RunFolder

    found, counted = count(RunFolder(folder)), variety_of(RunFolder(folder)) if variety else None
    if as_json:
        display.print_json(found | as_record(counted))
        return
    print_status(found, clauses=clauses)
    if counted:
        print_variety(counted)


app.command(cls=RayCommand, epilog="Example: exempla dedup data/ --out unique.jsonl.zst")(dedup)
app.command(epilog="Example: exempla mix midtraining --dry-run")(mix)
app.command(epilog="Example: exempla show runs/first 3f9a")(show)
app.command(epilog="Example: exempla judge runs/first --rubric mine.yaml")(judge)
app.command(epilog="Example: exempla verify runs/first")(verify)


@app.command(epilog="Example: exempla demo --items 16")
def demo(
    items: Annotated[int, typer.Option(min=2, help="How many small documents.")] = 16,
    project: ProjectOption = HERE,
    set_: SetOption = NONE,
) -> None:
    """Write a small mix with a tiny real model, in a few minutes on any machine."""
    from exempla.demo import demo as run_demo

    run_demo(project, items, set_)

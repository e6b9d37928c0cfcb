"""The command `plan`: what would be written, and after a pilot what it would come to."""

from typing import Annotated

import typer

from exempla.options import HERE, NONE, JsonOption, ProjectOption, QuietOption, SetOption


def plan(
    project: ProjectOption = HERE,
    set_: SetOption = NONE,
    pilot: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=2,
            help="Write the first N items for real, in the run's folder, where 'exempla run' goes "
            "on from them, and forecast the whole plan.",
        ),
    ] = None,
    axes: Annotated[bool, typer.Option("--axes", help="Also every axis value and seed.")] = False,
    clauses: Annotated[bool, typer.Option("--clauses", help="Also every clause by kind.")] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what would be written, how evenly, and how many tokens at most; what it takes."""
    from exempla import display
    from exempla.project import load_project

    loaded = load_project(project, set_)
    if pilot is not None:
        from exempla.pilot import fly
        from exempla.progress import progress
        from exempla.prospect import print_forecast

        with progress(quiet) as show:
            forecast = fly(loaded, pilot, show)
        if as_json:
            display.print_json(forecast)
        else:
            print_forecast(forecast)
        return
    from exempla.coverage import coverage
    from exempla.tables import print_coverage

    covered = coverage(loaded)
    if as_json:
        display.print_json(covered)
    else:
        print_coverage(covered, axes=axes, clauses=clauses)

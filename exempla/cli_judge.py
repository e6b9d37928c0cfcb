"""The command `judge`: a finished run judged again, or a judge tried on labelled documents."""

import json
from pathlib import Path
from typing import Annotated

import typer

from exempla.options import HERE, NONE, JsonOption, ProjectOption, SetOption


def judge(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="A finished run's folder.")
    ] = None,
    rubric: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another rubric than the project's.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The folder below RUN/judged for these verdicts; by default made from rubric and "
            "settings, so that the same command goes on.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many documents, the same ones each time.")
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="SCORES",
            help="Tell the agreement with a CSV file (a column id, and one an item) or with "
            "another folder of verdicts.",
        ),
    ] = None,
    calibrate: Annotated[
        bool,
        typer.Option("--calibrate", help="Try the judge on labelled documents, good and bad."),
    ] = False,
    project: ProjectOption = HERE,
    set_: SetOption = NONE,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Judge a run's documents again and write nothing anew; or try the judge itself."""
    from exempla.errors import BadInput, Problem
    from exempla.lint import check_judge
    from exempla.project import load_project

    if (folder is None) != calibrate:
        what = "name a run to judge, or --calibrate" if folder is None else "one thing at a time"
        remedy = "Write 'exempla judge runs/first', or 'exempla judge --calibrate'."
        raise BadInput(Problem(what, remedy))
    if calibrate and (compare or name):
        what = "'--compare' and '--name' are for a run's documents"
        raise BadInput(Problem(what, "Leave them out with --calibrate."))
    if rubric is not None:
        set_ = [*set_, f"judge.rubric={json.dumps(str(rubric.resolve()))}"]
    loaded = load_project(project, set_)
    check_judge(loaded)
    if folder is None:
        from exempla.trial import show_calibration

        show_calibration(loaded, limit, quiet=quiet, as_json=as_json)
    else:
        from exempla.rejudged import show_rejudged
        from generator.folder import RunFolder

        show_rejudged(loaded, RunFolder(folder), name, limit, compare, quiet=quiet, as_json=as_json)

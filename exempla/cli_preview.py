"""The command `preview`: what an author looks at while writing."""

from typing import Annotated

import typer

from exempla.options import HERE, NONE, JsonOption, ProjectOption, QuietOption, SetOption


def preview(
    number: Annotated[
        str | None,
        typer.Argument(metavar="[ITEM]", help="As --item.", show_default=False),
    ] = None,
    item: Annotated[
        str | None,
        typer.Option(help="An item's number in the plan, from 0, or the beginning of its id."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="The first item of this kind.")] = None,
    principle: Annotated[str | None, typer.Option(help="The first one for this principle.")] = None,
    seed: Annotated[str | None, typer.Option(help="The first one from this seed.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only this stage.")] = None,
    write: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Write samples of the first N items that fit, with the project's engine, and "
            "show them side by side; nothing is kept.",
        ),
    ] = None,
    stages: Annotated[
        bool, typer.Option("--stages", help="With --write, also what led to each sample.")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Show it anew whenever a file is saved; Ctrl-C ends it."),
    ] = False,
    project: ProjectOption = HERE,
    set_: SetOption = NONE,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the prompts of one item as the model will see them, or samples of what it writes."""
    from exempla.desk import Choice, show_prompts, show_samples, watch_desk
    from exempla.errors import BadInput, Problem
    from exempla.preview import Wanted

    if number is not None and item is not None:
        raise BadInput(Problem("an item is named twice", "Leave one of ITEM and --item out."))
    if watch and as_json:
        what = "'--watch' and '--json' cannot be given together"
        raise BadInput(Problem(what, "A watch has no end, and so no one value to print."))
    if stages and write is None:
        raise BadInput(Problem("'--stages' is for samples", "Add --write N."))
    named = number if item is None else item
    choice = Choice(project, set_, Wanted(named, kind, principle, seed), stage, write, stages)
    if watch:
        watch_desk(choice, quiet=quiet)
    elif write is not None:
        show_samples(choice, as_json=as_json, quiet=quiet)
    else:
        show_prompts(choice, as_json=as_json)

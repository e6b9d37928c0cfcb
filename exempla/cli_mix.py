"""The command `mix`: training files from finished runs and other files, by a recipe."""

from pathlib import Path
from typing import Annotated

import typer

from exempla.options import HERE, NONE, JsonOption, ProjectOption, QuietOption, SetOption


def mix(
    recipe: Annotated[
        str | None,
        typer.Argument(
            metavar="[RECIPE]",
            help="A recipe's file, or the name of one in the project's recipes/ or built in: "
            "documents, chat, small, midtraining.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The mix's folder; by default mixes/NAME of the run, or of the folder of runs "
            "where the recipe has other sources.",
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what it would hold and what is short, and write no mix."
        ),
    ] = False,
    check: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Make nothing: compare a mix with its manifest, every byte and every row.",
        ),
    ] = None,
    project: ProjectOption = HERE,
    set_: SetOption = NONE,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make training files of documents that are there, by a recipe; or check those that are."""
    from exempla.errors import BadInput, Problem
    from exempla.mix_tables import print_mix, print_outline, shown
    from exempla.mixing import kitchen_of, make_mix, outline
    from exempla.project import load_project, recipe_folders
    from exempla.scratch import interruptible
    from output.recipe import find_recipe, load_recipe

    if check is not None and recipe is None:
        from exempla.mix_tables import print_checked
        from output.check import check_mix

        print_checked(check, check_mix(check), as_json=as_json)
        return
    if recipe is None or check is not None:
        remedy = "Write 'exempla mix documents', or 'exempla mix --check FOLDER'."
        raise BadInput(Problem("give a recipe, or --check with the folder of a mix", remedy))
    kitchen = kitchen_of(load_project(project, set_))
    file = load_recipe(find_recipe(recipe, recipe_folders(project)))
    if dry_run:
        with interruptible(), shown(quiet=quiet) as show:
            found = outline(kitchen, file, show)
        print_outline(out or kitchen.place(file.recipe), found, as_json=as_json)
        return
    with interruptible(), shown(quiet=quiet) as show:
        folder, manifest = make_mix(kitchen, file, show, out)
    print_mix(folder, manifest, as_json=as_json)

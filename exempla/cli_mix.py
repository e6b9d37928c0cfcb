"""The command `mix`: training files from finished runs and other files, by a recipe."""

from pathlib import Path
from typing import Annotated

import typer

from exempla.options import HERE, NONE, JsonOption, ProjectOption, QuietOption, SetOption


def mix(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="A recipe's file, or the name of one in the project's recipes/ or built in: "
            "documents, chat, small, midtraining.",
        ),
    ],
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
    project: ProjectOption = HERE,
    set_: SetOption = NONE,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make training files of documents that are there, by a recipe."""
    from exempla.mix_tables import print_mix, print_outline, shown
    from exempla.mixing import kitchen_of, make_mix, outline
    from exempla.project import load_project, recipe_folders
    from exempla.scratch import interruptible
    from output.recipe import find_recipe, load_recipe

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

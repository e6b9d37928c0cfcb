"""The command `verify`: whether a run's files are what its journal says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exempla.options import HERE, NONE, JsonOption, ProjectOption, QuietOption, SetOption

if TYPE_CHECKING:
    from exempla.comparison import Comparison


def verify(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run's folder.")],
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="As it was run: only the first so many items of the plan."),
    ] = None,
    project: ProjectOption = HERE,
    set_: SetOption = NONE,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make everything of a run again from its journal, in a temporary folder, and compare.

    Each file is the same byte for byte, or differs, is missing or unexpected; the exit code is 1
    where not all are the same. Nothing in RUN is touched, and no model is asked.
    """
    from dataclasses import asdict

    from exempla import display
    from exempla.mix_tables import shown
    from exempla.scratch import interruptible
    from exempla.verify import verify as make_again
    from generator.folder import RunFolder

    with interruptible(), shown(quiet=quiet) as show:
        found = make_again(project, set_, RunFolder(folder), limit, show)
    if as_json:
        files = [asdict(file) for file in found.files]
        display.print_json({"run": str(folder), "same": found.same, "files": files})
    else:
        rows = [(file.file, _told(file)) for file in found.files]
        display.print_table(f"{folder}, made again", ("file", "found"), rows)
        display.print_text(
            f"All {len(rows)} files are the same, byte for byte: {found.result.accepted} "
            f"accepted + {found.result.rejected} rejected = {found.result.planned} planned."
            if found.same
            else f"{sum(file.found != 'same' for file in found.files)} of {len(rows)} files are "
            "not what the journal says; 'exempla run' makes those that differ or are missing again."
        )
    if not found.same:
        raise typer.Exit(1)


def _told(file: "Comparison") -> str:
    if file.found != "differs":
        return file.found
    return f"differs from byte {file.offset}" + (f", in line {file.line}" if file.line else "")

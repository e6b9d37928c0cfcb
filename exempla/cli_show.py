"""The command `show`: how a document came about, or a sample of the judge's verdicts."""

from pathlib import Path
from typing import Annotated

import typer

from exempla.options import JsonOption


def show(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    id_: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="An item's id, or its beginning.")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Instead of one item, N documents beside their verdicts, kept and rejected; RUN "
            "may also be a folder in RUN/judged.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show one document, or a rejected item, with every stage that led to it."""
    from exempla import display
    from exempla.errors import BadInput, Problem
    from exempla.status import judged_sample, trace
    from exempla.tables import print_trace
    from exempla.verdicts import print_judged
    from generator.folder import RunFolder

    if (id_ is None) == (sample is None):
        raise BadInput(Problem("name one item, or say --sample N", "documents.jsonl has the ids."))
    if sample is not None:
        records = judged_sample(RunFolder(folder), sample)
        if as_json:
            display.print_json(records)
            return
        for record in records:
            print_judged(record)
    elif id_ is not None:
        found = trace(RunFolder(folder), id_)
        if as_json:
            display.print_json(found)
            return
        print_trace(found)

"""The command `dedup`: near-duplicates out of any JSONL."""

from pathlib import Path
from typing import Annotated

import typer

from exempla.options import JsonOption, QuietOption, RayOption

NO_PATHS: list[Path] = []


def dedup(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES…",
            help="JSONL, plain or packed by gzip or zstd, or Parquet; folders of them; - is "
            "standard input.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The kept lines as they are; .gz, .zst and .parquet (of Parquet) say how packed.",
        ),
    ] = None,
    duplicates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A line for each removed document: for which one, how similar."
        ),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(min=0.02, max=1.0, help="Jaccard similarity from which texts are the same."),
    ] = 0.7,
    field: Annotated[str, typer.Option(help="Where the text is; dots lead inwards.")] = "text",
    keep: Annotated[
        str,
        typer.Option(
            metavar="WHICH", help="longest, first, or best: and a number, as best:verdict.overall."
        ),
    ] = "longest",
    memory: Annotated[
        str, typer.Option(metavar="SIZE", help="What the process may take, as 2GiB or 500MiB.")
    ] = "2GiB",
    against: Annotated[
        list[Path],
        typer.Option(
            metavar="INDEX",
            help="Also remove what is near a document of this index; may be given several times.",
        ),
    ] = NO_PATHS,
    write_index: Annotated[
        Path | None,
        typer.Option(
            metavar="INDEX",
            help="An index of what is kept, for --against; named there too, it is added to.",
        ),
    ] = None,
    skip_broken: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Put broken lines here instead of stopping at them."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be removed; write nothing.")
    ] = False,
    ray: RayOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take near-duplicates out of any JSONL, best first, by true Jaccard similarity."""
    from exempla.bar import bar
    from exempla.dedup_tables import print_deduplicated
    from exempla.deduplicate import Request, deduplicate, workers
    from exempla.errors import BadInput, Problem
    from exempla.scratch import interruptible
    from exempla.size import size

    if (out is None) != dry_run:
        what = "say where the kept lines should go, or that nothing is to be written"
        raise BadInput(Problem(what, "Give --out FILE, or else --dry-run."))
    ...

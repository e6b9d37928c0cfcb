"""The command `dedup`: near-duplicates out of any JSONL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exempla.options import JsonOption, QuietOption, importing_ray

if TYPE_CHECKING:
    from dedup.work import Workers

NO_PATHS: list[Path] = []


def dedup(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES",
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
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="[ADDRESS]",
            help="Sign on a Ray cluster: HOST:PORT, auto or local; by default RAY_ADDRESS, else "
            "the one on this machine, else a new one. All nodes must see the files.",
        ),
    ] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take near-duplicates out of any JSONL: the better one stays, by true Jaccard similarity."""
    from exempla.dedup_tables import print_result
    from exempla.deduplicate import Request, deduplicate, progress
    from exempla.errors import BadInput, Problem
    from exempla.scratch import interruptible

    if out is None and not dry_run:
        what = "nothing says where the kept lines should go"
        raise BadInput(Problem(what, "Add --out FILE, or --dry-run to see what would be removed."))
    request = Request(
        paths=files,
        out=out,
        dry_run=dry_run,
        duplicates=duplicates,
        threshold=threshold,
        field=field,
        keep=keep,
        memory=_bytes(memory),
        against=against,
        write_index=write_index,
        skip_broken=skip_broken,
    )
    # Signals last: Ray's core takes them for itself when it starts.
    with _workers(ray) as workers, interruptible(), progress(quiet) as show:
        result = deduplicate(request, workers, show)
    print_result(request, result, as_json=as_json)


@contextmanager
def _workers(ray: str | None) -> "Iterator[Workers]":
    from dedup.work import Threads

    if ray is None:
        yield Threads()
        return
    with importing_ray():
        from exempla.dedup_on_ray import on_ray
    with on_ray(ray) as workers:
        yield workers


def _bytes(size: str) -> int:
    from pydantic import ByteSize, TypeAdapter, ValidationError

    from exempla.errors import BadInput, Problem

    try:
        return TypeAdapter(ByteSize).validate_python(size)
    except ValidationError as error:
        what = f"'--memory {size}' is no size"
        raise BadInput(Problem(what, "Write a number and a unit, as 2GiB or 500MiB.")) from error

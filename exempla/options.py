"""Options that several commands take."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from exempla.errors import BadInput, Problem

ProjectOption = Annotated[Path, typer.Option("--project", help="The project's folder.")]
SetOption = Annotated[
    list[str], typer.Option("--set", help="A setting, as plan.items=200; the value is YAML.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress.")]
ANY_RAY = ""
"""The value of a bare --ray: whatever Ray there is."""
HERE = Path()
NONE: list[str] = []


class RayCommand(TyperCommand):
    """Lets `--ray` stand without a value, which Typer has no option for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a bare `--ray` the value that means any."""
        following = [*args[1:], "--"]
        given = [
            f"--ray={ANY_RAY}" if arg == "--ray" and after.startswith("-") else arg
            for arg, after in zip(args, following, strict=False)
        ]
        return super().parse_args(ctx, given)


@contextmanager
def importing_ray() -> Iterator[None]:
    """Import what needs Ray in the block.

    Raises:
        BadInput: it is not installed; names the extra.
    """
    # Read when Ray is imported: without it a thread that outlives a run would start another Ray.
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
    try:
        yield
    except ImportError as error:
        raise BadInput(
            Problem(
                f"'--ray' needs a package that is missing: {error}",
                "Install it: pip install 'exempla[ray]'",
            )
        ) from error

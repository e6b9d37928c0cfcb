"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

ProjectOption = Annotated[Path, typer.Option("--project", help="The project's folder.")]
SetOption = Annotated[
    list[str], typer.Option("--set", help="A setting, as plan.items=200; the value is YAML.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress.")]
HERE = Path()
NONE: list[str] = []

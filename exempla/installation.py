"""Stops if another installed package hides one of ours.

The package names are plain words, so another distribution can bring a folder of the same name.
"""

from importlib.util import find_spec
from pathlib import Path

from exempla.errors import ExemplaError, Problem

PACKAGES = ("constitution", "dedup", "exempla", "generator", "output", "prompts")


def check_installation() -> None:
    """Raise an ExemplaError if a package does not come from beside this one."""
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        spec = find_spec(name)
        origin = Path(spec.origin).resolve().parent.parent if spec and spec.origin else None
        if origin != home:
            found = spec.origin if spec else "nowhere"
            raise ExemplaError(
                Problem(
                    f"the package '{name}' was found at {found}, not in {home}",
                    "Install exempla in an environment of its own.",
                )
            )

"""The judge's prompt: a rubric and the two templates that put it, and a document, to a model."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from exempla.errors import BadInput, Problem, collecting
from prompts.kind_check import PRINCIPLE_FIELDS, Known, check_uses
from prompts.rubric import FILE, Rubric, read_rubric
from prompts.template import Template, read_template

BUILT_IN = Path(__file__).resolve().parent
FOLDER = "judge"
_RUBRIC = {"items": None, "flags": None}
SYSTEM: Known = {**_RUBRIC, "principles": None}
"""What system.j2 may use: nothing of the document, so that all judgings of a run begin alike."""
VERDICT: Known = {
    **_RUBRIC,
    "principle": PRINCIPLE_FIELDS,
    "clause": None,
    "kind": None,
    "document": None,
    "least_words": None,
    "most_words": None,
}
"""What verdict.j2 may use."""


@dataclass(frozen=True)
class Judging:
    """All that shapes a judge's questions, but for the document and its principle."""

    rubric: Rubric
    system: Template
    verdict: Template

    @cached_property
    def digest(self) -> str:
        """A hash of the rubric and of both templates."""
        parts = (self.rubric.digest, self.system.source, self.verdict.source)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def load_judging(folder: Path, rubric: Path | None = None) -> Judging:
    """Read the rubric and the judge's templates of a prompts folder.

    Args:
        folder: Its own `rubric.yaml`, `judge/system.j2` and `judge/verdict.j2` win over those that
            are built in.
        rubric: Another rubric.

    Raises:
        BadInput: with every problem of every file.
    """
    problems: list[Problem] = []
    read: Rubric | None = None
    with collecting(problems):
        read = read_rubric(rubric or _own_or_built_in(folder, FILE))
    templates: list[Template] = []
    for name, known in (("system.j2", SYSTEM), ("verdict.j2", VERDICT)):
        with collecting(problems):
            template = read_template(_own_or_built_in(folder, f"{FOLDER}/{name}"))
            check_uses(template, tuple(known), known)
            templates.append(template)
    if problems or read is None:
        raise BadInput(*problems)
    return Judging(read, *templates)


def _own_or_built_in(folder: Path, name: str) -> Path:
    return folder / name if (folder / name).exists() else BUILT_IN / name

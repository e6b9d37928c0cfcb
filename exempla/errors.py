"""What can go wrong that a user should read about.

ExemplaError        exit code 1: the work failed (an engine died, a disk is full)
├── BadInput        exit code 2: a file, a setting or an option is wrong
└── Interrupted     exit code 75: stopped on request, the same command goes on

Anything else that is raised is a bug and shows its traceback.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it."""

    what: str
    remedy: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    setting: str = ""
    """The key in exempla.yaml that is to blame, for those who do not know where it stands."""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        text = f"{place}: {self.what}" if place else self.what
        return f"{text}\n    {self.remedy}" if self.remedy else text


class ExemplaError(Exception):
    """Base of all errors that are shown as a message, without a traceback."""

    exit_code = 1

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class BadInput(ExemplaError):
    """Something the user wrote cannot be used; carries every problem that was found."""

    exit_code = 2


class Interrupted(ExemplaError):
    """The run was asked to stop; what is finished is kept."""

    exit_code = 75


@contextmanager
def collecting(problems: list[Problem]) -> Iterator[None]:
    """Keep the problems of a BadInput raised in the block and go on, so that all are shown."""
    try:
        yield
    except BadInput as error:
        problems.extend(error.problems)

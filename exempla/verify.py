"""Everything of a finished run, made again from its journal and compared byte for byte."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from exempla.errors import BadInput, Problem
from exempla.finish import Result, finish
from exempla.project import BESIDE_KINDS, Project, load_project
from generator.folder import NOT_COMPARED, RunFolder

DECIDING = ("seeds", "variant", "persona", "plan", "dedup")
"""Settings on which the files of a journal depend; the others have done their part."""
NOBODY_IS_ASKED = ('engine={"name": "scripted"}', "judge=null", "decontaminate=null")
IN_LINES = (".jsonl", ".json", ".md", ".svg")
"""Endings of the files that are made of lines."""
BLOCK = 1 << 20

Found = Literal["same", "differs", "missing", "unexpected"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file of a run beside the one that was made again."""

    file: str
    """Below the run's folder."""
    found: Found
    """`missing` where only the new one is there, `unexpected` where only the old one is."""
    offset: int | None = None
    """Of the first byte that differs, from 0; where one ends too early, its size."""
    line: int | None = None
    """The line which that byte is in, from 1; None in files that are not made of lines."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of making a run again."""

    result: Result
    files: tuple[Comparison, ...]
    """By name."""

    @property
    def same(self) -> bool:
        """Whether every file is there with the same bytes, and no other."""
        return all(file.found == "same" for file in self.files)


def verify(
    home: Path,
    overrides: Sequence[str],
    run: RunFolder,
    limit: int | None,
    show: Callable[[str], None],
) -> Verification:
    """Make the files of a run again, in a temporary folder, and compare. The run is only read.

    Settings come from run.yaml; constitution, prompts and recipes from the project, and they must
    be those that the run was written with.

    Args:
        home: The project's folder.
        overrides: `key.key=value` each; they say where the project's content is.
        run: A finished run.
        limit: Only the first so many items of the plan, where it was run so.
        show: Called with what is being done.

    Raises:
        BadInput: there is no run or it is not finished, the journal is damaged, or the project's
            content has changed since.
        ExemplaError: the temporary folder cannot be written to.
    """
    frozen = run.frozen()
    with tempfile.TemporaryDirectory(prefix="exempla-verify-") as scratch:
        project = load_project(home, [*overrides, *_as_it_was(frozen, run, Path(scratch))])
        _check_content(project, run, frozen["workers"])
        made = project.run_folder
        made.path.mkdir()
        for name in (run.frozen_file.name, "journal"):
            (made.path / name).symlink_to((run.path / name).resolve())
        show("making the files again")
        result = finish(project, frozen["workers"], limit)
        if result.missing:
            raise _unfinished(run, result)
        show("comparing")
        return Verification(result, tuple(_comparisons(run, made)))


def _as_it_was(frozen: dict[str, Any], run: RunFolder, scratch: Path) -> Iterator[str]:
    """Settings that make the project the one of the run, in another place."""
    (kinds,) = frozen["prompts"].keys() - set(BESIDE_KINDS)
    settings = {
        **{name: frozen["settings"][name] for name in DECIDING},
        "kinds": kinds,
        "name": run.path.resolve().name,
        "runs": str(scratch),
    }
    yield from (f"{name}={orjson.dumps(value).decode()}" for name, value in settings.items())
    yield from NOBODY_IS_ASKED


def _check_content(project: Project, run: RunFolder, workers: int) -> None:
    # Limits have decided already, and settings are the run's own.
    ignored = {*NOT_COMPARED, "settings", "limits"}
    if changed := run.changed(project.frozen(workers), ignored):
        raise BadInput(
            *(Problem(change, file=str(run.frozen_file)) for change in changed),
            Problem(
                "the project's content has changed since this run was written, so it cannot be "
                "made again",
                "Restore these files, or name the project that has them as they were: "
                "--project DIR, --set constitution=DIR.",
                str(project.home),
            ),
        )


def _unfinished(run: RunFolder, result: Result) -> BadInput:
    return BadInput(
        Problem(
            f"this run is not finished: {result.missing} of {result.planned} items have no outcome",
            "'exempla run' goes on with it; for one that was run with --limit, give the same here.",
            str(run.path),
        )
    )


def _comparisons(run: RunFolder, made: RunFolder) -> Iterator[Comparison]:
    old, new = _files(run), _files(made)
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield Comparison(name, "missing")
        elif name not in new:
            yield Comparison(name, "unexpected")
        elif (offset := first_difference(old[name], new[name])) is None:
            yield Comparison(name, "same")
        else:
            line = _line(new[name], offset) if name.endswith(IN_LINES) else None
            yield Comparison(name, "differs", offset, line)


def _files(run: RunFolder) -> dict[str, Path]:
    """What is made from a journal, by name."""
    single = (run.documents, run.rejects, run.duplicates, run.surplus, run.quotas)
    found = [*single, *run.mixes.rglob("*")]
    return {path.relative_to(run.path).as_posix(): path for path in found if path.is_file()}


def first_difference(left: Path, right: Path) -> int | None:
    """Where two files differ first, in bytes from 0; None if nowhere.

    Raises:
        BadInput: one cannot be read.
    """
    offset = 0
    try:
        with left.open("rb") as one, right.open("rb") as other:
            while True:
                ours, theirs = one.read(BLOCK), other.read(BLOCK)
                if ours != theirs:
                    pairs = enumerate(zip(ours, theirs, strict=False))
                    shorter = min(len(ours), len(theirs))
                    return offset + next((n for n, (a, b) in pairs if a != b), shorter)
                if not ours:
                    return None
                offset += len(ours)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise BadInput(Problem(what, "Check who may read it.", str(left))) from error


def _line(path: Path, offset: int) -> int:
    with path.open("rb") as file:
        lines = 1
        while offset > 0 and (block := file.read(min(offset, BLOCK))):
            lines += block.count(b"\n")
            offset -= len(block)
    return lines

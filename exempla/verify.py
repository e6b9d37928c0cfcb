"""Everything of a finished run, made again from its journal and compared byte for byte."""

import os.path
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from exempla.comparison import Comparison, compared
from exempla.errors import BadInput, Problem
from exempla.finish import Result, is_empty, make_files
from exempla.mixing import kitchen_of, make_mix
from exempla.project import BESIDE_KINDS, Project, load_project
from exempla.source import Yaml
from generator.folder import NOT_COMPARED, RunFolder
from output.inventory import Show
from output.manifest import MANIFEST, read_manifest
from output.recipe import RecipeFile

DECIDING = ("seeds", "variant", "persona", "plan", "dedup")
"""Settings on which the files of a journal depend; the others have done their part."""
NOBODY_IS_ASKED = ('engine={"name": "scripted"}', "judge=null", "decontaminate=null")


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of making a run again."""

    result: Result
    files: tuple[Comparison, ...]
    """By name, from the run's folder."""

    @property
    def same(self) -> bool:
        """Whether every file is there with the same bytes, and no other."""
        return all(file.found == "same" for file in self.files)


def verify(
    home: Path, overrides: Sequence[str], run: RunFolder, limit: int | None, show: Show
) -> Verification:
    """Make the files of a run again, in a temporary folder, and compare. The run is only read.

    Settings come from run.yaml; constitution and prompts from the project, and they must be those
    that the run was written with. A mix is made again by the recipe in its manifest; one that is
    not there, by the project's recipe.

    Args:
        home: The project's folder.
        overrides: `key.key=value` each; they say where the project's content is.
        run: A finished run.
        limit: Only the first so many items of the plan, where it was run so.
        show: Told what is being done, how much of it is done, and of how much.

    Raises:
        BadInput: there is no run or it is not finished, the journal is damaged, the project's
            content has changed since, or a mix cannot be made.
        ExemplaError: the temporary folder cannot be written to.
    """
    frozen = run.frozen()
    with tempfile.TemporaryDirectory(prefix="exempla-verify-") as temporary:
        scratch = Path(temporary)
        project = load_project(home, [*overrides, *_as_it_was(frozen, run, scratch / "runs")])
        _check_content(project, run, frozen["workers"])
        made = project.run_folder
        made.path.mkdir(parents=True)
        for name in (run.frozen_file.name, "journal"):
            (made.path / name).symlink_to((run.path / name).resolve())
        show("making the files again", 0, None)
        result = make_files(project, frozen["workers"], limit)
        if result.missing:
            raise _unfinished(run, result)
        old, new = _single(run), _single(made)
        for place, again in _mixes_again(project, run, result, scratch / "mixes", show):
            old |= _below(run, place, place)
            new |= _below(run, place, again)
        # What no recipe makes is unexpected.
        old |= _below(run, run.mixes, run.mixes)
        show("comparing", 0, None)
        return Verification(result, tuple(compared(old, new)))


def _as_it_was(frozen: Mapping[str, Any], run: RunFolder, runs: Path) -> Iterator[str]:
    """Settings that make the project the one of the run, in another place."""
    (kinds,) = frozen["prompts"].keys() - set(BESIDE_KINDS)
    settings = {
        **{name: frozen["settings"][name] for name in DECIDING},
        "kinds": kinds,
        "name": run.path.resolve().name,
        "runs": str(runs),
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


def _mixes_again(
    project: Project, run: RunFolder, result: Result, scratch: Path, show: Show
) -> Iterator[tuple[Path, Path]]:
    """The folder of each mix, and of the same one made again."""
    kitchen = kitchen_of(project)
    there = replace(kitchen, run=run, runs=run.path.absolute().parent)
    files = {
        there.place(file.recipe): file
        for file in project.recipes
        if not is_empty(file.recipe, result.forms)
    }
    files |= {place: file for place in (*files, *_folders(run.mixes)) if (file := _own(place))}
    for number, (place, file) in enumerate(files.items()):
        again = scratch / str(number)
        make_mix(kitchen, file, show, again)
        yield place, again


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[!.]*") if path.is_dir())


def _own(mix: Path) -> RecipeFile | None:
    """The recipe that a mix says it was made by."""
    with suppress(BadInput):
        path = mix / MANIFEST
        return RecipeFile(read_manifest(mix).recipe, Yaml({}, path, 1, {}))
    return None


def _single(run: RunFolder) -> dict[str, Path]:
    """The files of a run that are no mix, by name."""
    files = (
        run.documents,
        run.rejects,
        run.duplicates,
        run.clusters,
        run.surplus,
        run.quotas,
    )
    return {path.name: path for path in files if path.is_file()}


def _below(run: RunFolder, place: Path, folder: Path) -> dict[str, Path]:
    """The files in a folder, named as if they stood in `place`, from the run's folder."""
    return {
        os.path.relpath(place / path.relative_to(folder), run.path): path
        for path in folder.rglob("*")
        if path.is_file()
    }

"""The sources of a recipe, found: runs and files, and what is known about them."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from exempla.corpus import RecordFile, record_files
from exempla.errors import BadInput, Problem, collecting
from exempla.jsonl import dump, read_records
from generator.folder import RunFolder
from output.recipe import Recipe, Source
from output.supply import Supply


def supplies_of(recipe: Recipe, home: Path, run: RunFolder) -> list[Supply]:
    """Find the sources of a recipe.

    Args:
        recipe: What the mix should look like.
        home: The project's folder, from which its paths begin.
        run: The run that a source means which names none.

    Raises:
        BadInput: with every source that is not there.
    """
    problems: list[Problem] = []
    found: list[Supply] = []
    for number, source in enumerate(recipe.sources):
        with collecting(problems):
            if source.files is None:
                folder = run if source.run is None else RunFolder(home / source.run)
                found.append(_from_run(source, folder, f"sources.{number}"))
            else:
                files = _files(source.files, home, f"sources.{number}")
                name = " ".join(source.files)
                found.append(Supply(source, name, files, home, f"sources.{number}"))
    if recipe.blend:
        with collecting(problems):
            files = _files(recipe.blend.files, home, "blend")
            name = " ".join(recipe.blend.files)
            found.append(Supply(recipe.blend, name, files, home, "blend"))
    if problems:
        raise BadInput(*problems)
    return found


def _from_run(source: Source, folder: RunFolder, setting: str) -> Supply:
    frozen = folder.frozen()
    for path in (folder.documents, folder.duplicates, folder.clusters):
        if not path.is_file():
            what = "the run has not made this file yet"
            raise BadInput(Problem(what, "Finish it with 'exempla run' first.", str(path)))
    return Supply(
        source,
        folder.path.resolve().name,
        tuple(record_files([folder.documents])),
        folder.path,
        setting,
        frozenset(row["removed"] for row in read_records(folder.duplicates)),
        {row["id"]: row["cluster"] for row in read_records(folder.clusters)},
        _made(frozen),
    )


def _files(patterns: Iterable[str], home: Path, setting: str) -> tuple[RecordFile, ...]:
    problems: list[Problem] = []
    paths: list[Path] = []
    for number, pattern in enumerate(patterns):
        matches = sorted(_matching(home / pattern))
        paths += matches
        if not matches:
            what = f"there is no file '{pattern}'"
            remedy = "Check the path; it begins at the project's folder."
            problems.append(Problem(what, remedy, setting=f"{setting}.files.{number}"))
    if problems:
        raise BadInput(*problems)
    return tuple(record_files(paths))


def _matching(pattern: Path) -> Iterable[Path]:
    if pattern.exists():
        return [pattern]
    root = Path(pattern.anchor)
    return root.glob(str(pattern.relative_to(root)))


def _made(frozen: dict[str, Any]) -> dict[str, Any]:
    """What made the documents of a run: hashes in place of long lists, nothing about workers."""
    settings = frozen["settings"]
    constitution = {name: frozen["constitution"][name] for name in ("name", "version", "digest")}
    return {
        "constitution": constitution,
        "prompts": {
            name: sha256(dump(sorted(files.items()))).hexdigest()
            for name, files in frozen["prompts"].items()
        },
        "kinds": frozen["kinds"],
        "settings": settings,
        "engine": frozen["engine"],
        # The writer judges where no other engine was named.
        **({"judge": frozen.get("judge_engine", frozen["engine"])} if "judge" in settings else {}),
    }

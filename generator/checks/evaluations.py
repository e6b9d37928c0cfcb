"""The evaluation texts that documents are kept apart from: found, read, and named by place."""

import glob
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from exempla.errors import BadInput, Problem, collecting
from exempla.source import read_text
from generator.checks.settings import DecontaminateSettings

SUFFIXES = (".jsonl", ".md", ".txt")
LEAST = 5
"""Words of the shortest text that is looked for."""


@dataclass(frozen=True, slots=True)
class EvaluationText:
    """One text, and where it stands, for messages and records."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Evaluations:
    """All evaluation texts of a project."""

    settings: DecontaminateSettings
    texts: tuple[EvaluationText, ...]
    digests: Mapping[str, str]
    """Of each file, by its path in the project."""


def load_evaluations(home: Path, settings: DecontaminateSettings) -> Evaluations:
    """Read every file that the settings name.

    Raises:
        BadInput: with every file that is missing, cannot be read, is of another sort or holds no
            text.
    """
    problems: list[Problem] = []
    files: dict[Path, None] = {}
    for given in settings.files:
        with collecting(problems):
            files.update(dict.fromkeys(_files(home, given)))
    texts: list[EvaluationText] = []
    digests: dict[str, str] = {}
    for file in files:
        name = str(file.relative_to(home)) if file.is_relative_to(home) else str(file)
        with collecting(problems):
            content = read_text(file)
            found = list(_texts(file, name, content, settings.fields))
            if not found:
                raise BadInput(_empty(file, settings.fields))
            texts += found
            digests[name] = hashlib.sha256(content.encode()).hexdigest()[:16]
    if problems:
        raise BadInput(*problems)
    return Evaluations(settings, tuple(texts), digests)


def _files(home: Path, given: str) -> list[Path]:
    path = home / given
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
        what = f"the folder '{given}' has no {', '.join(SUFFIXES)} file in it"
    elif any(mark in given for mark in "*?["):
        found = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207
        what = f"no file is called '{given}'"
    else:
        found, what = [path], ""
    if not found:
        raise BadInput(
            Problem(what, "Check the path; it begins at the project.", setting="decontaminate")
        )
    return [file for file in found if file.is_file() or file == path]


def _texts(
    file: Path, name: str, content: str, fields: Sequence[str] | None
) -> Iterator[EvaluationText]:
    if file.suffix.lower() not in SUFFIXES:
        raise BadInput(
            Problem(
                f"evaluation texts cannot be read from a '{file.suffix or file.name}' file",
                f"Give them as {', '.join(SUFFIXES)}; one record a line in JSONL.",
                str(file),
            )
        )
    if file.suffix.lower() != ".jsonl":
        if len(content.split()) >= LEAST:
            yield EvaluationText(content, name)
        return
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise BadInput(
                Problem("this line is not JSON", "Give one record a line.", str(file), number)
            ) from error
        values = [record] if fields is None else [_at(record, field.split(".")) for field in fields]
        for text in _strings(values):
            if len(text.split()) >= LEAST:
                yield EvaluationText(text, f"{name}:{number}")


def _at(value: Any, path: Sequence[str]) -> Any:
    """What stands at a path of keys; of lists, what stands there in each of their parts."""
    if isinstance(value, list):
        return [_at(part, path) for part in value]
    if not path:
        return value
    return _at(value.get(path[0]), path[1:]) if isinstance(value, dict) else None


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from _strings(part)
        case list():
            for part in value:
                yield from _strings(part)


def _empty(file: Path, fields: Sequence[str] | None) -> Problem:
    where = f" in {', '.join(fields)}" if fields and file.suffix.lower() == ".jsonl" else ""
    return Problem(
        f"there is no text of {LEAST} words or more{where}",
        "Check 'decontaminate.fields', or leave the file out.",
        str(file),
    )

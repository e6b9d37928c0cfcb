"""Places in source files, and YAML that remembers them."""

import difflib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import cyaml
from ruamel.yaml.error import MantissaNoDotYAML1_1Warning, MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from exempla.errors import BadInput, Problem

DEEPEST = 5000
"""Levels of nesting past which YAML is not composed: the C parser's stack would overflow."""

Key = str | int
ModelT = TypeVar("ModelT", bound=BaseModel)


class Place(NamedTuple):  # a named tuple, because a project has tens of thousands
    """A position in a file; lines and columns count from 1, and 0 is no line."""

    file: Path
    line: int
    column: int = 1

    def problem(self, what: str, remedy: str = "") -> Problem:
        """Say what is wrong here, and what to do."""
        return Problem(what, remedy, str(self.file), self.line or None, self.column)


@dataclass(frozen=True, slots=True)
class Yaml:
    """The values of a YAML document and where each stands."""

    value: Any
    file: Path
    first_line: int
    places: dict[tuple[Key, ...], Place]

    def place(self, *path: Key) -> Place:
        """Where the value at `path` stands, or the nearest value around it that has a place."""
        for length in range(len(path), -1, -1):
            if place := self.places.get(path[:length]):
                return place
        return Place(self.file, self.first_line)


def read_text(file: Path) -> str:
    """The text of a UTF-8 file, without the mark that some editors put before it.

    Raises:
        BadInput: the file is missing, cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInput(Problem("no such file", "Check the path.", str(file))) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BadInput(
            Problem("this is not UTF-8 text", "Save the file as UTF-8.", str(file), line)
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadInput(Problem(f"cannot be read: {reason}", "", str(file))) from error


_TEXT = "tag:yaml.org,2002:str"


def read_yaml(file: Path) -> Yaml:
    """Read one YAML document from a file.

    Raises:
        BadInput: the file cannot be read, is not YAML, or repeats a key.
    """
    return parse_yaml(read_text(file), file)


def parse_yaml(text: str, file: Path, first_line: int = 1) -> Yaml:
    """Read YAML that begins at `first_line` of `file`, keeping the place of every value.

    Raises:
        BadInput: the text is not YAML, or repeats a key.
    """
    places: dict[tuple[Key, ...], Place] = {}
    problems: list[Problem] = []

    def build(node: Node, path: tuple[Key, ...]) -> Any:
        if isinstance(node, MappingNode):
            mapping: dict[Key, Any] = {}
            for key_node, value_node in node.value:
                key_place = _place(key_node.start_mark, file, first_line)
                if not isinstance(key_node, ScalarNode):
                    problems.append(key_place.problem("a key must be plain text"))
                    continue
                key = key_node.value
                if key in mapping:
                    first = places[(*path, key)].line
                    problems.append(
                        key_place.problem(
                            f"the key '{key}' stands here a second time (first on line {first})",
                            "Keep one of the two.",
                        )
                    )
                    continue
                places[(*path, key)] = key_place
                mapping[key] = build(value_node, (*path, key))
            return mapping
        if isinstance(node, SequenceNode):
            found = []
            for number, child in enumerate(node.value):
                places[*path, number] = _place(child.start_mark, file, first_line)
                found.append(build(child, (*path, number)))
            return found
        if node.tag == _TEXT:
            return node.value  # as construct_object would, which takes its time about it
        try:
            return loader.construct_object(node, deep=True)
        except (ValueError, LookupError, AttributeError) as error:
            tag = str(node.tag).rpartition(":")[2]
            problems.append(
                places[path].problem(
                    f"'{node.value}' cannot be read as {tag}: {error}",
                    "Put it in quotes if it is meant as text.",
                )
            )
            return None

    try:
        _check_depth(text, file, first_line)
        loader = cyaml.CSafeLoader(text)
        try:
            node = loader.get_single_node()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", MantissaNoDotYAML1_1Warning)
                value = None
                if node is not None:
                    places[()] = _place(node.start_mark, file, first_line)
                    value = build(node, ())
        finally:
            loader.dispose()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(mark, file, first_line) if mark else Place(file, first_line)
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        remedy = "Look at the indentation, quotes and colons around this line."
        raise BadInput(place.problem(f"this is not YAML: {what}", remedy)) from error
    except RecursionError as error:
        raise BadInput(_too_deep(Place(file, first_line))) from error
    except (YAMLError, UnicodeEncodeError) as error:
        # The reader's errors have no mark, only how many bytes of the text come before.
        before = text.encode(errors="replace")[: getattr(error, "position", 0)]
        what = str(error).partition("\n")[0]
        raise BadInput(
            Place(file, first_line + before.count(b"\n")).problem(
                f"this is not YAML: {what}", "Remove the character, or write it as an escape."
            )
        ) from error
    if problems:
        raise BadInput(*problems)
    return Yaml(value, file, first_line, places)


def validate(model: type[ModelT], yaml: Yaml, at: Sequence[Key] = (), **extra: Any) -> ModelT:
    """Build `model` from the mapping at `at`, adding the values in `extra`.

    Raises:
        BadInput: with one problem for each value that the model refuses.
    """
    value = yaml.value
    for key in at:
        value = value[key]
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise BadInput(
            yaml.place(*at).problem(
                f"expected keys and values, found {value!r}",
                f"The keys here are: {', '.join(_inputs(model))}.",
            )
        )
    try:
        return model.model_validate({**value, **extra})
    except ValidationError as error:
        raise BadInput(*_problems(model, error, yaml, tuple(at))) from error


def nearest(word: str, known: Sequence[str]) -> str:
    """A remedy that names the known word closest to `word`, or all of them."""
    if close := difflib.get_close_matches(word, known, n=1, cutoff=0.6):
        return f"Did you mean '{close[0]}'?"
    return f"Known here: {', '.join(known)}." if known else ""


def _check_depth(text: str, file: Path, first_line: int) -> None:
    # Either is needed to nest so deeply, and both are rare; only then is the text read twice.
    brackets = text.count("[") + text.count("{")
    if brackets < DEEPEST and max(map(len, text.splitlines()), default=0) < DEEPEST:
        return
    loader = cyaml.CSafeLoader(text)
    depth = 0
    try:
        while event := loader.get_event():
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, CollectionEndEvent)
            if depth > DEEPEST:
                raise BadInput(_too_deep(_place(event.start_mark, file, first_line)))
    finally:
        loader.dispose()


def _too_deep(place: Place) -> Problem:
    return place.problem(
        "this is nested too deeply, or contains itself",
        "Look for brackets that are never closed, or an alias inside what it names.",
    )


def _place(mark: Any, file: Path, first_line: int) -> Place:
    return Place(file, mark.line + first_line, mark.column + 1)


def _problems(
    model: type[BaseModel], error: ValidationError, yaml: Yaml, at: tuple[Key, ...]
) -> Iterator[Problem]:
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and any(
            len(other["loc"]) > len(detail["loc"])
            and other["loc"][: len(detail["loc"])] == detail["loc"]
            for other in details
        ):
            continue  # only the values that are right were counted
        path = _without_tags(yaml, at, detail["loc"])
        place = yaml.place(*at, *path)
        name = ".".join(str(part) for part in (*at, *path))
        if detail["type"] == "extra_forbidden":
            owner = _model_at(model, detail["loc"][:-1])
            known = _inputs(owner) if owner else []
            yield place.problem(f"unknown key '{path[-1]}'", nearest(str(path[-1]), known))
        elif detail["type"] == "missing":
            yield place.problem(f"'{name}' is missing", "Add it.")
        elif detail["type"] == "union_tag_invalid":
            context = detail["ctx"]
            tags = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
            yield place.problem(
                f"'{name}': there is no type '{context['tag']}'", nearest(context["tag"], tags)
            )
        elif detail["type"] == "union_tag_not_found":
            yield place.problem(f"'{name}.type' is missing", "Add it.")
        else:
            reason = detail["msg"].removeprefix("Value error, ")
            found = detail["input"]
            remedy = f"It is {found!r} now." if isinstance(found, str | int | float) else ""
            yield place.problem(f"'{name}': {reason}" if name else reason, remedy)


def _without_tags(yaml: Yaml, at: tuple[Key, ...], path: tuple[Key, ...]) -> tuple[Key, ...]:
    """The path as it stands in the file: pydantic adds the tag of a union's member to it."""
    value = yaml.value
    for key in at:
        value = value[key]
    kept: list[Key] = []
    for key, following in zip(path, (*path[1:], None), strict=False):
        if isinstance(value, dict) and key not in value and following is not None:
            continue
        kept.append(key)
        try:
            value = value[key]
        except (LookupError, TypeError):
            value = None
    return tuple(kept)


def _inputs(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], path: Sequence[Key]) -> type[BaseModel] | None:
    candidates = [model]
    for key in path:
        tagged = [found for found in candidates if key in _tags(found)]
        if tagged:
            candidates = tagged
        elif candidates and (field := candidates[0].model_fields.get(str(key))):
            candidates = list(_models_in(field.annotation))
    return next(iter(candidates), None)


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("type")
    return get_args(field.annotation) if field else ()


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)

"""One Jinja template: the names it uses, and rendering that refuses unknown ones.

Templates run in Jinja's immutable sandbox, with nothing in reach but the values they are given:
no globals, no includes, no filter that draws at random, so a prompt is a function of its item.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from exempla.errors import BadInput
from exempla.source import Place, read_text


def _printable(value: Any) -> Any:
    """Refuse what would print as Python's idea of it, an address in memory for one."""
    match value:
        case str() | int() | float() | None:
            return value
        case dict():
            _printable(list(value.values()))
        case list() | tuple():
            for part in value:
                _printable(part)
        case jinja2.Undefined():
            str(value)  # raises, and says what is undefined
        case _:
            raise TypeError(
                f"a {type(value).__name__} is no text: call it, name one of its fields, "
                "or end it with '|join' or '|list'"
            )
    return value


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        finalize=_printable,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.globals.clear()
    for name in ("random", "pprint"):
        del environment.filters[name]
    return environment


_ENVIRONMENT = _environment()


@dataclass(frozen=True, slots=True)
class Use:
    """A name that a template takes from outside, with the attribute it asks of it, if any."""

    name: str
    attribute: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template."""

    file: Path
    source: str
    uses: tuple[Use, ...]
    """Every use of a name from outside, in order."""
    _compiled: jinja2.Template

    @property
    def names(self) -> frozenset[str]:
        """The names it needs to be given."""
        return frozenset(use.name for use in self.uses)

    def render(self, values: Mapping[str, Any]) -> str:
        """The prompt, without blank lines around it.

        Raises:
            BadInput: a name or an attribute is undefined, or the template reaches for what the
                sandbox forbids.
        """
        try:
            return self._compiled.render(values).strip()
        except SecurityError as error:
            raise BadInput(
                _at(self.file, error).problem(
                    f"this reaches outside the template: {error}",
                    "Use only the names the stage declares.",
                )
            ) from error
        except Exception as error:  # the only code that runs here is the template's
            raise BadInput(
                _at(self.file, error).problem(
                    _said(error), "Use only the names the stage declares, and their fields."
                )
            ) from error


def read_template(file: Path) -> Template:
    """Read and compile a template.

    Raises:
        BadInput: the file cannot be read, is not Jinja, or reaches for Python's internals.
    """
    source = read_text(file)
    try:
        tree = _ENVIRONMENT.parse(source)
        uses = tuple(_uses(tree, file))
        forbidden = [place.problem(what, remedy) for what, remedy, place in _forbidden(tree, file)]
        # Compiled with its file's name, so that errors while rendering carry the template's line.
        # Last, because it changes the tree.
        code = _ENVIRONMENT.compile(tree, str(file), str(file))
    except jinja2.TemplateSyntaxError as error:
        raise BadInput(
            Place(file, error.lineno).problem(
                f"this is not a template: {error.message}",
                "Look for an unclosed '{{', '{%' or a missing 'endif'.",
            )
        ) from error
    compiled = jinja2.Template.from_code(_ENVIRONMENT, code, {})
    if forbidden:
        raise BadInput(*forbidden)
    return Template(file, source, uses, compiled)


def _forbidden(tree: nodes.Template, file: Path) -> Iterator[tuple[str, str, Place]]:
    for node in tree.find_all(
        (nodes.Getattr, nodes.Getitem, nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
    ):
        place = Place(file, node.lineno)
        match node:
            case nodes.Getattr(attr=str(name)) if name.startswith("_"):
                yield f"'{name}' reaches for Python's internals", "Remove it.", place
            case nodes.Getitem(arg=nodes.Const(value=str(name))) if name.startswith("_"):
                yield f"'{name}' reaches for Python's internals", "Remove it.", place
            case nodes.Getattr() | nodes.Getitem():
                continue
            case _:
                yield "a template cannot take in another file", "Write its text here.", place


def _uses(tree: nodes.Template, file: Path) -> Iterator[Use]:
    outside = find_undeclared_variables(tree)
    qualified: set[int] = set()
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name in outside:
            qualified.add(id(node.node))
            yield Use(node.node.name, node.attr, Place(file, node.lineno))
    for name in tree.find_all(nodes.Name):
        if name.name in outside and id(name) not in qualified:
            yield Use(name.name, None, Place(file, name.lineno))


def _said(error: Exception) -> str:
    if isinstance(error, jinja2.TemplateError):
        return str(error)
    return f"this fails: {error}" if str(error) else f"this fails: {type(error).__name__}"


def _at(file: Path, error: Exception) -> Place:
    """The line of the template that was being rendered, which Jinja leaves in the traceback."""
    line, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return Place(file, line)

"""Kinds of documents and their stages, from `kind.yaml` and the templates beside it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveInt, model_validator

from exempla.errors import BadInput, Problem, collecting
from exempla.source import Place, Yaml, nearest, read_yaml, validate
from prompts.constraint import (
    ChoiceConstraint,
    Constraint,
    Declared,
    FieldName,
    FieldSpec,
    JsonConstraint,
    ProseConstraint,
    ProseLimits,
    RegexConstraint,
    json_constraint,
)
from prompts.template import Template, read_template

Need = Literal["principle", "seed"]

PRINCIPLE_FIELDS = frozenset({"id", "title", "statement", "why", "in_practice", "tensions"})
SEED_FIELDS = frozenset({"id", "premise", "role", "pressure", "admirable"})


class Sampling(Declared):
    """How tokens are drawn; what is not given comes from the settings."""

    temperature: float | None = Field(default=None, ge=0, le=5)
    top_p: float | None = Field(default=None, gt=0, le=1)


Bounds = tuple[PositiveInt, PositiveInt]


class ProseSpec(Declared):
    """Prose with limits, for models that do not end by themselves: `[least, most]` of each."""

    paragraphs: Bounds
    characters: Bounds
    """In each paragraph."""

    @model_validator(mode="after")
    def _ordered(self) -> "ProseSpec":
        for name, (least, most) in self:
            if least > most:
                raise ValueError(f"'{name}': give the least first, then the most")
        return self


class ConstraintSpec(Declared):
    """One form of constraint: `prose`, `fields`, `regex` or `choice`."""

    prose: ProseSpec | bool = False
    fields: dict[FieldName, FieldSpec] | None = Field(default=None, min_length=1)
    regex: str | None = None
    choice: tuple[str, ...] | None = Field(default=None, min_length=2)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"prose": True} if value == "prose" else value

    @model_validator(mode="after")
    def _exactly_one(self) -> "ConstraintSpec":
        given = [
            form for form in (self.prose or None, self.fields, self.regex, self.choice) if form
        ]
        if len(given) != 1:
            raise ValueError("give exactly one of 'prose', 'fields', 'regex' and 'choice'")
        if self.regex is not None:
            try:
                re.compile(self.regex)
            except re.error as error:
                raise ValueError(f"'regex' is no regular expression: {error}") from error
        return self


class StageFields(Declared):
    """A stage as it stands in `kind.yaml`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    template: str
    uses: tuple[str, ...]
    """The names its template may use: principle, clause, seed, axes, earlier stages."""
    constraint: ConstraintSpec | None = None
    sampling: Sampling = Sampling()
    max_tokens: int = Field(ge=1)
    attempts: int = Field(default=3, ge=1, le=20)


class KindFields(Declared):
    """A kind as it stands in `kind.yaml`."""

    says: str = Field(min_length=1)
    """What it is, for the prompt author."""
    needs: tuple[Need, ...] = ("principle",)
    axes: tuple[str, ...] = ()
    system: str | None = None
    """The template of the system message of every stage; it may use no names."""
    stages: tuple[StageFields, ...] = Field(min_length=1)
    document: str
    """The stage whose answer is the document."""


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One request to the model within an item."""

    name: str
    template: Template
    uses: tuple[str, ...]
    constraint: Constraint | None
    sampling: Sampling
    max_tokens: int
    attempts: int
    place: Place


@dataclass(frozen=True)
class Kind:
    """A sort of document: what an item of it needs, and its stages in order."""

    name: str
    says: str
    needs: tuple[Need, ...]
    axes: tuple[str, ...]
    system: Template | None
    stages: tuple[StageSpec, ...]
    document_stage: str
    place: Place

    @cached_property
    def digest(self) -> str:
        """A hash of all that shapes its requests: stages, schemas and templates."""
        parts = [self.name, self.system.source if self.system else ""]
        for stage in self.stages:
            parts += (
                stage.name,
                stage.template.source,
                repr(stage.constraint),
                stage.sampling.model_dump_json(),
                str(stage.max_tokens),
                str(stage.attempts),
            )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @cached_property
    def stage_index(self) -> Mapping[str, int]:
        """The place of each stage in the order."""
        return {stage.name: index for index, stage in enumerate(self.stages)}


def read_kind(folder: Path) -> Kind:
    """Read and check the kind in a folder: `kind.yaml` and its templates.

    Raises:
        BadInput: with every problem found, each with its line.
    """
    yaml = read_yaml(folder / "kind.yaml")
    fields = validate(KindFields, yaml)
    problems: list[Problem] = []
    stages: list[StageSpec] = []
    system: Template | None = None
    if fields.system:
        with collecting(problems):
            system = _template(folder, fields.system, yaml.place("system"))
            _check_uses(system, (), {})
    known = _known_names(fields)
    for index, stage in enumerate(fields.stages):
        place = yaml.place("stages", index)
        constraint = _constraint(stage, folder.name)
        if stage.name in known:
            problems.append(
                yaml.place("stages", index, "name").problem(
                    f"the name '{stage.name}' is taken", "Choose another name for the stage."
                )
            )
        with collecting(problems):
            _check_declared(stage.uses, known, yaml, index)
        with collecting(problems):
            template = _template(folder, stage.template, yaml.place("stages", index, "template"))
            _check_uses(template, stage.uses, known)
            stages.append(
                StageSpec(
                    stage.name,
                    template,
                    stage.uses,
                    constraint,
                    stage.sampling,
                    stage.max_tokens,
                    stage.attempts,
                    place,
                )
            )
        # Also after a mistake, so that later stages are not told that this one is unknown.
        known.setdefault(stage.name, _answer_fields(constraint))
    names = [stage.name for stage in fields.stages]
    if fields.document not in names:
        problems.append(
            yaml.place("document").problem(
                f"'{fields.document}' is no stage of this kind", nearest(fields.document, names)
            )
        )
    elif not problems and not isinstance(
        stages[names.index(fields.document)].constraint, ProseConstraint
    ):
        problems.append(
            yaml.place("document").problem(
                f"the stage '{fields.document}' does not write prose",
                "Give it 'constraint: prose', so that the document has a title and paragraphs.",
            )
        )
    if problems:
        raise BadInput(*problems)
    return Kind(
        folder.name,
        fields.says,
        fields.needs,
        fields.axes,
        system,
        tuple(stages),
        fields.document,
        Place(folder / "kind.yaml", 1),
    )


Known = dict[str, frozenset[str] | None]
"""Names a template may use; the fields of each, or None where it is plain text."""


def _known_names(fields: KindFields) -> Known:
    known: Known = {"clause": None}
    if "principle" in fields.needs:
        known["principle"] = PRINCIPLE_FIELDS
    if "seed" in fields.needs:
        known["seed"] = SEED_FIELDS
    known.update(dict.fromkeys(fields.axes))
    return known


def _check_declared(uses: tuple[str, ...], known: Known, yaml: Yaml, index: int) -> None:
    problems = [
        yaml.place("stages", index, "uses", position).problem(
            f"'{name}' is neither a need, an axis nor an earlier stage of this kind",
            nearest(name, list(known)),
        )
        for position, name in enumerate(uses)
        if name not in known
    ]
    if problems:
        raise BadInput(*problems)


def _check_uses(template: Template, declared: tuple[str, ...], known: Known) -> None:
    problems: list[Problem] = []
    for use in template.uses:
        if use.name not in declared:
            remedy = nearest(use.name, declared)
            if use.name in known:
                remedy = f"Add '{use.name}' to the stage's 'uses' in kind.yaml."
            problems.append(use.place.problem(f"the name '{use.name}' is not declared", remedy))
        elif use.attribute is not None and use.name in known:
            fields = known[use.name]
            if fields is None or use.attribute not in fields:
                remedy = nearest(use.attribute, sorted(fields)) if fields else "It is plain text."
                problems.append(
                    use.place.problem(f"'{use.name}' has no field '{use.attribute}'", remedy)
                )
    if problems:
        raise BadInput(*problems)


def _template(folder: Path, name: str, place: Place) -> Template:
    if not (folder / name).is_file():
        names = sorted(file.name for file in folder.glob("*.j2"))
        raise BadInput(place.problem(f"there is no template '{name}' here", nearest(name, names)))
    return read_template(folder / name)


def _constraint(stage: StageFields, kind: str) -> Constraint | None:
    match stage.constraint:
        case ConstraintSpec(prose=ProseSpec(paragraphs=paragraphs, characters=characters)):
            return ProseConstraint(ProseLimits(paragraphs, characters))
        case ConstraintSpec(prose=True):
            return ProseConstraint()
        case ConstraintSpec(fields=dict(fields)):
            return json_constraint(f"{kind}_{stage.name}", fields)
        case ConstraintSpec(regex=str(pattern)):
            return RegexConstraint(pattern)
        case ConstraintSpec(choice=tuple(options)):
            return ChoiceConstraint(options)
    return None


def _answer_fields(constraint: Constraint | None) -> frozenset[str] | None:
    match constraint:
        case JsonConstraint(model=model):
            return frozenset(model.model_fields)
        case ProseConstraint():
            return frozenset({"title", "text"})
    return None

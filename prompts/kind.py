"""Kinds of documents and their stages, from `kind.yaml` and the templates beside it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from exempla.errors import BadInput, Problem, collecting
from exempla.source import Place, Yaml, nearest, read_yaml, validate
from prompts.answer import answer_fields
from prompts.constraint import Constraint, IdeasConstraint
from prompts.exemplar import exemplar_axis_name
from prompts.kind_check import (
    FULL,
    JUDGE,
    Known,
    check_declared,
    check_uses,
    known_names,
    order_problems,
    variant_problems,
)
from prompts.kind_file import KindFields, Need, Sampling, StageFields
from prompts.persona import PERSONA
from prompts.template import Template, read_template


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One request to the model within an item."""

    name: str
    template: Template
    uses: tuple[str, ...]
    constraint: Constraint | None
    no_longer_than: str | None
    sampling: Sampling
    max_tokens: int
    attempts: int
    place: Place


@dataclass(frozen=True)
class Kind:
    """A sort of document, in one variant: what an item of it needs, and its stages in order."""

    name: str
    says: str
    needs: tuple[Need, ...]
    axes: tuple[str, ...]
    exemplars: int
    frame: str | None
    system: Template | None
    stages: tuple[StageSpec, ...]
    """The last one writes the document: prose or a chat."""
    variants: tuple[str, ...]
    """Names of the others there are."""
    left_out: frozenset[str]
    """Stages that the variant does without; to templates they are None."""
    place: Place
    user_turn: str | None = None
    """What a text of the kind is the answer to in a chat mix."""

    @cached_property
    def digest(self) -> str:
        """A hash of all that shapes its requests: stages, schemas and templates.

        Limits (`max_tokens`, `attempts`) are not counted: more room makes no other document.
        """
        parts = [self.name, self.system.source if self.system else "", str(self.exemplars)]
        for stage in self.stages:
            parts += (
                stage.name,
                stage.template.source,
                repr(stage.constraint),
                str(stage.no_longer_than),
                stage.sampling.model_dump_json(),
            )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @cached_property
    def stage_index(self) -> Mapping[str, int]:
        """The place of each stage in the order."""
        return {stage.name: index for index, stage in enumerate(self.stages)}

    @cached_property
    def idea_stage(self) -> str | None:
        """The stage whose candidates may not repeat earlier ones of the chain, if there is one."""
        for stage in self.stages:
            if isinstance(stage.constraint, IdeasConstraint):
                return stage.name
        return None

    @cached_property
    def dealt(self) -> tuple[str, ...]:
        """The axes by which its items are dealt: its own, the persona's, that of its exemplars."""
        persona = (PERSONA,) if self.uses(PERSONA) else ()
        shown = self.exemplars and self.uses("exemplars")
        return (*self.axes, *persona, *((exemplar_axis_name(self.name),) if shown else ()))

    def uses(self, name: str) -> bool:
        """Whether the template of any stage may use a name."""
        return any(name in stage.uses for stage in self.stages)


def read_kind(folder: Path, variant: str = FULL) -> Kind:
    """Read and check the kind in a folder: `kind.yaml` and its templates.

    Args:
        folder: Named for the kind.
        variant: Which of its stages; a kind that has no variant of the name is read in full.

    Raises:
        BadInput: with every problem found, in every variant, each with its line.
    """
    yaml = read_yaml(folder / "kind.yaml")
    fields = validate(KindFields, yaml)
    problems: list[Problem] = []
    system: Template | None = None
    if fields.system:
        with collecting(problems):
            system = _template(folder, fields.system, yaml.place("system"))
            check_uses(system, (), {})
    known = known_names(fields)
    stages: list[StageSpec] = []
    for index, stage in enumerate(fields.stages):
        constraint = (
            stage.constraint.constraint(f"{folder.name}_{stage.name}") if stage.constraint else None
        )
        with collecting(problems):
            stages.append(_stage(folder, stage, constraint, known, yaml, index, problems))
        # Also after a mistake, so that later stages are not told that this one is unknown.
        known.setdefault(stage.name, answer_fields(constraint))
    problems += order_problems(fields, yaml)
    names = [stage.name for stage in fields.stages]
    problems += variant_problems(fields, names, yaml)
    if fields.frame and fields.frame not in fields.axes:
        problems.append(
            yaml.place("frame").problem(
                f"'{fields.frame}' is no axis of this kind", nearest(fields.frame, fields.axes)
            )
        )
    if problems:
        raise BadInput(*problems)
    chosen = fields.variants.get(variant, names)
    return Kind(
        folder.name,
        fields.says,
        fields.needs,
        fields.axes,
        fields.exemplars,
        fields.frame,
        system,
        tuple(stage for stage in stages if stage.name in chosen),
        tuple(fields.variants),
        frozenset(names) - set(chosen),
        Place(folder / "kind.yaml", 1),
        fields.user_turn,
    )


def _stage(
    folder: Path,
    stage: StageFields,
    constraint: Constraint | None,
    known: Known,
    yaml: Yaml,
    index: int,
    problems: list[Problem],
) -> StageSpec:
    if stage.name in known or stage.name in ("earlier", JUDGE):
        problems.append(
            yaml.place("stages", index, "name").problem(
                f"the name '{stage.name}' is taken", "Choose another name for the stage."
            )
        )
    here = known | {"earlier": None} if isinstance(constraint, IdeasConstraint) else known
    with collecting(problems):
        check_declared(stage.uses, here, yaml, index)
    template = _template(folder, stage.template, yaml.place("stages", index, "template"))
    check_uses(template, stage.uses, here)
    return StageSpec(
        stage.name,
        template,
        stage.uses,
        constraint,
        stage.no_longer_than,
        stage.sampling,
        stage.max_tokens,
        stage.attempts,
        yaml.place("stages", index),
    )


def _template(folder: Path, name: str, place: Place) -> Template:
    if not (folder / name).is_file():
        names = sorted(file.name for file in folder.glob("*.j2"))
        raise BadInput(place.problem(f"there is no template '{name}' here", nearest(name, names)))
    return read_template(folder / name)

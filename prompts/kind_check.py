"""What is wrong with a kind: names that do not exist, stages and variants that do not fit."""

from collections.abc import Sequence

from exempla.errors import BadInput, Problem
from exempla.source import Yaml, nearest
from prompts.kind_file import KindFields
from prompts.persona import PERSONA, PERSONA_FIELDS
from prompts.template import Template

FULL = "full"
"""The variant that has every stage."""
JUDGE = "judge"
"""The stage that comes after those of every kind, where there is a judge; no kind may have it."""
PRINCIPLE_FIELDS = frozenset({"id", "title", "statement", "why", "in_practice", "tensions"})
SEED_FIELDS = frozenset({"id", "premise", "role", "pressure", "admirable"})

Known = dict[str, frozenset[str] | None]
"""Names a template may use; the fields of each, or None where it is plain text or a list."""


def known_names(fields: KindFields) -> Known:
    """What every stage of a kind may use, earlier stages aside."""
    known: Known = {"clause": None, PERSONA: PERSONA_FIELDS}
    if "principle" in fields.needs:
        known["principle"] = PRINCIPLE_FIELDS
    if "seed" in fields.needs:
        known["seed"] = SEED_FIELDS
    if fields.exemplars:
        known["exemplars"] = None
    known.update(dict.fromkeys(fields.axes))
    return known


def check_declared(uses: tuple[str, ...], known: Known, yaml: Yaml, index: int) -> None:
    """Check that a stage declares only names there are.

    Raises:
        BadInput: with every name that there is not.
    """
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


def check_uses(template: Template, declared: tuple[str, ...], known: Known) -> None:
    """Check that a template uses only what its stage declares, and fields that exist.

    Raises:
        BadInput: with every use of another name.
    """
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


def order_problems(fields: KindFields, yaml: Yaml) -> list[Problem]:
    """What is wrong between stages: several of ideas, a length taken from what is no text."""
    problems: list[Problem] = []
    texts: list[str] = []
    ideas: list[str] = []
    for index, stage in enumerate(fields.stages):
        if stage.no_longer_than and stage.no_longer_than not in texts:
            problems.append(
                yaml.place("stages", index, "no_longer_than").problem(
                    f"'{stage.no_longer_than}' is no earlier stage that writes prose or a chat",
                    nearest(stage.no_longer_than, texts),
                )
            )
        if stage.constraint and stage.constraint.ideas:
            ideas.append(stage.name)
            if len(ideas) > 1:
                problems.append(
                    yaml.place("stages", index, "constraint").problem(
                        f"'{ideas[0]}' already has ideas to choose from",
                        "One stage of a kind may; declare 'fields' here.",
                    )
                )
        if stage.constraint and (stage.constraint.prose or stage.constraint.chat):
            texts.append(stage.name)
    return problems


def variant_problems(fields: KindFields, names: Sequence[str], yaml: Yaml) -> list[Problem]:
    """What is wrong with the variants, the full one included: each must end with the document."""
    problems: list[Problem] = []
    if FULL in fields.variants:
        problems.append(
            yaml.place("variants", FULL).problem(
                f"'{FULL}' is the variant with every stage", "Choose another name."
            )
        )
    writers = {
        stage.name
        for stage in fields.stages
        if stage.constraint and (stage.constraint.prose or stage.constraint.chat)
    }
    last = len(fields.stages) - 1
    if fields.stages[last].name not in writers:
        problems.append(
            yaml.place("stages", last).problem(
                f"the last stage, '{fields.stages[last].name}', does not write the document",
                "Give it 'constraint: prose' or 'chat', so that the document has its form.",
            )
        )
    for variant, chosen in fields.variants.items():
        for index, name in enumerate(chosen):
            if name not in names:
                problems.append(
                    yaml.place("variants", variant, index).problem(
                        f"'{name}' is no stage of this kind", nearest(name, names)
                    )
                )
        writing = [name for name in names if name in chosen]
        if writing and writing[-1] not in writers:
            problems.append(
                yaml.place("variants", variant).problem(
                    f"the last stage of '{variant}' does not write the document",
                    "End it with a stage of prose or a chat.",
                )
            )
    return problems

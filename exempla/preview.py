"""The prompts of one item, as the model will see them."""

from typing import Any

from exempla.errors import BadInput, Problem
from exempla.project import Project
from generator.item import Item
from generator.plan import Plan
from prompts.answer import placeholder
from prompts.constraint import (
    ChoiceConstraint,
    Constraint,
    JsonConstraint,
    ProseConstraint,
    RegexConstraint,
)

REACH = 100_000
"""Items that are looked through for one that fits."""


def find_item(
    plan: Plan, index: int | None, kind: str | None, principle: str | None, seed: str | None
) -> Item:
    """The item of that number, or the first that fits all that is given.

    Raises:
        BadInput: there is none.
    """
    if index is not None and not 0 <= index < len(plan):
        raise BadInput(
            Problem(f"the plan has no item {index}", f"Its items are 0 to {len(plan) - 1}.")
        )
    numbers = range(min(len(plan), REACH)) if index is None else (index,)
    for number in numbers:
        item = plan.item(number)
        if (
            (kind is None or item.kind == kind)
            and (principle is None or item.principle == principle)
            and (seed is None or item.seed == seed)
        ):
            return item
    wanted = {"number": index, "--kind": kind, "--principle": principle, "--seed": seed}
    given = " ".join(f"{name} {value}" for name, value in wanted.items() if value is not None)
    raise BadInput(
        Problem(
            f"no item of the plan fits {given}",
            "Check the spelling with 'exempla plan --axes', or raise plan.items.",
        )
    )


def prompts_of(project: Project, item: Item) -> list[dict[str, Any]]:
    """The messages and constraint of every stage; earlier answers stand as placeholders."""
    kind = project.library.kinds[item.kind]
    answers = {stage.name: placeholder(stage.constraint, stage.name) for stage in kind.stages}
    return [
        {
            "stage": stage.name,
            "messages": [
                {"role": message.role, "content": message.content}
                for message in project.prompter.messages(item, stage, answers)
            ],
            "constraint": _words(stage.constraint),
            "max_tokens": stage.max_tokens,
        }
        for stage in kind.stages
    ]


def _words(constraint: Constraint | None) -> str:
    match constraint:
        case JsonConstraint(model=model):
            return "a JSON object with " + ", ".join(model.model_fields)
        case ProseConstraint():
            return "a title line, then paragraphs"
        case RegexConstraint(pattern=pattern):
            return f"matches {pattern}"
        case ChoiceConstraint(options=options):
            return "one of " + ", ".join(options)
    return "none"

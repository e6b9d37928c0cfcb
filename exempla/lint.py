"""What is worth mending in a project that can be loaded, and templates rendered to be sure."""

from collections.abc import Iterator

import numpy as np

from exempla.errors import BadInput, Problem, collecting
from exempla.project import Project
from exempla.settings import Settings, blaming
from generator.balance import balance_problems
from generator.engine import NotInstalled, find_engine
from generator.item import Item
from generator.judge import Judge, JudgeSettings, Subject
from prompts.answer import placeholder


def check_templates(project: Project) -> None:
    """Render every stage for an item of every kind and principle, as a run would.

    Raises:
        BadInput: with the problems of every template.
    """
    problems: dict[Problem, None] = {}
    for item in one_of_each_cell(project):
        kind = project.library.kinds[item.kind]
        answers = {stage.name: placeholder(stage.constraint, stage.name) for stage in kind.stages}
        for stage in kind.stages:
            found: list[Problem] = []
            with collecting(found):
                project.prompter.messages(item, stage, answers)
            problems.update(dict.fromkeys(found))
    of_judge: list[Problem] = []
    with collecting(of_judge):
        check_judge(project)
    problems.update(dict.fromkeys(of_judge))
    if problems:
        raise BadInput(*problems)


def check_judge(project: Project) -> None:
    """Put a document of each principle to the judge's templates, also where nobody judges.

    Raises:
        BadInput: a template cannot be rendered.
    """
    judge = Judge(JudgeSettings(at_least={}), project.judging, project.constitution)
    for principle in project.constitution.principles:
        clause = principle.clauses[0].text
        judge.messages(Subject("", principle.id, clause, "[kind]", "[document]"))


def one_of_each_cell(project: Project) -> Iterator[Item]:
    """The first item of every kind and principle within one period of the plan."""
    _, firsts = np.unique(project.plan.cell_shares.slots, return_index=True)
    for index in firsts:
        yield project.plan.item(int(index))


def warnings(project: Project) -> list[Problem]:
    """What would run and is probably not meant."""
    library, plan = project.library, project.plan
    found: list[Problem] = []
    used = {name for kind in library.kinds.values() for name in kind.axes}
    # With another folder of kinds chosen, the axes may be there for the usual one.
    usual = project.settings.kinds == Settings.model_fields["kinds"].default
    for axis in library.axes.values():
        if usual and axis.name not in used:
            found.append(
                axis.place.problem(
                    f"no kind varies '{axis.name}'", "Name it under a kind's 'axes', or remove it."
                )
            )
    for kind in library.kinds.values():
        for stage in kind.stages:
            for name in stage.uses:
                if name not in stage.template.names:
                    found.append(
                        stage.place.problem(
                            f"the stage '{stage.name}' declares '{name}' and does not use it",
                            f"Remove it from 'uses', or use it in {stage.template.file.name}.",
                        )
                    )
        for name in kind.axes:
            if not any(name in stage.template.names for stage in kind.stages):
                found.append(
                    kind.place.problem(
                        f"no template of '{kind.name}' uses the axis '{name}'",
                        "Its values would change ids and nothing else; use it or remove it.",
                    )
                )
    planned = {principle.id for principle in plan.principles}
    for seed in library.seeds.values():
        if not library.any_seed and not planned.intersection(seed.fields.principles):
            found.append(
                seed.place.problem(
                    f"the seed '{seed.id}' touches no principle of the plan",
                    "It is never used; add a principle to it, or give one of its own a weight.",
                )
            )
    found += balance_problems(plan)
    cells = len(plan.kinds) * len(plan.principles)
    if len(plan) < cells:
        size = "items" if plan.settings.accepted is None else "accepted"
        found.append(
            Problem(
                f"the plan has {len(plan)} items for {cells} pairs of kind and principle",
                f"Some principles will lack a kind; set plan.{size} to {cells} or more.",
            )
        )
    return found


def missing_engine(project: Project) -> list[Problem]:
    """What this machine lacks to run the project; another machine may have it."""
    found: list[Problem] = []
    for engine in filter(None, (project.engine, project.judge_engine)):
        try:
            with blaming(project.yaml):
                find_engine(engine)
        except NotInstalled as error:
            found += error.problems
    return found

"""Which items an author asks to see, what they were dealt, and their prompts."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from exempla.errors import BadInput, Problem
from exempla.project import Project
from exempla.source import nearest
from generator.cells import reach
from generator.engine import Message
from generator.item import Item
from generator.judge import Subject
from generator.plan import Plan
from prompts.answer import placeholder
from prompts.constraint import (
    ChatConstraint,
    ChoiceConstraint,
    Constraint,
    IdeasConstraint,
    JsonConstraint,
    ProseConstraint,
    RegexConstraint,
)
from prompts.exemplar import exemplar_axis_name
from prompts.kind_check import JUDGE

REACH = 100_000
"""Items that are looked through for those that fit."""
SURE = 8
"""Letters of an id after which no other is looked for that begins so: odds of 1 in 43,000."""

MANY = 50
"""Names that are too many to be read in a message."""
LISTED = "'exempla plan --axes' lists what there is."


class Wanted(NamedTuple):
    """Which items are asked for; what is None may be anything."""

    item: str | None = None
    """A number in the plan, or the beginning of an id."""
    kind: str | None = None
    principle: str | None = None
    seed: str | None = None

    def fits(self, item: Item) -> bool:
        """Whether an item is of the kind, principle and seed."""
        return (
            self.kind in (None, item.kind)
            and self.principle in (None, item.principle)
            and self.seed in (None, item.seed)
        )

    def __str__(self) -> str:
        return " ".join(f"--{name} {value}" for name, value in self._asdict().items() if value)


class Dealt(NamedTuple):
    """One thing that an item is written from."""

    what: str
    id: str
    words: str


def find_items(plan: Plan, wanted: Wanted, count: int = 1) -> list[Item]:
    """The first items of the plan that fit, `count` of them or as many as there are.

    Raises:
        BadInput: there is none.
    """
    found: list[Item] = []
    candidates = (
        map(plan.item, range(min(len(plan), REACH)))
        if wanted.item is None
        else iter([_named(plan, wanted.item)])
    )
    for item in candidates:
        if wanted.fits(item):
            found.append(item)
            if len(found) == count:
                break
    if not found:
        raise BadInput(Problem(f"no item of the plan fits {wanted}", _remedy(plan, wanted)))
    return found


def _named(plan: Plan, name: str) -> Item:
    """The item of that number, or the one whose id begins so."""
    if name.isdecimal() and int(name) < reach(plan):
        return plan.item(int(name))
    found: list[Item] = []
    for item in map(plan.item, range(min(reach(plan), REACH))):
        if name and item.id.startswith(name.lower()):
            found.append(item)
            if len(found) > 1 or len(name) >= SURE:
                break
    if len(found) > 1:
        ids = " and ".join(item.id for item in found)
        raise BadInput(Problem(f"several ids begin with '{name}'", f"{ids} do; give more of it."))
    if not found:
        what = f"the plan has no item {name}"
        if not name.isdecimal():
            what += f", and no id that begins so among its first {REACH:,} items"
        remedy = (
            f"Its items are 0 to {reach(plan) - 1}. An id changes with whatever it is made from."
        )
        raise BadInput(Problem(what, remedy))
    return found[0]


def _remedy(plan: Plan, wanted: Wanted) -> str:
    known = {
        "kind": [kind.name for kind in plan.kinds],
        "principle": [principle.id for principle in plan.principles],
        "seed": list(dict.fromkeys(seed.id for cell in plan.cells for seed in cell.seeds)),
    }
    for name, names in known.items():
        value = getattr(wanted, name)
        if value and value not in names:
            close = nearest(value, names)
            return close if len(names) < MANY else close.partition("Known here")[0] or LISTED
    return "Leave one of them out, or raise plan.items."


def dealt_to(project: Project, item: Item) -> list[Dealt]:
    """All that an item is written from, with the words that its templates are given."""
    library = project.library
    principle = next(p for p in project.plan.principles if p.id == item.principle)
    clause = next(clause for clause in principle.clauses if clause.id == item.clause)
    found = [
        Dealt("kind", item.kind, library.kinds[item.kind].says),
        Dealt("principle", item.principle, principle.statement),
        Dealt("clause", item.clause, clause.text),
    ]
    if item.seed:
        found.append(Dealt("seed", item.seed, library.seeds[item.seed].fields.premise))
    shown = library.shown(item.kind, item.axes)
    found += [
        Dealt(axis, id_, item.words[axis])
        for axis, id_ in item.axes.items()
        if axis != exemplar_axis_name(item.kind)
    ]
    found += [
        Dealt("exemplar", exemplar.id, ": ".join(filter(None, (exemplar.form, exemplar.title))))
        for exemplar in shown
    ]
    return [Dealt(what, id_, " ".join(words.split())) for what, id_, words in found]


def prompts_of(project: Project, item: Item, stage: str | None = None) -> list[dict[str, Any]]:
    """The messages and constraint of every stage, or of one; earlier answers are placeholders.

    Where there is a judge, its stage comes last.

    Raises:
        BadInput: the kind has no such stage, or a template cannot be rendered.
    """
    kind = project.library.kinds[item.kind]
    answers = {spec.name: placeholder(spec.constraint, spec.name) for spec in kind.stages}
    names = [*(spec.name for spec in kind.stages), *([JUDGE] if project.judge else [])]
    if stage is not None and stage not in names:
        what = f"the kind '{kind.name}' has no stage '{stage}'"
        raise BadInput(Problem(what, nearest(stage, names)))
    found: list[dict[str, Any]] = []
    for spec in kind.stages:
        if stage in (None, spec.name):
            messages = project.prompter.messages(item, spec, answers)
            found.append(_prompt(spec.name, messages, spec.constraint, spec.max_tokens))
    if project.judge and stage in (None, JUDGE):
        judge, clause = project.judge, project.prompter.clause(item.clause)
        subject = Subject(item.id, item.principle, clause, kind.says, "[the document]")
        messages, room = judge.messages(subject), judge.settings.max_tokens
        found.append(_prompt(JUDGE, messages, judge.rubric.constraint, room))
    return found


def _prompt(
    stage: str, messages: Sequence[Message], constraint: Constraint | None, max_tokens: int
) -> dict[str, Any]:
    return {
        "stage": stage,
        "messages": [{"role": one.role, "content": one.content} for one in messages],
        "constraint": _words(constraint),
        "max_tokens": max_tokens,
    }


def _words(constraint: Constraint | None) -> str:
    match constraint:
        case IdeasConstraint(candidate=candidate):
            fields = ", ".join(candidate.model.model_fields)
            return f"a JSON object with ideas, each with {fields}, likelihood; or with unfit"
        case JsonConstraint(model=model):
            return "a JSON object with " + ", ".join(model.model_fields)
        case ProseConstraint():
            return "a title line, then paragraphs"
        case ChatConstraint(messages=(least, most)):
            return f"{least} to {most} messages, under [user] and [assistant] by turns"
        case RegexConstraint(pattern=pattern):
            return f"matches {pattern}"
        case ChoiceConstraint(options=options):
            return "one of " + ", ".join(options)
    return "none"

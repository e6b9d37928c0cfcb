from pathlib import Path

from constitution.collection import Constitution
from constitution.principle import Clause, Principle
from exempla.source import Place
from generator.balance import balance_problems
from generator.plan import PlanSettings, make_plan
from prompts.axis import Axis, AxisValue
from prompts.kind import Kind
from prompts.library import Library

HERE = Place(Path("nowhere"), 1)


def told(*axes: Axis) -> list[str]:
    """What is said of a plan with one kind that varies these axes."""
    clause = Clause("p/0", "In practice", "Point.", HERE)
    principle = Principle("p", "p", "Be.", "Because.", (clause,), (), 1.0, (), HERE)
    names = tuple(axis.name for axis in axes)
    kind = Kind("tale", "says", ("principle",), names, 0, None, None, (), (), frozenset(), HERE)
    by_name = {axis.name: axis for axis in axes}
    library = Library(Path(), {"tale": kind}, {}, by_name, {}, by_name)
    plan = make_plan(Constitution("c", "1", (principle,), "d"), library, PlanSettings())
    problems = list(balance_problems(plan))
    assert all(problem.remedy and problem.file for problem in problems)
    return [problem.what for problem in problems]


def axis(name: str, *values: AxisValue) -> Axis:
    return Axis(name, "says", values, HERE)


def value(name: str, weight: float = 1, **excludes: tuple[str, ...]) -> AxisValue:
    return AxisValue(id=name, text=name, weight=weight, excludes=excludes)


LONG = axis("length", value("short", 3), value("middle"), value("long"))


def test_a_few_exclusions_are_not_worth_a_word() -> None:
    assert told(LONG, axis("form", value("a", length=("long",)), value("b"), value("c"))) == []


def test_a_value_that_is_due_more_often_than_its_partners_is_told() -> None:
    form = axis("form", value("letter", 3, length=("short",)), value("list"), value("play"))
    expected = (
        "in the kind 'tale', 'letter' is due in 60% of the items, and what it can go with of "
        "'length' in 40%"
    )
    assert told(LONG, form)[0] == expected
    assert expected in told(form, LONG)


def test_values_that_leave_too_little_together_are_told_by_what_is_dealt() -> None:
    form = axis(
        "form",
        value("letter", length=("long", "middle")),
        value("list", length=("long", "middle")),
        value("play"),
        value("poem", 0.5, length=("middle",)),
    )
    short = axis("length", value("short", 2), value("middle"), value("long"))
    (what,) = told(short, form)
    assert what.startswith("in the kind 'tale', ")
    assert what.endswith(
        "items have a value of 'form' beyond its share, through exclusions with 'length'"
    )


def numbered(name: str, count: int) -> Axis:
    return axis(name, *(value(f"v{number}") for number in range(count)))


def test_two_long_axes_that_are_read_in_step_are_told() -> None:
    (what,) = told(numbered("task", 58), numbered("place", 29))
    assert what.startswith("in the kind 'tale', 'task' and 'place' are read in step, the one every")
    assert "every 58 items and the other every 29" in what


def test_long_axes_with_small_common_divisors_and_short_axes_are_not_worth_a_word() -> None:
    assert told(numbered("task", 58), numbered("place", 40), numbered("hour", 31)) == []
    assert told(numbered("tone", 20), numbered("hour", 20), numbered("place", 40)) == []

import pytest

from output.condition import Condition, fields_of, meets, value_at

RECORD = {
    "kind": "story",
    "principles": ["honesty", "care"],
    "verdict": {"scores": {"alive": 4, "overall": 3.5}, "flags": []},
    "done": True,
    "seed": None,
}


@pytest.mark.parametrize(
    ("field", "condition", "holds"),
    [
        ("kind", Condition(equals="story"), True),
        ("kind", Condition(equals="advice"), False),
        ("kind", Condition(one_of=("advice", "story")), True),
        ("kind", Condition(one_of=("advice",)), False),
        ("verdict.scores.alive", Condition(at_least=4), True),
        ("verdict.scores.alive", Condition(at_least=4.5), False),
        ("verdict.scores.overall", Condition(at_most=3.5), True),
        ("verdict.scores.overall", Condition(at_most=3), False),
        ("verdict.scores.overall", Condition(at_least=3, at_most=3.2), False),
        ("verdict.scores.lively", Condition(at_least=0), False),
        ("principles", Condition(equals="care"), True),
        ("principles", Condition(equals="candour"), False),
        ("verdict.flags", Condition(equals="sermon"), False),
        ("done", Condition(equals=True), True),
        ("done", Condition(at_least=1), False),
        ("kind", Condition(at_least=1), False),
        ("kind.more", Condition(equals="story"), False),
        ("seed", Condition(equals="story"), False),
    ],
)
def test_a_record_meets_a_condition_on_any_field(
    field: str, condition: Condition, holds: bool
) -> None:
    assert meets(RECORD, {field: condition}) is holds


def test_every_condition_must_be_met() -> None:
    right, wrong = Condition(equals="story"), Condition(equals=False)
    assert meets(RECORD, {"kind": right})
    assert not meets(RECORD, {"kind": right, "done": wrong})


def test_the_fields_of_a_record_are_found_by_their_names() -> None:
    names = list(fields_of(RECORD))
    assert names == [
        *("kind", "principles", "verdict.scores.alive", "verdict.scores.overall"),
        *("verdict.flags", "done", "seed"),
    ]
    assert value_at(RECORD, "verdict.scores.alive") == 4

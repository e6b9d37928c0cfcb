import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from prompts.answer import Prose, UnreadableAnswer, placeholder, read_answer
from prompts.constraint import (
    ChoiceConstraint,
    Constraint,
    JsonConstraint,
    ProseConstraint,
    RegexConstraint,
    ideas_constraint,
    json_constraint,
)
from prompts.field import ChoiceField, FieldSpec, IntegerField, ListField, TextField

FIELDS: dict[str, FieldSpec] = {
    "title": TextField(type="text", min=2, max=12, says="A name"),
    "marks": IntegerField(type="integer", min=-3, max=7),
    "form": ChoiceField(type="choice", options=("letter", "essay")),
    "parts": ListField(type="list", min=1, max=3, length=5),
}
SMALL = json_constraint("small", FIELDS)
FORMS: list[Constraint | None] = [
    SMALL,
    ProseConstraint(),
    RegexConstraint(r"[a-c]+"),
    ChoiceConstraint(("yes", "no")),
    None,
]
IDS = ["fields", "prose", "regex", "choice", "none"]
RIGHT: dict[str, Any] = {"title": "Day", "marks": 2, "form": "essay", "parts": ["a"]}

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LIMITS = st.tuples(st.integers(0, 6), st.integers(1, 6)).map(sorted)


def text_field(limits: list[int]) -> TextField:
    return TextField(type="text", min=limits[0], max=max(limits[1], 1))


def list_field(limits: list[int]) -> ListField:
    return ListField(type="list", min=limits[0], max=max(limits[1], 1), length=4)


SPECS: st.SearchStrategy[FieldSpec] = st.one_of(
    LIMITS.map(text_field),
    LIMITS.map(list_field),
    st.tuples(st.integers(-9, 9), st.integers(-9, 9))
    .map(sorted)
    .map(lambda limits: IntegerField(type="integer", min=limits[0], max=limits[1])),
    st.lists(TEXT, min_size=2, max_size=4, unique=True).map(
        lambda options: ChoiceField(type="choice", options=tuple(options))
    ),
)
NAMES = st.sampled_from(["reason", "start", "people", "fact", "hard"])


def value_of(spec: FieldSpec) -> st.SearchStrategy[Any]:
    character = st.characters(exclude_categories=["Cs"])
    match spec:
        case TextField():
            return st.text(character, min_size=spec.min, max_size=spec.max)
        case IntegerField():
            return st.integers(spec.min, spec.max)
        case ChoiceField():
            return st.sampled_from(spec.options)
        case ListField():
            item = st.text(character, min_size=1, max_size=spec.length)
            return st.lists(item, min_size=spec.min, max_size=spec.max)


@given(st.dictionaries(NAMES, SPECS, min_size=1), st.data())
def test_every_answer_within_the_declared_limits_is_read_as_it_was_meant(
    fields: dict[str, FieldSpec], data: st.DataObject
) -> None:
    meant = {name: data.draw(value_of(spec)) for name, spec in fields.items()}
    constraint = json_constraint("drawn", fields)
    assert read_answer(constraint, json.dumps(meant)) == meant
    assert read_answer(constraint, json.dumps(meant, ensure_ascii=False, indent=2)) == meant


@pytest.mark.parametrize("form", FORMS, ids=IDS)
@given(junk=st.one_of(st.text(), TEXT.map(json.dumps), st.text("#ab \n\r\t\ud800", max_size=9)))
def test_junk_is_read_or_called_unreadable_and_nothing_else(
    form: Constraint | None, junk: str
) -> None:
    try:
        read_answer(form, junk)
    except UnreadableAnswer as error:
        assert str(error)  # noqa: PT017 - whether it is raised depends on the junk


@given(st.recursive(st.none() | st.booleans() | st.floats() | TEXT, st.lists, max_leaves=5))
def test_json_of_another_shape_is_unreadable(value: object) -> None:
    with pytest.raises(UnreadableAnswer):
        read_answer(SMALL, json.dumps(value))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"title": "x"}, "title"),
        ({"title": "x" * 13}, "title"),
        ({"title": 3}, "title"),
        ({"marks": 8}, "marks"),
        ({"marks": -4}, "marks"),
        ({"marks": 1.5}, "marks"),
        ({"form": "poem"}, "form"),
        ({"parts": []}, "parts"),
        ({"parts": ["a"] * 4}, "parts"),
        ({"parts": ["abcdef"]}, "parts.0"),
        ({"parts": [""]}, "parts.0"),
        ({"more": 1}, "more"),
    ],
)
def test_an_answer_outside_the_limits_says_where(changes: dict[str, Any], where: str) -> None:
    assert read_answer(SMALL, json.dumps(RIGHT)) == RIGHT
    with pytest.raises(UnreadableAnswer, match=f"^{re.escape(where)}: "):
        read_answer(SMALL, json.dumps(RIGHT | changes))


@pytest.mark.parametrize("missing", list(FIELDS))
def test_a_missing_field_is_unreadable(missing: str) -> None:
    left = {name: value for name, value in RIGHT.items() if name != missing}
    with pytest.raises(UnreadableAnswer, match=missing):
        read_answer(SMALL, json.dumps(left))


def test_the_schema_has_the_declared_limits_in_the_declared_order() -> None:
    schema = json.loads(SMALL.schema)
    properties = schema["properties"]
    assert list(properties) == schema["required"] == list(FIELDS)
    assert schema["additionalProperties"] is False
    assert (properties["title"]["minLength"], properties["title"]["maxLength"]) == (2, 12)
    assert properties["title"]["description"] == "A name"
    assert (properties["marks"]["minimum"], properties["marks"]["maximum"]) == (-3, 7)
    assert properties["form"]["enum"] == ["letter", "essay"]
    assert (properties["parts"]["minItems"], properties["parts"]["maxItems"]) == (1, 3)
    assert properties["parts"]["items"] == {"maxLength": 5, "minLength": 1, "type": "string"}


def test_two_constraints_of_the_same_fields_are_equal() -> None:
    assert json_constraint("small", FIELDS) == SMALL
    assert json_constraint("small", {**FIELDS, "title": TextField(type="text")}) != SMALL


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "text", "min": 9, "max": 3},
        {"type": "integer", "min": 2, "max": 1},
        {"type": "list", "min": 7},
    ],
)
def test_limits_that_nothing_can_meet_are_refused(spec: dict[str, Any]) -> None:
    adapter: TypeAdapter[FieldSpec] = TypeAdapter(FieldSpec)
    with pytest.raises(ValueError, match="nothing is between"):
        adapter.validate_python(spec)


PARAGRAPH = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1).filter(
    lambda text: not text.startswith("#")
)


@given(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=3),
    st.lists(PARAGRAPH, min_size=1, max_size=4),
)
def test_prose_is_taken_apart_into_title_and_paragraphs(title: str, parts: list[str]) -> None:
    text = "\n\n".join(parts)
    assert read_answer(ProseConstraint(), f"# {title}\n\n{text}\n") == Prose(title, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A title\n\nText.",
        "# Title",
        "# Title\n\n",
        "# Title\nText.",
        "# Title\n\nOne.\nTwo.",
        "# Title\n\nOne.\n\n\nTwo.",
        "#Title\n\nText.",
        "# ab\n\nText.",
        "#     \n\nText.",
        "Here it is:\n\n# Title\n\nText.",
    ],
)
def test_what_is_no_title_and_paragraphs_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableAnswer):
        read_answer(ProseConstraint(), text)


def test_the_prose_pattern_is_read_in_linear_time() -> None:
    assert not re.fullmatch(ProseConstraint().pattern, "# Title\n\n" + "word\n\n" * 20_000)


def test_a_regex_and_a_choice_must_match_whole() -> None:
    assert read_answer(RegexConstraint("[a-c]+"), "abc") == "abc"
    assert read_answer(ChoiceConstraint(("yes", "no")), "no") == "no"
    assert read_answer(None, " anything ") == " anything "
    wrong: list[tuple[Constraint, str]] = [
        (RegexConstraint("[a-c]+"), "abcd"),
        (RegexConstraint("[a-c]+"), "abc\n"),
        (ChoiceConstraint(("yes", "no")), "yes."),
    ]
    for form, text in wrong:
        with pytest.raises(UnreadableAnswer):
            read_answer(form, text)


@pytest.mark.parametrize("form", FORMS, ids=IDS)
def test_a_placeholder_has_what_templates_ask_of_an_answer(form: Constraint | None) -> None:
    stand_in = placeholder(form, "idea")
    match form:
        case JsonConstraint():
            assert isinstance(stand_in, dict)
            assert list(stand_in) == list(FIELDS)
            assert stand_in["parts"] == ["[idea.parts]"]
            assert str(stand_in["marks"] + 0) != str(stand_in["marks"]) == "[idea.marks]"
        case ProseConstraint():
            assert stand_in == Prose("[idea.title]", "[idea.text]")
        case _:
            assert stand_in == "[idea]"


def test_the_schema_of_ideas_has_so_many_candidates_each_with_its_likelihood_last() -> None:
    schema = json.loads(ideas_constraint("plan", FIELDS, 4, 0.5, unfit=False).schema)
    ideas = schema["properties"]["ideas"]
    assert (ideas["minItems"], ideas["maxItems"]) == (4, 4)
    candidate = schema["$defs"]["plan_candidate"]
    assert list(candidate["properties"]) == candidate["required"] == [*FIELDS, "likelihood"]
    assert candidate["additionalProperties"] is False
    likelihood = candidate["properties"]["likelihood"]
    assert (likelihood["minimum"], likelihood["maximum"]) == (1, 100)


def test_the_schema_of_ideas_has_a_reason_instead_where_that_is_allowed() -> None:
    schema = json.loads(ideas_constraint("plan", FIELDS, 4, 0.5, unfit=True).schema)
    names = [form["$ref"].rpartition("/")[2] for form in schema["anyOf"]]
    assert names == ["plan_ideas", "plan_unfit"]
    assert list(schema["$defs"]["plan_unfit"]["properties"]) == ["unfit"]


def test_constraints_of_ideas_are_equal_only_with_the_same_novelty() -> None:
    one = ideas_constraint("plan", FIELDS, 4, 0.5, unfit=True)
    assert one == ideas_constraint("plan", FIELDS, 4, 0.5, unfit=True)
    assert one != ideas_constraint("plan", FIELDS, 4, 0.6, unfit=True)
    assert one != ideas_constraint("plan", FIELDS, 3, 0.5, unfit=True)
    assert one != ideas_constraint("plan", FIELDS, 4, 0.5, unfit=False)
    assert repr(one) == repr(ideas_constraint("plan", FIELDS, 4, 0.5, unfit=True))

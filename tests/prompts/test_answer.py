import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.answer import (
    Chat,
    Message,
    UnreadableAnswer,
    answer_fields,
    placeholder,
    read_answer,
    read_ideas,
)
from prompts.constraint import ChatConstraint, ideas_constraint
from prompts.field import ChoiceField, FieldSpec, TextField

FIELDS: dict[str, FieldSpec] = {
    "what": TextField(type="text", min=2, max=40),
    "move": ChoiceField(type="choice", options=("ask", "tell")),
}
FIT = ideas_constraint("fit", FIELDS, 2, 0.5, unfit=False)
EITHER = ideas_constraint("either", FIELDS, 2, 0.5, unfit=True)


def candidate(**changes: Any) -> dict[str, Any]:
    return {"what": "a lamp", "move": "ask", "likelihood": 30, **changes}


def offered(*candidates: dict[str, Any]) -> str:
    return json.dumps({"ideas": candidates})


def test_ideas_are_candidates_and_their_likelihoods() -> None:
    ideas = read_ideas(EITHER, offered(candidate(), candidate(what="a pump", likelihood=2)))
    assert [one.fields for one in ideas.candidates] == [
        {"what": "a lamp", "move": "ask"},
        {"what": "a pump", "move": "ask"},
    ]
    assert [one.likelihood for one in ideas.candidates] == [30, 2]
    assert ideas.unfit == ""


def test_a_reason_why_nothing_fits_is_read_where_it_is_allowed() -> None:
    text = '{"unfit": "There is no AI in it."}'
    ideas = read_ideas(EITHER, text)
    assert (ideas.candidates, ideas.unfit) == ((), "There is no AI in it.")
    with pytest.raises(UnreadableAnswer):
        read_ideas(FIT, text)
    for reason in ("", "short", "x" * 301):
        with pytest.raises(UnreadableAnswer):
            read_ideas(EITHER, json.dumps({"unfit": reason}))


@pytest.mark.parametrize("constraint", [FIT, EITHER], ids=["fit", "either"])
@pytest.mark.parametrize(
    "text",
    [
        offered(candidate()),
        offered(candidate(), candidate(), candidate()),
        offered(),
        offered(candidate(), candidate(likelihood=0)),
        offered(candidate(), candidate(likelihood=101)),
        offered(candidate(), candidate(likelihood=0.5)),
        offered(candidate(), {"what": "a lamp", "move": "ask"}),
        offered(candidate(), candidate(move="run")),
        offered(candidate(), candidate(more=1)),
        json.dumps([candidate(), candidate()]),
        json.dumps({"ideas": [candidate(), candidate()], "unfit": "There is no AI in it."}),
        "nonsense",
        "",
    ],
)
def test_ideas_of_another_form_are_unreadable(constraint: Any, text: str) -> None:
    with pytest.raises(UnreadableAnswer, match="."):
        read_ideas(constraint, text)


def test_the_answer_to_a_stage_of_ideas_is_the_one_that_was_chosen() -> None:
    chosen = read_ideas(EITHER, offered(candidate(), candidate(what="a pump"))).candidates[1]
    assert read_answer(EITHER, json.dumps(chosen.fields)) == chosen.fields
    with pytest.raises(UnreadableAnswer):
        read_answer(EITHER, offered(candidate(), candidate()))


def test_templates_see_no_likelihood() -> None:
    assert answer_fields(EITHER) == {"what", "move"}
    assert placeholder(EITHER, "idea") == {"what": "[idea.what]", "move": "[idea.move]"}


CHAT = ChatConstraint((2, 4))


def chat(*contents: str) -> str:
    roles = ("user", "assistant") * len(contents)
    said = zip(roles, contents, strict=False)
    return "\n\n".join(f"[{role}]\n{content}" for role, content in said)


LINE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1).map(
    lambda text: "x" + text
)
CONTENT = st.lists(LINE, min_size=1, max_size=3).flatmap(
    lambda lines: st.sampled_from(["\n", "\n\n"]).map(lambda gap: gap.join(lines))
)


@given(st.lists(CONTENT, min_size=2, max_size=4).filter(lambda said: len(said) % 2 == 0))
def test_a_chat_is_taken_apart_into_what_was_said(contents: list[str]) -> None:
    read = read_answer(CHAT, f"\n{chat(*contents)}\n\n")
    assert isinstance(read, Chat)
    assert [message.content for message in read.messages] == contents
    assert [message.role for message in read.messages] == ["user", "assistant"] * (
        len(contents) // 2
    )
    assert read.text == chat(*contents)
    assert read_answer(CHAT, read.text) == read


@pytest.mark.parametrize("said", ["See [1] there.", "x [assistant] y", "So.\n (a) [user]"])
def test_brackets_inside_a_line_are_text(said: str) -> None:
    read = read_answer(CHAT, chat(said, "Yes."))
    assert isinstance(read, Chat)
    assert read.messages == (Message("user", said), Message("assistant", "Yes."))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello.",
        chat("One."),
        chat("One.", "Two.", "Three."),
        chat("1.", "2.", "3.", "4.", "5.", "6."),
        "[assistant]\nOne.\n\n[user]\nTwo.",
        "[user]\nOne.\n\n[user]\nTwo.",
        "[user] One.\n\n[assistant]\nTwo.",
        "[user]\nOne.\n[assistant]\nTwo.",
        "[system]\nBe good.\n\n" + chat("One.", "Two."),
        "Here it is:\n\n" + chat("One.", "Two."),
        chat("", "Two."),
        chat("One.", ""),
        chat("   ", "Two."),
        chat("One.", " \t "),
        chat("[1] is the note.", "Two."),
        chat("One.\n[note] more", "Two."),
        chat("One.\n\n\nMore.", "Two."),
    ],
)
def test_what_is_no_exchange_of_messages_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableAnswer, match="."):
        read_answer(CHAT, text)


def test_messages_of_small_models_are_one_bounded_paragraph() -> None:
    bounded = ChatConstraint((2, 2), (5, 12))
    assert read_answer(bounded, chat("Well now?", "Not yet."))
    for wrong in ("No.", "Not yet", "Not yet at all.", "Not.\nYet.", "[no] yet."):
        with pytest.raises(UnreadableAnswer):
            read_answer(bounded, chat("Well now?", wrong))


def test_the_chat_pattern_is_read_in_linear_time() -> None:
    assert not re.fullmatch(CHAT.pattern, chat("word\n\nword\n" * 9000, "word " * 9000) + "\n[")


def test_a_placeholder_of_a_chat_has_what_templates_ask_of_it() -> None:
    assert placeholder(CHAT, "draft") == Chat((), "[draft.text]")
    assert answer_fields(CHAT) == {"text"}

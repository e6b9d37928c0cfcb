import re

import llguidance
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llguidance import LLMatcher

from generator.engines.structured import chat_grammar, prose_grammar, structured_output
from prompts.answer import UnreadableAnswer, read_answer, read_ideas
from prompts.constraint import (
    ChatConstraint,
    ChoiceConstraint,
    ProseConstraint,
    ProseLimits,
    RegexConstraint,
    ideas_constraint,
    json_constraint,
)
from prompts.field import ChoiceField, TextField

BYTES = llguidance.LLTokenizer("byte")
FREE = ProseConstraint()
BOUNDED = ProseConstraint(ProseLimits((2, 3), (5, 12)))


CHAT = ChatConstraint((2, 4))
SHORT_CHAT = ChatConstraint((2, 4), (5, 12))
IDEAS = ideas_constraint(
    "plan",
    {
        "what": TextField(type="text", max=9),
        "move": ChoiceField(type="choice", options=("ask", "tell")),
    },
    2,
    0.5,
    unfit=True,
)


def keeps(grammar: str, text: str) -> bool:
    """Whether a grammar allows the whole text and lets it end there."""
    return accepts(LLMatcher.grammar_from_lark(grammar), text)


def accepts(grammar: str, text: str) -> bool:
    matcher = LLMatcher(BYTES, grammar)
    assert not matcher.is_error(), matcher.get_error()
    return matcher.consume_tokens(BYTES.tokenize_str(text)) and matcher.is_accepting()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("constraint", [FREE, BOUNDED])
@given(text=st.text(alphabet="# .\nab", max_size=40) | st.from_regex(BOUNDED.pattern))
def test_the_grammar_of_prose_takes_what_its_pattern_takes(
    constraint: ProseConstraint, text: str
) -> None:
    matches = re.fullmatch(constraint.pattern, text) is not None
    assert keeps(prose_grammar(constraint), text) == matches


def test_each_form_goes_under_its_own_name() -> None:
    schema = json_constraint("Note", {"mood": TextField(type="text", max=9)})
    assert structured_output(schema) == {"json": orjson.loads(schema.schema)}
    assert structured_output(ChoiceConstraint(("a", "b"))) == {"choice": ["a", "b"]}
    assert structured_output(RegexConstraint("[0-9]+")) == {"regex": "[0-9]+"}
    assert structured_output(FREE) == {"grammar": prose_grammar(FREE)}


def test_a_backend_without_grammars_gets_the_pattern_of_prose() -> None:
    assert structured_output(BOUNDED, grammars=False) == {"regex": BOUNDED.pattern}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("constraint", [CHAT, SHORT_CHAT], ids=["free", "bounded"])
@given(
    text=st.text(alphabet="[]user\nab. ", max_size=40)
    | st.from_regex(CHAT.pattern, fullmatch=True)
    | st.from_regex(SHORT_CHAT.pattern, fullmatch=True)
)
def test_the_grammar_of_chats_takes_what_its_pattern_takes(
    constraint: ChatConstraint, text: str
) -> None:
    matches = re.fullmatch(constraint.pattern, text) is not None
    assert keeps(chat_grammar(constraint), text) == matches


def test_chats_and_ideas_go_under_their_own_names() -> None:
    assert structured_output(CHAT) == {"grammar": chat_grammar(CHAT)}
    assert structured_output(CHAT, grammars=False) == {"regex": CHAT.pattern}
    assert structured_output(IDEAS) == {"json": orjson.loads(IDEAS.schema)}


def test_a_chat_that_the_grammar_takes_is_read() -> None:
    text = "[user]\nWell [1] now?\n\n[assistant]\nNot yet.\nAsk.\n\nAgain."
    assert keeps(chat_grammar(CHAT), text)
    read_answer(CHAT, text)
    wrong = text.replace("Ask.", "[ask]")
    assert not keeps(chat_grammar(CHAT), wrong)
    with pytest.raises(UnreadableAnswer):
        read_answer(CHAT, wrong)


ONE = '{"what":"a lamp","move":"ask","likelihood":5}'


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (f'{{"ideas":[{ONE},{ONE}]}}', True),
        ('{"unfit":"There is no AI in it."}', True),
        (f'{{"ideas":[{ONE}]}}', False),
        (f'{{"ideas":[{ONE},{ONE},{ONE}]}}', False),
        (f'{{"ideas":[{ONE},{ONE.replace("5", "0")}]}}', False),
        (f'{{"ideas":[{ONE},{ONE.replace("5", "101")}]}}', False),
        (f'{{"ideas":[{ONE},{ONE.replace("ask", "run")}]}}', False),
        ('{"unfit":"No."}', False),
    ],
)
def test_the_schema_of_ideas_takes_what_is_read(text: str, right: bool) -> None:
    assert accepts(LLMatcher.grammar_from_json_schema(IDEAS.schema), text) == right
    if right:
        read_ideas(IDEAS, text)
    else:
        with pytest.raises(UnreadableAnswer):
            read_ideas(IDEAS, text)

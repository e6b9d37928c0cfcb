import re

import llguidance
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llguidance import LLMatcher

from generator.engines.structured import prose_grammar, structured_output
from prompts.constraint import (
    ChoiceConstraint,
    ProseConstraint,
    ProseLimits,
    RegexConstraint,
    json_constraint,
)
from prompts.field import TextField

BYTES = llguidance.LLTokenizer("byte")
FREE = ProseConstraint()
BOUNDED = ProseConstraint(ProseLimits((2, 3), (5, 12)))


def keeps(grammar: str, text: str) -> bool:
    """Whether a grammar allows the whole text and lets it end there."""
    matcher = LLMatcher(BYTES, LLMatcher.grammar_from_lark(grammar))
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

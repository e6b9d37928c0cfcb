# ruff: noqa: RUF001 - the signs are what is tested
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from generator.quotation import LEAST_WORDS, MOST_WORDS, fault, find

TEXTS = [
    *(principle.why for principle in load_constitution(CONSTITUTION).principles),
    "He said, “Don’t—I can’t… well, the gate’s foot is ‘down’ – there; look!”\n\nShe didn't.",
]
CURLY = {'"': "“", "'": "’", "-": "—"}
STRAIGHT = {"“": '"', "”": '"', "‘": "'", "’": "'", "—": "-", "–": "-", "…": "..."}


@st.composite
def spans(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text, and up to forty of its words in a row."""
    text = draw(st.sampled_from(TEXTS))
    words = text.split()
    count = draw(st.integers(LEAST_WORDS, min(MOST_WORDS, len(words))))
    start = draw(st.integers(0, len(words) - count))
    return text, words[start : start + count]


SPACES = st.sampled_from([" ", "  ", "\n", "\t", "\u00a0", "\n\n"])


@given(spans(), SPACES, st.sampled_from([CURLY, STRAIGHT, {}]), st.sampled_from(["", '"', "“ "]))
def test_a_span_is_found_whatever_its_quotes_dashes_and_spaces(
    span: tuple[str, list[str]], space: str, signs: dict[str, str], around: str
) -> None:
    text, words = span
    quotation = space.join(words)
    for sign, other in signs.items():
        quotation = quotation.replace(sign, other)
    quotation = f"{around}{quotation}{around[::-1]}"
    found = find(quotation, text)
    assert found is not None
    letters = re.sub(r"\W", "", " ".join(words))
    assert re.sub(r"\W", "", text[slice(*found)]) == letters


@given(spans(), st.data())
def test_a_changed_word_is_not_found(span: tuple[str, list[str]], data: st.DataObject) -> None:
    text, words = span
    place = data.draw(st.integers(0, len(words) - 1))
    change = data.draw(st.sampled_from(["another", "{}x", "x{}", "", "{} {}"]))
    changed = change.format(words[place], words[place])
    assume(re.search(r"[^\W_]", words[place]))
    quotation = " ".join([*words[:place], changed, *words[place + 1 :]])
    if place in (0, len(words) - 1) and not changed:
        return  # a shorter span, which does stand there
    assert find(quotation, text) is None


@given(st.text(max_size=60), st.text(max_size=200))
def test_whatever_is_given_is_looked_up_without_an_error(quotation: str, text: str) -> None:
    found = find(quotation, text)
    assert found is None or 0 <= found[0] <= found[1] <= len(text)


@pytest.mark.parametrize(
    ("quotation", "wrong"),
    [
        ("the gate", "2 words of at least 3"),
        (" ".join(["word"] * 41), "41 words of at most 40"),
        ("the gate was shut", "does not stand in the document"),
        ("pen the gate again", "does not stand"),
        ("not open the gate", ""),
        ("Not open THE gate.", ""),
        ("... open the gate …", ""),
    ],
)
def test_what_is_wrong_with_a_quotation_is_said(quotation: str, wrong: str) -> None:
    text = "I did not open the gate again; he did."
    assert wrong in fault(quotation, text)
    assert bool(wrong) == bool(fault(quotation, text))


def test_a_sentence_that_ends_elsewhere_is_another_one() -> None:
    assert find("He did not. Stop the ring", "He did not stop the ring.") is None

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.check import CheckSettings, check_text, repetition, share_of_duplicates

WORDS = [a + b for a in ("bar", "ten", "lo", "mi", "sun", "gor") for b in ("ley", "der", "k", "na")]


def prose(words: int = 200, key: int = 0) -> str:
    draw = random.Random(key)
    drawn = [draw.choice(WORDS) + str(draw.randrange(40)) for _ in range(words)]
    half = words // 2
    return " ".join(drawn[:half]) + ".\n\n" + " ".join(drawn[half:]) + "."


def reason(text: str, **settings: int) -> str | None:
    return check_text(text, CheckSettings.model_validate(settings)).reason


def test_ordinary_prose_passes_and_is_measured() -> None:
    findings = check_text(prose(), CheckSettings())
    assert findings.reason is None
    assert findings.measured["words"] == 200
    assert 0 <= findings.measured["top_ngram"] < 1


def test_length_limits_are_settings() -> None:
    assert reason(prose(100)) == "too short"
    assert reason(prose(100), min_words=100) is None
    assert reason(prose(100), min_words=50, max_words=99) == "too long"


@pytest.mark.parametrize(
    "opening",
    [
        "I'm sorry, but I can't help with that. ",
        "I cannot assist with this request. ",
        "As an AI language model, I have no feelings. ",
    ],
)
def test_a_refusal_is_named(opening: str) -> None:
    assert reason(opening + prose()) == "refusal"


@pytest.mark.parametrize(
    "opening",
    ["Sure, ", "Certainly! ", "Here is the story: ", "Here's a letter. ", "Title: Barley "],
)
def test_a_preamble_is_named(opening: str) -> None:
    assert reason(opening + prose()) == "preamble"


@pytest.mark.parametrize(
    "opening",
    ["Sureties were paid on Friday. ", "Here the river bends. ", "Okra grew by the wall. "],
)
def test_ordinary_openings_that_look_alike_pass(opening: str) -> None:
    assert reason(opening + prose()) is None


def test_people_in_a_story_may_decline_and_be_sorry() -> None:
    assert reason("\"I'm sorry, but I can't help you,\" said the porter. " + prose()) is None
    assert reason("It rained. I cannot help the roof, he said. " + prose()) is None


@pytest.mark.parametrize("ending", [" and then the", " barley,", " he said:", " the"])
def test_an_unfinished_ending_is_named(ending: str) -> None:
    assert reason(prose() + ending) == "unfinished"


@pytest.mark.parametrize("ending", [' "Yes."', " Was it?", " (It was.)", " “Go on—”", " So…"])
def test_the_ways_in_which_prose_ends_pass(ending: str) -> None:
    assert reason(prose() + ending) is None


def test_a_phrase_said_over_and_over_is_repetition() -> None:
    assert reason("the harbour bell rang again. " * 60) == "repetition"


def test_repeated_paragraphs_are_repetition() -> None:
    part = prose(60)
    assert reason("\n\n".join([part, part, part, prose(90, key=1)])) == "repetition"


def test_a_long_passage_that_stands_twice_is_repetition() -> None:
    passage = " ".join(prose(60).split())
    assert reason(f"{passage} {prose(60, key=1)} and again {passage}") == "repetition"


@given(st.lists(st.sampled_from("abcde"), max_size=40))
def test_no_repeated_fivegram_means_no_duplicate_share(letters: list[str]) -> None:
    grams = list(zip(*(letters[n:] for n in range(5)), strict=False))
    assert (repetition(letters)[1] == 0) == (len(set(grams)) == len(grams))


@given(st.text())
def test_any_text_is_checked_without_an_error(text: str) -> None:
    findings = check_text(text, CheckSettings())
    assert all(value >= 0 for value in findings.measured.values())


def test_the_share_of_duplicates_counts_all_but_the_first() -> None:
    assert share_of_duplicates(["a", "b", "a", "a"]) == 0.5
    assert share_of_duplicates([]) == 0

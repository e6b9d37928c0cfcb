import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constitution.principle import ID_PATTERN
from constitution.spec_names import (
    LONGEST_ID,
    anchor,
    distinct,
    heading_slug,
    identifier,
    opening_words,
    slug,
)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Telling *the* truth", "telling-the-truth"),
        ("The AI's `own` mistakes", "the-ais-own-mistakes"),
        ("Früh übt sich: Straße, Łódź", "fruh-ubt-sich-strasse-lodz"),
        ("2.3 Lying", "lying"),
        ("§ 4. Lying", "lying"),
        ("Article IV: Lying", "lying"),
        ("b) Lying", "lying"),
        ("Article 4", "article-4"),
        ("12", "12"),
        ("[Lying](#lying) {#lies .x}", "lying"),
    ],
)
def test_a_heading_is_named_by_its_words(heading: str, name: str) -> None:
    assert heading_slug(heading) == name


def test_letters_without_a_likeness_are_told_apart_by_a_hash() -> None:
    one, two, mixed = slug("诚实"), slug("正直"), slug("诚实 AI")
    assert len({one, two, mixed}) == 3
    assert mixed.startswith("ai-")
    assert one == slug("诚实")


def test_an_anchor_is_an_id_that_the_author_gave() -> None:
    assert anchor("Stay in bounds {#stay_in_bounds authority=root}") == "stay-in-bounds"
    assert anchor("Use {#this} well") == ""


@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
def test_every_name_is_an_id_and_not_too_long(texts: list[str]) -> None:
    name = identifier([slug(text) for text in texts])
    assert not name or re.fullmatch(ID_PATTERN, name)
    assert len(name) <= LONGEST_ID


def test_long_names_that_end_alike_stay_apart() -> None:
    one, two = (identifier([f"section-{n}-on-many-things" * 3, "examples"]) for n in (1, 2))
    assert one != two
    assert one.startswith("examples-")


def test_the_first_words_are_cut_off_with_an_ellipsis() -> None:
    assert opening_words("It says\nwhat it *does*.") == "It says what it does."
    assert opening_words("It says what it does and why.") == "It says what it does and…"
    assert len(opening_words("诚" * 500)) == 61


def test_all_who_share_a_name_take_their_next_one() -> None:
    choices = [["a", "x-a"], ["a", "y-a"], ["b", "z-b"]]
    assert distinct(choices) == ["x-a", "y-a", "b"]
    assert distinct(choices[1:]) == ["a", "b"]


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), max_size=9))
def test_no_two_have_the_same_name(choices: list[list[str]]) -> None:
    assert len(set(distinct(choices))) == len(choices)

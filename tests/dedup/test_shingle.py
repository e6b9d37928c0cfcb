import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.shingle import WIDTH, shingles

WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=30)


@given(WORDS)
def test_two_texts_share_as_many_shingles_as_runs_of_words(words: list[str]) -> None:
    runs = {tuple(words[i : i + WIDTH]) for i in range(max(len(words) - WIDTH + 1, 1))} - {()}
    assert len(shingles(" ".join(words))) == len(runs)


@given(WORDS)
def test_hashes_are_distinct_and_ascending(words: list[str]) -> None:
    hashes = shingles(" ".join(words))
    assert hashes.dtype == np.uint64
    assert (hashes[1:] > hashes[:-1]).all()


@pytest.mark.parametrize("text", ["one", "one two", "one two three four"])
def test_a_short_text_is_one_shingle_of_all_its_words(text: str) -> None:
    assert len(shingles(text)) == 1
    assert shingles(text) != shingles(f"{text} more")


def test_a_text_without_words_has_no_shingles() -> None:
    assert shingles("").shape == (0,)


def test_the_order_of_words_counts() -> None:
    assert shingles("a b c d e") != shingles("b a c d e")


def test_hashes_are_the_same_in_every_process() -> None:
    assert shingles("the same in every process").tolist() == [3942693011051729854]

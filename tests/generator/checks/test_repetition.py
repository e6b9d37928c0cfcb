from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, compress

from hypothesis import given
from hypothesis import strategies as st

from generator.checks.repetition import (
    DUPLICATE_NGRAM,
    TOP_NGRAM,
    repeated,
    share_of_duplicates,
)

WORDS = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=3)


def by_counting(words: Sequence[str]) -> tuple[float, float]:
    """The rules as they read, with tuples of words."""
    ends = [0, *accumulate(map(len, words))]
    top = duplicate = 0.0
    for n, limit in (TOP_NGRAM | DUPLICATE_NGRAM).items():
        ngrams = [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]
        counts = Counter(ngrams)
        most = max(counts.values(), default=1)
        if most == 1:
            break
        if n in TOP_NGRAM:
            longest = max(len("".join(gram)) for gram, count in counts.items() if count == most)
            top = max(top, most * longest / ends[-1] / limit)
        else:
            inside = [False] * len(words)
            for start, ngram in enumerate(ngrams):
                if counts[ngram] > 1:
                    inside[start : start + n] = [True] * n
            covered = sum(len(word) for word in compress(words, inside))
            duplicate = max(duplicate, covered / ends[-1] / limit)
    return top, duplicate


@given(
    st.one_of(st.lists(st.sampled_from(["a", "bé", "c水", "ddd"]), max_size=60), st.lists(WORDS))
)
def test_the_compiled_count_is_that_of_the_rules(words: list[str]) -> None:
    words = [word for word in words if word.split() == [word]]
    assert repeated(words) == by_counting(words)


@given(st.lists(st.sampled_from("abcde"), max_size=40))
def test_no_repeated_fivegram_means_no_duplicate_share(letters: list[str]) -> None:
    grams = list(zip(*(letters[n:] for n in range(5)), strict=False))
    assert (repeated(letters)[1] == 0) == (len(set(grams)) == len(grams))


def test_the_share_of_duplicates_counts_all_but_the_first() -> None:
    assert share_of_duplicates(["a", "b", "a", "a"]) == 0.5
    assert share_of_duplicates([]) == 0

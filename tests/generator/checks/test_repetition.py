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
from generator.checks.text import hashed


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


def compiled(text: str) -> tuple[int, float, float]:
    return repeated(hashed(text.lower()).data)


@given(st.one_of(st.text(), st.text("ab水é \n\x1c\xa0\u2003\u3000.")))
def test_the_compiled_count_is_that_of_the_rules(text: str) -> None:
    words = text.lower().split()
    assert compiled(text) == (len(words), *by_counting(words))


@given(st.lists(st.sampled_from("abcde"), max_size=40))
def test_no_repeated_fivegram_means_no_duplicate_share(letters: list[str]) -> None:
    grams = list(zip(*(letters[n:] for n in range(5)), strict=False))
    assert (compiled(" ".join(letters))[2] == 0) == (len(set(grams)) == len(grams))


def test_the_share_of_duplicates_counts_all_but_the_first() -> None:
    assert share_of_duplicates(["a", "b", "a", "a"]) == 0.5
    assert share_of_duplicates([]) == 0

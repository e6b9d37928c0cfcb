from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.bands import banding
from dedup.sign import Signed, sign
from dedup.threads import in_order

THREADS = st.integers(1, 5)


@given(st.lists(st.integers()), THREADS)
def test_results_come_in_the_order_of_the_values(values: list[int], threads: int) -> None:
    assert list(in_order(lambda value: value + 1, values, threads)) == [it + 1 for it in values]


def test_values_are_taken_no_faster_than_they_are_worked_on() -> None:
    taken = 0

    def values() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = in_order(lambda value: value, values(), 2)
    next(results)
    assert taken <= 4


def test_an_error_in_a_thread_is_raised_where_the_result_is_taken() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda value: 1 // value, [1, 0, 1]))


@pytest.mark.slow
@given(st.lists(st.text(), max_size=20), st.lists(st.integers(0, 20)), THREADS)
def test_texts_are_signed_the_same_in_any_batches_by_any_number_of_threads(
    texts: list[str], cuts: list[int], threads: int
) -> None:
    data = [text.encode("utf-8", "surrogatepass") for text in texts]
    cut = banding(0.7)
    edges = sorted({0, len(data), *(edge for edge in cuts if edge < len(data))})
    batches = [data[start:end] for start, end in pairwise(edges)]
    parts = [sign([], cut), *in_order(lambda batch: sign(batch, cut), batches, threads)]
    together = Signed(*map(np.concatenate, zip(*parts, strict=True)))
    whole = sign(data, cut)
    assert np.array_equal(together.keys, whole.keys)
    assert np.array_equal(together.digests, whole.digests)
    assert np.array_equal(together.words, whole.words)

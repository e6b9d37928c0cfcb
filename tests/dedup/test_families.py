import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.columns import BLOCK, Gathered, Signatures
from dedup.families import Families, best_copies, families, handfuls

BANDS = 4
MEMORY = 1 << 20


def signatures(keys: list[list[int]], texts: list[int], words: list[int]) -> Gathered:
    count = len(texts)
    padded = np.zeros((BLOCK, BANDS), dtype=np.uint32)
    padded[:count] = np.array(keys, dtype=np.uint32).reshape(-1, BANDS)
    digests = np.array([[text % 4 << 62, text] for text in texts], dtype=np.uint64).reshape(-1, 2)
    blocks = padded.T.reshape(1, BANDS, BLOCK)
    return Gathered([Signatures(blocks, digests, np.array(words, dtype=np.int32))])


@given(
    texts=st.lists(st.integers(0, 3), min_size=1, max_size=20),
    data=st.data(),
    memory=st.sampled_from([MEMORY, 500]),
)
def test_the_best_copy_is_the_one_of_the_best_rank(
    texts: list[int], data: st.DataObject, memory: int
) -> None:
    rank = np.array(data.draw(st.permutations(range(len(texts)))))
    words = [0 if text == 3 else 5 for text in texts]
    found = best_copies(signatures([[0] * BANDS] * len(texts), texts, words), rank, memory)
    for document, text in enumerate(texts):
        same = [other for other, its in enumerate(texts) if its == text]
        best = min(same, key=lambda other: int(rank[other]))
        assert found[document] == (document if text == 3 else best)


@given(
    keys=st.lists(
        st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 5), min_size=BANDS, max_size=BANDS),
        min_size=1,
        max_size=20,
    ),
    given_=st.integers(0, 5),
    memory=st.sampled_from([MEMORY, 300]),
)
def test_a_family_is_what_shares_keys_directly_or_by_way_of_others(
    keys: list[list[int]], given_: int, memory: int
) -> None:
    count = len(keys)
    gathered = signatures(keys, list(range(count)), [5] * count)
    rank = np.arange(count)[::-1]
    found = families(gathered, np.arange(count), rank, given_, memory)
    groups = [{document} for document in range(count)]
    for one in range(count):
        for other in range(one):
            if any(a == b for a, b in zip(keys[one], keys[other], strict=True)):
                joined = groups[one] | groups[other]
                for document in joined:
                    groups[document] = joined
    expected = {
        tuple(sorted(group, reverse=True))  # by rank
        for group in groups
        if len(group) > 1 and max(group) >= given_
    }
    parts = np.split(found.documents, found.starts[1:-1]) if len(found.documents) else []
    assert {tuple(part.tolist()) for part in parts} == expected
    assert len(parts) == len(expected)


@given(
    sizes=st.lists(st.integers(2, 6), max_size=8),
    words=st.integers(1, 300),
    memory=st.integers(1, 60_000),
)
def test_handfuls_are_all_documents_in_order_and_as_many_as_fit(
    sizes: list[int], words: int, memory: int
) -> None:
    count = sum(sizes)
    gathered = signatures([[0] * BANDS] * count, [0] * count, [words] * count)
    starts = np.cumsum([0, *sizes])
    cuts = list(handfuls(Families(np.arange(count), starts), gathered, memory))
    places = [place for cut in cuts for place in range(cut.places.start, cut.places.stop)]
    assert places == list(range(count))
    edges = set(starts.tolist())
    assert all(cut.goes_on == (cut.places.start not in edges) for cut in cuts)
    cost = 18 * words + 72 * BANDS
    for cut in cuts:
        length = cut.places.stop - cut.places.start
        assert length == 1 or length * cost <= memory
        assert cut.places.stop in edges or (length + 1) * cost > memory

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.bands import banding
from dedup.copies import EMPTY, copies
from dedup.sign import sign

TEXTS = ["a lamp", "A lamp!", "a lamp on the shore", "", "…", "lamp a", "a  LAMP"]


def test_documents_of_one_text_share_its_number_and_empty_ones_have_none() -> None:
    found = copies(sign([text.encode() for text in TEXTS], banding(0.7)))
    assert found.texts.tolist() == [0, 0, 1, EMPTY, EMPTY, 2, 0]
    assert found.firsts.tolist() == [0, 2, 5]


@given(st.lists(st.sampled_from(TEXTS)))
def test_texts_are_numbered_as_they_first_come(texts: list[str]) -> None:
    found = copies(sign([text.encode() for text in texts], banding(0.7)))
    assert (found.texts[found.firsts] == np.arange(len(found.firsts))).all()
    assert (np.diff(found.firsts) > 0).all()

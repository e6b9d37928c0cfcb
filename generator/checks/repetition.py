"""Texts that go round in circles.

The rules and limits are those of Rae et al., Scaling Language Models: Methods, Analysis & Insights
from Training Gopher (arXiv 2112.11446), section A.1.1 and table A1: the share of characters in the
most frequent n-gram, in all n-grams that occur more than once (overlaps counted once), and the
share of paragraphs that repeat an earlier one.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from generator.checks.settings import RepetitionSettings
from generator.checks.text import Text

TOP_NGRAM = {2: 0.20, 3: 0.18, 4: 0.16}
DUPLICATE_NGRAM = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}
DUPLICATE_PARAGRAPHS = 0.30


def _by_n(limits: dict[int, float]) -> NDArray[np.float64]:
    return np.array([limits.get(n, 0.0) for n in range(max(DUPLICATE_NGRAM) + 1)])


_TOP, _DUPLICATE = _by_n(TOP_NGRAM), _by_n(DUPLICATE_NGRAM)


def repetition(text: Text, settings: RepetitionSettings, measured: dict[str, float]) -> str:
    """Say which limit a text is beyond, and add what was measured, the number of words too.

    The n-grams are told as a fraction of their limit, so that 1 and above fails; the paragraphs
    as a share.
    """
    paragraphs = share_of_duplicates([part.strip() for part in text.body.split("\n\n")])
    words, top, duplicate = repeated(text.hashed.data)
    measured["words"] = float(words)
    top, duplicate = top * settings.strictness, duplicate * settings.strictness
    measured["duplicate_paragraphs"] = round(paragraphs, 4)
    measured["top_ngram"] = round(top, 4)
    measured["duplicate_ngram"] = round(duplicate, 4)
    if paragraphs * settings.strictness > DUPLICATE_PARAGRAPHS:
        return f"{paragraphs:.0%} of the paragraphs repeat an earlier one"
    if max(measured["top_ngram"], measured["duplicate_ngram"]) >= 1:
        which = "one phrase" if top >= duplicate else "repeated phrases"
        return f"{which} at {max(top, duplicate):.2f} of the limit"
    return ""


def share_of_duplicates(parts: Sequence[str]) -> float:
    """The share of parts that repeat an earlier one."""
    return 1 - len(set(parts)) / len(parts) if parts else 0.0


def repeated(data: NDArray[np.uint8]) -> tuple[int, float, float]:
    """How far a lower-cased text, in UTF-8, is towards the limits on repeated n-grams.

    Returns:
        The number of words, which white space parts; the largest share of characters in the most
        frequent n-gram (n = 2, 3, 4), and in all n-grams that occur more than once (n = 5 to 10,
        overlaps counted once), each as a fraction of its limit.
    """
    # numba is loaded where there is something to compute.
    from generator.checks.compiled_ngrams import repeated_ngrams

    return repeated_ngrams(data, _TOP, _DUPLICATE)

"""Words in a row that a text shares with what its writer was shown.

Writers echo what is in view: the whole specification in the prompt invites paraphrase of it
(model_spec_midtraining: src/msm/prompts), and a description's wording may not be copied in the
false-facts pipeline (Yelar/qwen-sdf: false_facts/prompts). Eight words and more in a row that two
texts share are seldom chance (Brown et al. 2020, arXiv 2005.14165, appendix C, takes 8 to 13).
"""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from generator.checks.text import Text, hashed


def echo(text: Text, shown: Iterable[str], size: int) -> str:
    """The first run of `size` words that a text shares with a piece its writer was shown."""
    # numba is loaded where there is something to compute.
    from generator.checks.compiled import first_known

    for piece in shown:
        first, _ = first_known(text.runs(size), *_runs(piece, size))
        if first >= 0:
            return text.hashed.between(first, first + size - 1)
    return ""


@lru_cache(maxsize=4096)
def _runs(piece: str, size: int) -> tuple[NDArray[np.uint8], NDArray[np.uint64], NDArray[np.int64]]:
    from generator.checks.compiled import ngrams, sieve, stored

    runs = ngrams(hashed(piece.lower()).words, size)
    return sieve(runs), *stored(runs, np.zeros(len(runs), dtype=np.int64), 2)

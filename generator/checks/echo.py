"""Words in a row that a text shares with what its writer was shown.

Writers echo what is in view: the whole specification in the prompt invites paraphrase of it
(model_spec_midtraining: src/msm/prompts), and a description's wording may not be copied in the
false-facts pipeline (Yelar/qwen-sdf: false_facts/prompts). Eight words and more in a row that two
texts share are seldom chance (Brown et al. 2020, arXiv 2005.14165, appendix C, takes 8 to 13).
"""

from collections.abc import Iterable
from functools import lru_cache

from generator.checks.text import WORD, Text


def echo(text: Text, shown: Iterable[str], size: int) -> str:
    """The first run of `size` words that a text shares with a piece its writer was shown.

    Only every `size / 2`-th place of the text is looked up, by half a run: a whole one holds the
    half that begins at one of them.
    """
    half, words = size // 2, text.words
    looked_up = frozenset(
        hash(tuple(words[start : start + half])) for start in range(0, len(words) - half + 1, half)
    )
    for piece in shown:
        if looked_up.isdisjoint(_hashes(piece, half)):
            continue
        runs = _runs(piece, size)
        for first in range(len(words) - size + 1):
            if (run := tuple(words[first : first + size])) in runs:
                return " ".join(run)
    return ""


@lru_cache(maxsize=4096)
def _hashes(piece: str, size: int) -> frozenset[int]:
    """Python's hashes of runs of words: of this process only, and checked by the words."""
    return frozenset(map(hash, _runs(piece, size)))


@lru_cache(maxsize=256)
def _runs(piece: str, size: int) -> frozenset[tuple[str, ...]]:
    words = WORD.findall(piece.lower())
    return frozenset(tuple(words[start : start + size]) for start in range(len(words) - size + 1))

"""rensa's pipeline for bulk: rho sketches and one pass over them flag what may have a duplicate.

Every document of a cluster gets the flag, its first too, so that dropping what is flagged would
lose whole clusters. Among the flagged ones rensa's deduplicator decides which is new.
"""

from rensa import RMinHash, RMinHashDeduplicator, RMinHashLSH
from task import PERMUTATIONS, Task, shingles, task, texts, write_kept

BANDS = 16
SEED = 42


def main(task: Task) -> None:
    """Keep what has no flag, and what the deduplicator takes as new."""
    sets = map(shingles, texts(task.source))
    matrix = RMinHash.digest_matrix_from_token_sets_rho(sets, PERMUTATIONS, SEED)
    index = RMinHashLSH(task.threshold, PERMUTATIONS, BANDS)
    flags = index.query_duplicate_flags_matrix_one_shot(matrix)
    deduplicator = RMinHashDeduplicator(task.threshold, PERMUTATIONS, use_lsh=True)
    rows = (
        (str(number), shingles(text))
        for number, text in enumerate(texts(task.source))
        if flags[number]
    )
    new = iter(deduplicator.add_pairs(rows))
    write_kept(task, [not flag or next(new) for flag in flags])


if __name__ == "__main__":
    main(task())

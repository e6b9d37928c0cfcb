"""rensa's deduplicator: full-set R-MinHash, its index, and its estimate held to the threshold."""

from rensa import RMinHashDeduplicator
from task import PERMUTATIONS, Task, shingles, task, texts, write_kept


def main(task: Task) -> None:
    """Keep what the deduplicator takes as new."""
    deduplicator = RMinHashDeduplicator(task.threshold, PERMUTATIONS, use_lsh=True)
    rows = ((str(number), shingles(text)) for number, text in enumerate(texts(task.source)))
    write_kept(task, deduplicator.add_pairs(rows))


if __name__ == "__main__":
    main(task())

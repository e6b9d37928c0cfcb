"""datasketch with all that its documentation offers for speed: a generator and a fast hash."""

from datasketch import MinHash, MinHashLSH
from task import PERMUTATIONS, Task, shingles, task, texts, write_kept
from xxhash import xxh32_intdigest


def main(task: Task) -> None:
    """Keep each document that is near no kept one, as far as the index finds it."""
    index = MinHashLSH(threshold=task.threshold, num_perm=PERMUTATIONS)
    sets = (map(str.encode, shingles(text)) for text in texts(task.source))
    sketches = MinHash.generator(sets, num_perm=PERMUTATIONS, hashfunc=xxh32_intdigest)
    kept = []
    for number, sketch in enumerate(sketches):
        kept.append(not index.query(sketch))
        if kept[-1]:
            index.insert(number, sketch, check_duplication=False)
    write_kept(task, kept)


if __name__ == "__main__":
    main(task())

"""The loop of datasketch's own examples: update by shingle, query, insert what is new."""

from datasketch import MinHash, MinHashLSH
from task import PERMUTATIONS, Task, shingles, task, texts, write_kept


def main(task: Task) -> None:
    """Keep each document that is near no kept one, as far as the index finds it."""
    index = MinHashLSH(threshold=task.threshold, num_perm=PERMUTATIONS)
    kept = []
    for number, text in enumerate(texts(task.source)):
        sketch = MinHash(num_perm=PERMUTATIONS)
        for shingle in shingles(text):
            sketch.update(shingle.encode())
        kept.append(not index.query(sketch))
        if kept[-1]:
            index.insert(number, sketch)
    write_kept(task, kept)


if __name__ == "__main__":
    main(task())

"""gaoya's index with its own tokenizer, which is faster than any given to it from Python.

It takes ASCII punctuation for the ends of words; other signs stay part of a word, so that texts
that differ in those are different to it. With `--plain` it is given words without any.
"""

from gaoya.minhash import MinHashStringIndex
from task import PERMUTATIONS, WIDTH, Task, task, texts, words, write_kept


def main(task: Task) -> None:
    """Keep each document that is near no kept one, as far as the index finds it."""
    index = MinHashStringIndex(
        jaccard_threshold=task.threshold,
        num_bands=None,
        band_size=None,
        num_hashes=PERMUTATIONS,
        lowercase=True,
        ngram_range=(WIDTH, WIDTH),
        id_container="smallvec",
    )
    kept = []
    for number, raw in enumerate(texts(task.source)):
        text = " ".join(words(raw)) if task.plain else raw
        kept.append(not index.query(text))
        if kept[-1]:
            index.insert_document(number, text)
    write_kept(task, kept)


if __name__ == "__main__":
    main(task())

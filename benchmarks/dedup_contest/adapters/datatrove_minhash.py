"""datatrove's four steps as in its example, with its 14 buckets of 8 hashes.

With `--plain`, words are what stands between blanks, and of its normalisation only small letters
and no punctuation are left: the fastest that its settings allow.
"""

from itertools import islice
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.text import TextNormConfig
from datatrove.utils.typeshelper import Languages
from datatrove.utils.word_tokenizers import WordTokenizer
from task import WIDTH, Task, task

MINIMAL = TextNormConfig(norm_whitespace=False, norm_unicode_diacritics=False, norm_numbers=False)


class Blanks(WordTokenizer):
    """Words are what stands between blanks."""

    def word_tokenize(self, text: str) -> list[str]:
        """Split at blanks."""
        return text.split()

    def sent_tokenize(self, text: str) -> list[str]:
        """Nobody asks for sentences."""
        raise NotImplementedError

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """Nobody asks for spans."""
        raise NotImplementedError


def main(task: Task) -> None:
    """Run the steps one after the other, each on all cores."""
    config = MinhashConfig(n_grams=WIDTH, norm_config=MINIMAL if task.plain else TextNormConfig())
    words = Blanks() if task.plain else Languages.english
    parts, signed, pairs, doomed, kept = (
        str(task.work / name) for name in ("parts", "signed", "pairs", "doomed", "kept")
    )
    _deal(task, Path(parts))
    _run(task, task.cores, JsonlReader(parts), MinhashDedupSignature(signed, config, words))
    _run(task, config.num_buckets, MinhashDedupBuckets(signed, pairs, config=config))
    _run(task, 1, MinhashDedupCluster(pairs, doomed, config))
    writer = JsonlWriter(kept, compression=None)
    _run(task, task.cores, JsonlReader(parts), MinhashDedupFilter(doomed), writer)
    with task.target.open("wb") as file:
        file.writelines(part.read_bytes() for part in sorted(Path(kept).iterdir()))


def _run(task: Task, tasks: int, *steps: PipelineStep) -> None:
    LocalPipelineExecutor(list(steps), tasks, min(tasks, task.cores)).run()


def _deal(task: Task, parts: Path) -> None:
    """One file a core, because a task takes whole files; one file is taken where it is."""
    parts.mkdir()
    if task.cores == 1:
        (parts / "0.jsonl").symlink_to(task.source.absolute())
        return
    for part in range(task.cores):
        with task.source.open("rb") as lines, (parts / f"{part}.jsonl").open("wb") as file:
            file.writelines(islice(lines, part, None, task.cores))


if __name__ == "__main__":
    main(task())

"""text-dedup's own command with its fast hash, and its result turned into JSON lines."""

import datasets
from task import PERMUTATIONS, WIDTH, Task, task
from text_dedup.minhash import main as minhash


def main(task: Task) -> None:
    """Call the command in this process."""
    result = task.work / "result"
    options = {
        "path": "json",
        "data_files": task.source,
        "split": "train",
        "column": "text",
        "output": result,
        "cache_dir": task.work / "cache",
        "num_proc": task.cores,
        "ngram": WIDTH,
        "threshold": task.threshold,
        "num_perm": PERMUTATIONS,
        "hash_func": "xxh3",
        "hash_bits": 32,
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    minhash(arguments, standalone_mode=False)
    datasets.load_from_disk(str(result)).to_json(task.target, force_ascii=False)


if __name__ == "__main__":
    main(task())

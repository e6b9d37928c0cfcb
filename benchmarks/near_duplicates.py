"""Near-duplicate removal against the tools that people know, on one corpus, in one run.

Documents a second, CPU seconds and peak memory end to end from JSON lines to JSON lines, of
`exempla dedup` and of datatrove, text-dedup, datasketch, rensa and gaoya at their fastest settings
(`dedup_contest/adapters` has each in a file), on the same cores, one after the other. The corpus is
generated, with pairs planted at known true similarities around the threshold of 0.7; recall is told
by band of similarity, and wrong removals are counted. The ratios say how many times as fast as the
fastest setting of each reference `exempla dedup` is.

Each tool runs once before on a small corpus, so that what is compiled and cached on a machine's
first run is not measured. What cannot be installed is named and left out.

    python benchmarks/near_duplicates.py                     20,000 documents on one core
    python benchmarks/near_duplicates.py --documents 200000 --cores 2
    python benchmarks/near_duplicates.py --only exempla rensa  those whose names begin so
    python benchmarks/near_duplicates.py --million           a million, through `exempla dedup`
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from dedup_contest.contestants import (
    CONTESTANTS,
    EXEMPLA,
    ROOT,
    Contestant,
    NotInstalled,
    command_of,
    python_of,
)
from dedup_contest.corpus import documents, write_corpus
from dedup_contest.truth import THRESHOLD, Grade, Pair, grade, true_pairs
from dedup_contest.usage import Failed, Usage, measure

MEBIBYTE = 1 << 20
LEGEND = """
memory: of all processes at once; private: without mapped files, which the system can drop
copies, J=1, .9 …: recall, by true similarity; the same words in other looks have J=1
wrong: removed, with no near-duplicate anywhere; without: removed, with none among those kept
"""
WARM_UP = 1000
"""Documents of the run before the one that is measured."""


class Corpus(NamedTuple):
    """Documents, and what is true of them."""

    path: Path
    size: int
    pairs: list[Pair]


class Result(NamedTuple):
    """What one contestant took, and how well it did."""

    contestant: Contestant
    usage: Usage
    grade: Grade


def make_corpus(path: Path, size: int, seed: int) -> Corpus:
    """Generate documents, and compare those that were planted."""
    families = write_corpus(path, size, seed)
    return Corpus(path, size, true_pairs(path, families))


def run(contestant: Contestant, python: Path, corpus: Corpus, cores: Sequence[int]) -> Result:
    """Let a contestant work on a corpus in a folder of its own, which is removed."""
    with tempfile.TemporaryDirectory(dir=corpus.path.parent) as folder:
        work, scratch, target = Path(folder, "work"), Path(folder, "tmp"), Path(folder, "out.jsonl")
        work.mkdir()
        scratch.mkdir()
        command = command_of(contestant, corpus.path, target, THRESHOLD, len(cores), work)
        threads = str(len(cores))
        environment = {
            **dict.fromkeys(("RAYON_NUM_THREADS", "OMP_NUM_THREADS"), threads),
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_CACHE": str(work / "datasets"),
            "PYTHONPATH": str(ROOT) if contestant.peer is None else "",
            "TMPDIR": str(scratch),
        }
        usage = measure([str(python), *command], cores, environment, Path(folder))
        kept = {id for id, _ in documents(target)}
    everything = [f"d{place:07d}" for place in range(corpus.size)]
    return Result(contestant, usage, grade(corpus.pairs, kept, everything))


def interpreter(contestant: Contestant, peers: Path) -> Path:
    """What runs it: this Python, or that of the peer's environment."""
    return python_of(contestant.peer, peers) if contestant.peer else Path(sys.executable)


def best_of(
    repeats: int, contestant: Contestant, python: Path, corpus: Corpus, cores: Sequence[int]
) -> Result:
    """The run with the least CPU time; whatever else the machine does only adds to it."""
    results = [run(contestant, python, corpus, cores) for _ in range(repeats)]
    return min(results, key=lambda result: result.usage.cpu)


def line(name: str, cells: Iterable[str]) -> str:
    """One line of the table."""
    return f"{name:<24}{''.join(f'{cell:>9}' for cell in cells)}"


def head(corpus: Corpus) -> str:
    """What the columns are, and of how many pairs each recall is a share."""
    pairs = grade(corpus.pairs, set(), ()).pairs
    taken = ("docs/s", "/CPU s", "wall s", "CPU s", "memory", "private", "disk")
    names = line("", (*taken, *pairs, "all", "wrong", "without"))
    units = (*("",) * 4, *("MiB",) * 3)
    return f"{names}\n{line('', (*units, *(f'{count:,}' for count in pairs.values())))}"


def row(result: Result, size: int) -> str:
    """What one contestant took, and how well it did."""
    usage, graded = result.usage, result.grade
    sizes = (usage.memory, usage.private, usage.disk)
    cells = [
        *(f"{size / seconds:,.0f}" for seconds in (usage.wall, usage.cpu)),
        *(f"{seconds:.1f}" for seconds in (usage.wall, usage.cpu)),
        *(f"{size / MEBIBYTE:,.0f}" for size in sizes),
        *(f"{recall:.3f}" for recall in graded.recall.values()),
        f"{graded.above:.4f}",
        *(f"{count:,}" for count in (graded.wrong, graded.without)),
    ]
    return line(result.contestant.name, cells)


def ratios(results: Iterable[Result]) -> list[str]:
    """How ours compares with the fastest setting of each peer."""
    usages = {result.contestant: result.usage for result in results}
    ours = usages.pop(EXEMPLA)
    lines = []
    for peer in dict.fromkeys(contestant.peer for contestant in usages):
        theirs = {rival: usage for rival, usage in usages.items() if rival.peer == peer}
        fastest = min(theirs, key=lambda rival: theirs[rival].cpu)
        usage = theirs[fastest]
        lines.append(
            f"{usage.wall / ours.wall:6.1f} times as fast as {fastest.name}, "
            f"{usage.cpu / ours.cpu:.1f} times by CPU seconds"
        )
    return lines


def main() -> None:
    """Make the corpora, run all, and print the table and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=1, help="of each; the best is told")
    parser.add_argument("--only", nargs="+", default=[""], metavar="NAME")
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path.home() / ".cache" / "exempla" / "peers",
        help="folder for the environments of the others; made when first used, 2 GB",
    )
    parser.add_argument("--scratch", type=Path, help="folder for the corpora and all results")
    arguments = parser.parse_args()
    if arguments.documents < WARM_UP:
        parser.error(
            f"--documents: give {WARM_UP:,} or more, so that there are pairs of every kind"
        )
    names = ("exempla",) if arguments.million else tuple(arguments.only)
    chosen = [contestant for contestant in CONTESTANTS if contestant.name.startswith(names)]
    size = 1_000_000 if arguments.million else arguments.documents
    cores = sorted(os.sched_getaffinity(0))[: arguments.cores]
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
        small = make_corpus(Path(folder, "small.jsonl"), WARM_UP, arguments.seed)
        corpus = make_corpus(Path(folder, "corpus.jsonl"), size, arguments.seed)
        print(f"{size:,} documents, {corpus.path.stat().st_size / MEBIBYTE:,.0f} MiB, ", end="")
        print(f"on {len(cores)} of {os.cpu_count()} cores\n\n{head(corpus)}", flush=True)
        results = []
        for contestant in chosen:
            try:
                python = interpreter(contestant, arguments.peers)
                run(contestant, python, small, cores)
                results.append(best_of(arguments.repeats, contestant, python, corpus, cores))
            except (NotInstalled, Failed) as error:
                if contestant == EXEMPLA:
                    raise
                print(f"{contestant.name:<24}left out: {error}", flush=True)
            else:
                print(row(results[-1], size), flush=True)
    print(LEGEND)
    if len(results) > 1 and results[0].contestant == EXEMPLA:
        print("\n".join(["exempla dedup is", *ratios(results)]))


if __name__ == "__main__":
    main()

"""Who takes part, and an environment of its own for each named reference."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

ADAPTERS = Path(__file__).parent / "adapters"
ROOT = Path(__file__).parents[2]


class Peer(NamedTuple):
    """A package to be measured against."""

    name: str
    requirements: tuple[str, ...]
    alone: str | None = None
    """A package installed without what it asks for; `requirements` has the part that is used."""


class Contestant(NamedTuple):
    """A way to remove the near-duplicates of a file."""

    name: str
    peer: Peer | None
    """The package that does it; none is ours."""
    adapter: tuple[str, ...] = ()
    """A file in `adapters`, and its arguments."""


DATATROVE = Peer("datatrove", ("datatrove[io,processing]==0.10.*", "spacy"))
TEXT_DEDUP = Peer(
    "text-dedup",
    (
        *("click", "click-option-group", "datasets", "ftfy", "numpy", "orjson"),
        *("regex", "rich", "scipy", "setuptools", "tqdm", "xxhash"),
    ),
    alone="text-dedup==0.4.*",  # it asks for Spark and TensorFlow, which its MinHash does not use
)
DATASKETCH = Peer("datasketch", ("datasketch==2.0.*", "orjson", "xxhash"))
RENSA = Peer("rensa", ("rensa==0.5.*", "orjson"))
GAOYA = Peer("gaoya", ("gaoya==0.2.*", "orjson"))

EXEMPLA = Contestant("exempla dedup", None)
CONTESTANTS = (
    EXEMPLA,
    Contestant("gaoya", GAOYA, ("gaoya_index.py",)),
    Contestant("gaoya, given words", GAOYA, ("gaoya_index.py", "--plain")),
    Contestant("rensa", RENSA, ("rensa_stream.py",)),
    Contestant("rensa, rho", RENSA, ("rensa_rho.py",)),
    Contestant("datasketch, batch", DATASKETCH, ("datasketch_batch.py",)),
    Contestant("datasketch, loop", DATASKETCH, ("datasketch_loop.py",)),
    Contestant("text-dedup", TEXT_DEDUP, ("text_dedup_minhash.py",)),
    Contestant("datatrove, plain split", DATATROVE, ("datatrove_minhash.py", "--plain")),
    Contestant("datatrove, default", DATATROVE, ("datatrove_minhash.py",)),
)


class NotInstalled(Exception):
    """A package that pip could not install; its message is what pip said last."""


def python_of(peer: Peer, folder: Path) -> Path:
    """The interpreter of a peer's environment, which is made if it is not there.

    Args:
        peer: Whose environment.
        folder: Holds the environments of all peers.

    Raises:
        NotInstalled: pip failed.
    """
    home = folder / peer.name
    python, done = home / "bin" / "python", home / "installed.txt"
    wanted = "\n".join([peer.alone or "", *peer.requirements])
    if done.exists() and done.read_text("utf-8") == wanted:
        return python
    print(f"installing {peer.name} into {home}", file=sys.stderr)
    shutil.rmtree(home, ignore_errors=True)
    venv.create(home, with_pip=True)
    if peer.alone:
        _install(python, "--no-deps", peer.alone)
    _install(python, *peer.requirements)
    done.write_text(wanted, encoding="utf-8")
    return python


def _install(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    if result.returncode:
        raise NotInstalled(result.stderr.strip().splitlines()[-1])


def command_of(
    contestant: Contestant, source: Path, target: Path, threshold: float, cores: int, work: Path
) -> list[str]:
    """What to run, but for the interpreter."""
    if contestant.peer is None:
        duplicates = work / "duplicates.jsonl"
        return [
            *("-m", "exempla", "dedup", str(source), "--out", str(target), "--quiet"),
            *("--duplicates", str(duplicates), "--threshold", str(threshold)),
        ]
    script, *options = contestant.adapter
    return [
        *(str(ADAPTERS / script), str(source), str(target), "--threshold", str(threshold)),
        *("--cores", str(cores), "--work", str(work), *options),
    ]

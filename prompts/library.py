"""All prompts of a project, loaded and checked against each other and the constitution."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from exempla.errors import BadInput, Problem, collecting
from exempla.source import nearest, read_yaml
from prompts.axis import Axis, read_axis
from prompts.exclusion import exclusion_problems
from prompts.kind import Kind, read_kind
from prompts.seed import Seed, read_seeds

BUILT_IN = Path(__file__).resolve().parent

STRANGE = 5
"""Seeds that name no known principle: where more do, and most, they are not called misspelt."""


@dataclass(frozen=True, slots=True)
class Library:
    """Kinds, seeds and axes by name, in the order of their files."""

    folder: Path
    kinds: Mapping[str, Kind]
    seeds: Mapping[str, Seed]
    axes: Mapping[str, Axis]
    any_seed: bool = False
    """Whether a seed serves every principle, and not only those it names."""

    def seeds_for(self, principle: str) -> list[Seed]:
        """The seeds that touch a principle, in order."""
        return [
            seed
            for seed in self.seeds.values()
            if self.any_seed or principle in seed.fields.principles
        ]


def load_library(
    folder: Path, principles: Mapping[str, object], kinds_folder: str = "kinds"
) -> Library:
    """Read every kind, seed and axis of a prompts folder.

    Args:
        folder: Holds a folder of kinds, `seeds/` and `axes/`.
        principles: The ids that seeds may name.
        kinds_folder: The name of the folder of kinds.

    Raises:
        BadInput: with every problem of every file.
    """
    if not (folder / kinds_folder).is_dir():
        raise BadInput(
            Problem(
                f"there is no '{kinds_folder}' folder here",
                "'exempla init DIR' makes a project that has one.",
                str(folder),
            )
        )
    problems: list[Problem] = []
    kinds: dict[str, Kind] = {}
    axes: dict[str, Axis] = {}
    seeds: dict[str, Seed] = {}
    found: list[Seed] = []
    axis_files = sorted((folder / "axes").glob("[!.]*.yaml"))
    for file in axis_files:
        with collecting(problems):
            axes[file.stem] = read_axis(file)
    problems.extend(exclusion_problems(axes, {file.stem for file in axis_files}))
    for file in sorted((folder / "seeds").glob("[!.]*.yaml")):
        with collecting(problems):
            found += read_seeds(file)
    for seed in found:
        problems.extend(_taken(seed, seeds))
        seeds.setdefault(seed.id, seed)
    problems.extend(_unknown_names(folder / "seeds", found, principles))
    for file in sorted((folder / kinds_folder).glob("*/kind.yaml")):
        with collecting(problems):
            kind = read_kind(file.parent)
            problems.extend(_kind_problems(kind, {file.stem for file in axis_files}))
            kinds[kind.name] = kind
    if not kinds and not problems:
        problems.append(Problem("no kind here", "Add a folder with a kind.yaml.", str(folder)))
    if problems:
        raise BadInput(*problems)
    return Library(folder, kinds, seeds, axes)


def content_hashes(folder: Path, suffixes: tuple[str, ...]) -> dict[str, str]:
    """A short hash of every content file below a folder, by its path within it."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        for file in sorted(folder.rglob("*"))
        if file.suffix in suffixes and file.is_file()
    }


def _taken(seed: Seed, seen: Mapping[str, Seed]) -> Iterator[Problem]:
    if other := seen.get(seed.id):
        yield seed.place.problem(
            f"the seed '{seed.id}' stands a second time "
            f"(first in {other.place.file.name}, line {other.place.line})",
            "Give one of the two another id.",
        )


def _unknown_names(
    folder: Path, seeds: Sequence[Seed], principles: Mapping[str, object]
) -> Iterator[Problem]:
    strange = [seed for seed in seeds if not any(n in principles for n in seed.fields.principles)]
    if len(strange) > max(STRANGE, len(seeds) // 2):
        yield Problem(
            f"{len(strange)} of {len(seeds)} seeds name no principle of this constitution",
            "If they were written for another one, set 'seeds: any' in exempla.yaml: then each "
            "serves any principle. Else write seeds that name its principles.",
            str(folder),
        )
        return
    for seed in seeds:
        for name in seed.fields.principles:
            if name not in principles:
                yield seed.place.problem(
                    f"the seed '{seed.id}' names '{name}', which is no principle",
                    nearest(name, list(principles)),
                )


def _kind_problems(kind: Kind, axes: set[str]) -> Iterator[Problem]:
    for index, name in enumerate(kind.axes):
        if name not in axes:
            yield (
                read_yaml(kind.place.file)
                .place("axes", index)
                .problem(
                    f"the kind '{kind.name}' varies '{name}', which is no axis",
                    nearest(name, sorted(axes)),
                )
            )

"""All prompts of a project, loaded and checked against each other and the constitution."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from exempla.errors import BadInput, Problem, collecting
from exempla.source import nearest, read_yaml
from prompts.axis import Axis, AxisValue, read_axis
from prompts.exclusion import exclusion_problems
from prompts.exemplar import JOINED, Exemplar, exemplar_axis, exemplar_axis_name, read_exemplar
from prompts.kind import Kind, read_kind
from prompts.kind_check import FULL
from prompts.persona import PERSONA, PersonaSettings, persona_axis
from prompts.seed import Seed, read_seeds

BUILT_IN = Path(__file__).resolve().parent

_LIMIT = re.compile(rb"^ *(?:max_tokens|attempts):.*\n?", re.MULTILINE)
STRANGE = 5
"""Seeds that name no known principle: where more do, and most, they are not called misspelt."""


@dataclass(frozen=True, slots=True)
class Library:
    """Kinds, seeds, axes and exemplars by name, in the order of their files."""

    folder: Path
    kinds: Mapping[str, Kind]
    seeds: Mapping[str, Seed]
    axes: Mapping[str, Axis]
    exemplars: Mapping[str, Exemplar]
    dealt: Mapping[str, Axis]
    """The axes, with those of the persona and of each kind's exemplars."""
    persona: PersonaSettings | None = None
    any_seed: bool = False
    """Whether a seed serves every principle, and not only those it names."""

    def shown(self, kind: str, axes: Mapping[str, str]) -> list[Exemplar]:
        """The exemplars that an item of a kind is shown, by the ids on its axes."""
        ids = axes.get(exemplar_axis_name(kind))
        return [self.exemplars[id] for id in ids.split(JOINED)] if ids else []

    def frame(self, kind: Kind, axes: Mapping[str, str]) -> AxisValue | None:
        """What stands round a chat: the value, by id, on the axis that frames the kind."""
        if kind.frame is None:
            return None
        chosen = axes[kind.frame]
        return next(value for value in self.axes[kind.frame].values if value.id == chosen)

    def seeds_for(self, principle: str) -> list[Seed]:
        """The seeds that touch a principle, in order."""
        return [
            seed
            for seed in self.seeds.values()
            if self.any_seed or principle in seed.fields.principles
        ]


def load_library(
    folder: Path,
    principles: Mapping[str, object],
    kinds_folder: str = "kinds",
    variant: str = FULL,
    persona: PersonaSettings | None = None,
) -> Library:
    """Read every kind, seed, axis and exemplar of a prompts folder.

    Args:
        folder: Holds a folder of kinds, `seeds/`, `axes/` and `exemplars/`.
        principles: The ids that seeds may name.
        kinds_folder: The name of the folder of kinds.
        variant: Which stages of each kind.
        persona: Whom the constitution is about.

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
    axis_files = sorted((folder / "axes").glob("[!.]*.yaml"))
    axis_names = {file.stem for file in axis_files}
    axes: dict[str, Axis] = {}
    for file in axis_files:
        with collecting(problems):
            axes[file.stem] = read_axis(file)
    problems.extend(exclusion_problems(axes, axis_names))
    seeds = _seeds(folder / "seeds", principles, problems)
    exemplars: dict[str, Exemplar] = {}
    for file in sorted((folder / "exemplars").glob("[!.]*.md")):
        with collecting(problems):
            exemplars[file.stem] = read_exemplar(file)
    kinds: dict[str, Kind] = {}
    for file in sorted((folder / kinds_folder).glob("*/kind.yaml")):
        with collecting(problems):
            kind = read_kind(file.parent, variant)
            problems.extend(_kind_problems(kind, axis_names))
            kinds[kind.name] = kind
    problems.extend(_variant_problems(folder / kinds_folder, kinds, variant, complete=not problems))
    dealt = {**axes, PERSONA: persona_axis(persona)}
    for kind in kinds.values():
        if (name := exemplar_axis_name(kind.name)) in kind.dealt:
            own = [exemplar for exemplar in exemplars.values() if exemplar.kind == kind.name]
            with collecting(problems):
                dealt[name] = exemplar_axis(kind.name, own, kind.exemplars, kind.place)
    if problems:
        raise BadInput(*problems)
    return Library(folder, kinds, seeds, axes, exemplars, dealt, persona)


def _seeds(
    folder: Path, principles: Mapping[str, object], problems: list[Problem]
) -> dict[str, Seed]:
    found: list[Seed] = []
    seeds: dict[str, Seed] = {}
    for file in sorted(folder.glob("[!.]*.yaml")):
        with collecting(problems):
            found += read_seeds(file)
    for seed in found:
        problems.extend(_taken(seed, seeds))
        seeds.setdefault(seed.id, seed)
    problems.extend(_unknown_names(folder, found, principles))
    return seeds


def _variant_problems(
    folder: Path, kinds: Mapping[str, Kind], variant: str, *, complete: bool
) -> Iterator[Problem]:
    if not kinds and complete:
        yield Problem("no kind here", "Add a folder with a kind.yaml.", str(folder))
    known = dict.fromkeys(name for kind in kinds.values() for name in (FULL, *kind.variants))
    if kinds and variant not in known:
        yield Problem(
            f"no kind has a variant '{variant}'",
            nearest(variant, list(known)),
            setting="variant",
        )


def content_hashes(folder: Path, suffixes: tuple[str, ...]) -> dict[str, str]:
    """A short hash of every content file below a folder, by its path within it.

    The token limits and attempts of a kind.yaml are not counted; run.yaml has them in words.
    """
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(_content(file)).hexdigest()[:16]
        for file in sorted(folder.rglob("*"))
        if file.suffix in suffixes and file.is_file()
    }


def _content(file: Path) -> bytes:
    text = file.read_bytes()
    return _LIMIT.sub(b"", text) if file.name == "kind.yaml" else text


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

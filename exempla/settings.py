"""exempla.yaml: the settings of all folders in one frozen model."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from exempla.errors import BadInput, Problem
from exempla.source import Place, Yaml, parse_yaml, read_yaml, validate
from generator.checks.settings import CheckSettings, DecontaminateSettings
from generator.engine import EngineSettings, SamplingSettings
from generator.judge import JudgeSettings
from generator.plan import PlanSettings
from prompts.kind_check import FULL
from prompts.persona import PersonaSettings

FILE = "exempla.yaml"


class DedupSettings(BaseModel):
    """When two documents count as one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(default=0.7, gt=0, le=1)
    """Jaccard similarity of word 5-grams from which the lesser of two documents is removed."""


class RaySettings(BaseModel):
    """How `exempla run --ray` divides a run among actors, each with an engine of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actors: int | None = Field(default=None, ge=1)
    """By default as many as the cluster has GPUs for, or one where they take none. A run is
    divided into so many parts when it begins, and keeps them."""
    gpus: float | None = Field(default=None, ge=0)
    """Of each actor. By default, on a cluster that has any, as many as `engine.args` ask for
    (`tensor_parallel_size` and the like), or one; none for engines that load no model."""
    cpus: float = Field(default=1, gt=0)
    """Of each actor."""

    @field_validator("gpus")
    @classmethod
    def _whole(cls, gpus: float | None) -> float | None:
        if gpus and gpus > 1 and gpus != int(gpus):
            raise ValueError("more than one GPU can only be had whole")
        return gpus


class Settings(BaseModel):
    """What to run. Folders and files are relative to the project's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="first", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """The run; its folder is below `runs`."""
    constitution: str | None = None
    """A folder; by default the project's own, else the built-in one."""
    prompts: str | None = None
    """A folder; by default the project's own, else the built-in one."""
    kinds: str = "kinds"
    """The folder of kinds within `prompts`; the built-in `small` is for tiny models."""
    seeds: Literal["named", "any"] = "named"
    """`any` lets every seed serve every principle, whatever it names: for a constitution that the
    seeds were not written for."""
    variant: str = FULL
    """Which stages of each kind: `full`, all of them, or a variant that its kind.yaml names, such
    as `quick`."""
    persona: PersonaSettings | None = None
    """Whom the constitution is about; without it, documents speak of AIs in general."""
    plan: PlanSettings = PlanSettings()
    engine: EngineSettings = EngineSettings()
    sampling: SamplingSettings = SamplingSettings()
    checks: CheckSettings = CheckSettings()
    decontaminate: DecontaminateSettings | None = None
    """Evaluation texts that no document may resemble."""
    judge: JudgeSettings | None = None
    """Without it, no document is judged; `judge: {}` has the writer's engine judge."""
    dedup: DedupSettings = DedupSettings()
    mixes: tuple[str, ...] | None = None
    """Recipe files; by default `documents` and `chat`, the project's own or the built-in ones."""
    ray: RaySettings = RaySettings()
    runs: str = "runs"


def load_settings(project: Path, overrides: Sequence[str] = ()) -> tuple[Settings, Yaml]:
    """Read a project's settings; a project without the file has the defaults.

    Args:
        project: The project's folder.
        overrides: `key.key=value` each, the value as YAML.

    Returns:
        The settings, and where each of them stands.

    Raises:
        BadInput: a key is unknown, a value is wrong, or the file is not YAML.
    """
    if not project.is_dir():
        raise BadInput(
            Problem(
                "there is no such project folder", "'exempla init DIR' makes one.", str(project)
            )
        )
    file = project / FILE
    yaml = read_yaml(file) if file.exists() else Yaml({}, file, 1, {})
    if yaml.value is None:
        yaml = Yaml({}, file, 1, {})
    if isinstance(yaml.value, dict):
        for text in overrides:
            _override(yaml, text)
    return validate(Settings, yaml), yaml


@contextmanager
def blaming(yaml: Yaml) -> Iterator[None]:
    """Add the place in exempla.yaml to the problems of settings that are raised in the block."""
    try:
        yield
    except BadInput as error:
        raise type(error)(*(_placed(problem, yaml) for problem in error.problems)) from error


def _placed(problem: Problem, yaml: Yaml) -> Problem:
    if problem.file or not problem.setting:
        return problem
    keys = problem.setting.split(".")
    place = yaml.place(*(int(key) if key.isdecimal() else key for key in keys))
    return place.problem(problem.what, problem.remedy)


REPLACED = {"plan.accepted": ("items",), "plan.items": ("accepted", "tries")}
"""Keys of the file in whose place a setting of the command line stands."""


def _override(yaml: Yaml, text: str) -> None:
    key, equals, value = text.partition("=")
    source = Path(f"--set {key}")
    place = Place(source, 0)
    if not equals:
        raise BadInput(Problem(f"'--set {text}' has no '='", "Write --set plan.items=200."))
    try:
        parsed = parse_yaml(value, source).value
    except BadInput as error:
        reasons = "; ".join(problem.what for problem in error.problems)
        raise BadInput(
            Problem(f"'--set {text}': {reasons}", "Put the value in quotes if it is text.")
        ) from error
    *path, last = key.strip().split(".")
    target = yaml.value
    for step, part in enumerate(path):
        target = target.setdefault(part, {})
        if not isinstance(target, dict):
            raise BadInput(
                Problem(
                    f"'--set {text}': '{'.'.join(path[: step + 1])}' is no group of settings",
                    "Write --set plan.items=200, with a key of the group after the point.",
                )
            )
    target[last] = parsed
    for other in REPLACED.get(key.strip(), ()):
        if not str(yaml.place(*path, other).file).startswith("--set"):
            target.pop(other, None)
    for length in range(1, len(path) + 2):
        yaml.places.setdefault((*path, last)[:length], place)
    yaml.places[*path, last] = place

"""A project: its settings, constitution, prompts and plan, loaded and checked as one."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from constitution.collection import BUILT_IN as BUILT_IN_CONSTITUTION
from constitution.collection import Constitution, load_constitution
from exempla.errors import BadInput, Problem, collecting
from exempla.settings import Settings, blaming, load_settings
from exempla.source import Yaml
from generator.cells import name_of, shares
from generator.checks.evaluations import Evaluations, load_evaluations
from generator.engine import EngineSettings, NotInstalled, find_engine
from generator.folder import RunFolder
from generator.item import SCHEME
from generator.judge import Judge, JudgeSettings
from generator.plan import Plan, make_plan
from generator.prompt import Prompter
from output.recipe import BUILT_IN as BUILT_IN_RECIPES
from output.recipe import RecipeFile, find_recipe, load_recipe
from prompts.judging import Judging, load_judging
from prompts.library import BUILT_IN as BUILT_IN_PROMPTS
from prompts.library import Library, content_hashes, load_library

SHAPING = {"name", "model", "prompts", "chat_template_kwargs"}
"""The engine's settings that shape its answers; the others tell how they are come by."""
MIXES = ("documents", "chat")
"""The recipes of a run whose settings name none."""

BESIDE_KINDS = ("seeds", "axes", "exemplars")
"""The folders of prompts whose names are not a setting."""


@dataclass(frozen=True, slots=True)
class Project:
    """Everything a command needs, whole and checked."""

    home: Path
    settings: Settings
    yaml: Yaml
    """Where each setting stands."""
    constitution: Constitution
    library: Library
    plan: Plan
    prompter: Prompter
    judging: Judging
    """The judge's prompt, also where nobody judges: its files are checked all the same."""
    judge: Judge | None
    """None where nobody judges."""
    recipes: tuple[RecipeFile, ...]
    constitution_folder: Path
    evaluations: Evaluations | None = None
    """The texts of `decontaminate`."""

    @property
    def engine(self) -> EngineSettings:
        """The engine's settings, a model in the project's folder found from anywhere."""
        return self._found(self.settings.engine)

    @property
    def judge_engine(self) -> EngineSettings | None:
        """The settings of the judge's own engine; None where it has none, or the writer's."""
        own = self.settings.judge and self.settings.judge.engine
        return None if not own or own == self.settings.engine else self._found(own)

    @property
    def run_folder(self) -> RunFolder:
        """Where the run's files are."""
        return RunFolder(self.home / self.settings.runs / self.settings.name)

    def _found(self, settings: EngineSettings) -> EngineSettings:
        if settings.model and (self.home / settings.model).is_dir():
            return settings.model_copy(update={"model": str(self.home / settings.model)})
        return settings

    def frozen(self, workers: int) -> dict[str, Any]:
        """What may not change between the processes of one run."""
        settings = self.settings
        quotas = {} if settings.plan.accepted is None else {"shares": self._shares()}
        return {
            "scheme": SCHEME,
            "settings": {
                "seeds": settings.seeds,
                "variant": settings.variant,
                "persona": settings.persona and settings.persona.model_dump(),
                "plan": settings.plan.record(),
                "engine": settings.engine.model_dump(include=SHAPING),
                "sampling": settings.sampling.model_dump(),
                "checks": settings.checks.model_dump(),
                "decontaminate": self._decontaminate,
                "dedup": settings.dedup.model_dump(),
                **({"judge": judge_frozen(settings.judge, self.judging)} if settings.judge else {}),
            },
            "limits": {
                kind.name: {
                    stage.name: {"max_tokens": stage.max_tokens, "attempts": stage.attempts}
                    for stage in kind.stages
                }
                for kind in self.plan.kinds
            },
            "ran_with": settings.engine.model_dump(mode="json", exclude=SHAPING),
            "workers": workers,
            **quotas,
            "constitution": {
                "name": self.constitution.name,
                "version": self.constitution.version,
                "digest": self.constitution.digest[:16],
                "files": content_hashes(self.constitution_folder, (".md",)),
                "clauses": [c.id for p in self.plan.principles for c in p.clauses],
            },
            "kinds": [kind.name for kind in self.plan.kinds],
            "prompts": {
                name: content_hashes(self.library.folder / name, (".yaml", ".j2", ".md"))
                for name in (settings.kinds, *BESIDE_KINDS)
            },
        }

    def _shares(self) -> dict[str, dict[str, int]]:
        """What is to be kept of each principle, by kind."""
        found: dict[str, dict[str, int]] = {}
        for cell, share in enumerate(shares(self.plan).tolist()):
            kind, principle = name_of(self.plan, cell)
            found.setdefault(principle, {})[kind] = share
        return found

    @property
    def _decontaminate(self) -> dict[str, Any] | None:
        if self.evaluations is None:
            return None
        digests = dict(self.evaluations.digests)
        return {**self.evaluations.settings.model_dump(exclude={"files"}), "files": digests}


def load_project(home: Path, overrides: Sequence[str] = ()) -> Project:
    """Load and check everything that can be checked without a model.

    Raises:
        BadInput: with every problem of every file.
    """
    settings, yaml = load_settings(home, overrides)
    constitution_folder, prompts_folder = _folders(home, settings)
    problems: list[Problem] = []
    constitution: Constitution | None = None
    library: Library | None = None
    plan: Plan | None = None
    with collecting(problems):
        constitution = load_constitution(constitution_folder)
    known: Mapping[str, object] = (
        {principle.id: principle for principle in constitution.principles} if constitution else {}
    )
    named = constitution and settings.seeds == "named"
    with collecting(problems), blaming(yaml):
        library = load_library(
            prompts_folder,
            known if named else _Anything(),
            settings.kinds,
            settings.variant,
            settings.persona,
        )
    if library and settings.seeds == "any":
        library = replace(library, any_seed=True)
    with collecting(problems):
        recipes = tuple(load_recipe(path) for path in _recipe_files(home, settings.mixes))
    evaluations: Evaluations | None = None
    with collecting(problems), blaming(yaml):
        if settings.decontaminate:
            evaluations = load_evaluations(home, settings.decontaminate)
    for engine in (settings.engine, settings.judge and settings.judge.engine):
        with collecting(problems), blaming(yaml), suppress(NotInstalled):
            if engine:
                find_engine(engine)
    judging: Judging | None = None
    with collecting(problems):
        named_rubric = settings.judge and settings.judge.rubric
        judging = load_judging(prompts_folder, home / named_rubric if named_rubric else None)
    judge: Judge | None = None
    if judging and constitution and settings.judge:
        with collecting(problems), blaming(yaml):
            judge = Judge(settings.judge, judging, constitution)
    if constitution and library:
        with collecting(problems), blaming(yaml):
            plan = make_plan(constitution, library, settings.plan)
    if problems or not (constitution and library and plan and judging):
        raise BadInput(*problems)
    prompter = Prompter(constitution, library)
    return Project(
        home,
        settings,
        yaml,
        constitution,
        library,
        plan,
        prompter,
        judging,
        judge,
        recipes,
        constitution_folder,
        evaluations,
    )


def judge_frozen(settings: JudgeSettings, judging: Judging) -> dict[str, Any]:
    """What may not change about a judge between the processes of one run."""
    engine = settings.engine and settings.engine.model_dump(include=SHAPING)
    return {
        **settings.model_dump(exclude={"engine", "rubric"}, mode="json"),
        "engine": engine,
        "rubric": judging.rubric.digest,
        "prompt": judging.digest,
    }


def recipe_folders(home: Path) -> tuple[Path, Path]:
    """Where a recipe is looked for by its name, the project's own first."""
    return home / "recipes", BUILT_IN_RECIPES


def content_folders(home: Path, overrides: Sequence[str] = ()) -> tuple[Path, Path]:
    """Where a project's constitution and its prompts are.

    Raises:
        BadInput: its settings are wrong.
    """
    settings, _ = load_settings(home, overrides)
    return _folders(home, settings)


class _Anything(dict[str, object]):
    """Stands for the principles where no name is to be called unknown."""

    def __contains__(self, key: object) -> bool:
        return True


def _folders(home: Path, settings: Settings) -> tuple[Path, Path]:
    return (
        _folder(home, settings.constitution, "constitution", BUILT_IN_CONSTITUTION),
        _folder(home, settings.prompts, "prompts", BUILT_IN_PROMPTS),
    )


def _folder(home: Path, given: str | None, name: str, built_in: Path) -> Path:
    if given is not None:
        return home / given
    return home / name if (home / name).is_dir() else built_in


def _recipe_files(home: Path, given: tuple[str, ...] | None) -> list[Path]:
    if given is not None:
        return [home / path for path in given]
    return [find_recipe(name, recipe_folders(home)) for name in MIXES]

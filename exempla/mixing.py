"""Mixes of a project: a recipe with all that it asks for at hand, made into training files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exempla.errors import BadInput, Problem, collecting
from exempla.project import Project
from exempla.settings import blaming
from exempla.sources import supplies_of
from generator.folder import RunFolder
from generator.model import BUILT_IN, built_in, cache_folder
from output.allotment import Allotted
from output.census import count_part
from output.inventory import Show
from output.manifest import MANIFEST, Manifest, Measure, Part
from output.mix import Composition, Order, compose, write_mix
from output.recipe import Recipe, RecipeFile
from output.selection import select
from output.split import Split
from output.token_counts import TokenCounts
from output.tokenizer import load_tokenizer

COUNTS = ".tokens"
"""The folder of token counts, beside the runs."""


@dataclass(frozen=True, slots=True)
class Kitchen:
    """Where a project's mixes are made."""

    home: Path
    """The project's folder."""
    runs: Path
    run: RunFolder
    """The run that a source means which names none."""
    user_turns: Mapping[str, str]
    """What a text of a kind is the answer to, by kind."""

    def place(self, recipe: Recipe) -> Path:
        """The folder of a mix: with its run if it is of one alone, else beside the runs."""
        only = recipe.sources[0]
        if len(recipe.sources) > 1 or only.files is not None:
            return self.runs / "mixes" / recipe.name
        folder = self.run if only.run is None else RunFolder(self.home / only.run)
        return folder.mixes / recipe.name


def kitchen_of(project: Project) -> Kitchen:
    """Where the mixes of a project are made."""
    turns = {kind.name: kind.user_turn for kind in project.library.kinds.values()}
    return Kitchen(
        project.home,
        project.home / project.settings.runs,
        project.run_folder,
        {name: turn for name, turn in turns.items() if turn},
    )


@contextmanager
def composed(kitchen: Kitchen, file: RecipeFile, show: Show) -> Iterator[Composition]:
    """What there is for a mix, and what is wanted of it; token counts are kept at the end.

    Raises:
        BadInput: the recipe asks for what is not there, or a source cannot be read; inside the
            block too, problems get their place in the recipe.
        ExemplaError: no documents are left, or the counts cannot be written.
    """
    recipe = file.recipe
    with blaming(file.yaml):
        supplies = supplies_of(recipe, kitchen.home, kitchen.run)
        counts = _counts(kitchen, recipe)
        measure = Measure(
            unit=recipe.unit,
            tokenizer=recipe.tokenizer,
            digest=counts.tokenizer.digest if counts else None,
        )
        turns = kitchen.user_turns if recipe.convert and recipe.format == "messages" else {}
        order = Order(recipe, supplies, measure, counts.count if counts else None, turns)
        try:
            composition = compose(order, show)
        finally:
            if counts:
                counts.save()
        yield composition


def make_mix(
    kitchen: Kitchen, file: RecipeFile, show: Show, folder: Path | None = None
) -> tuple[Path, Manifest]:
    """Make a mix.

    Args:
        kitchen: Where.
        file: The recipe.
        show: Told how far it is.
        folder: For the mix; by default the recipe's own.

    Returns:
        Its folder and manifest.

    Raises:
        BadInput: something other than a mix is in its place, a source cannot be used, or the recipe
            cannot be met; nothing was written.
        ExemplaError: no documents are left, or the disk does not take the mix.
    """
    place = folder or kitchen.place(file.recipe)
    _check_replaceable(place)
    with composed(kitchen, file, show) as composition:
        return place, write_mix(composition, place, show)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a mix would hold."""

    recipe: Recipe
    allotted: tuple[Allotted, ...]
    """Its parts, with what is wanted and what there is of each."""
    splits: Mapping[Split, Part]
    """Empty where it cannot be made."""
    problems: tuple[Problem, ...]
    """What is short."""


def outline(kitchen: Kitchen, file: RecipeFile, show: Show) -> Outline:
    """Tell what a mix would hold and what is short; writes nothing but token counts.

    Raises:
        BadInput: the recipe asks for what is not there, or a source cannot be read.
        ExemplaError: no documents are left.
    """
    problems: list[Problem] = []
    splits: dict[Split, Part] = {}
    with composed(kitchen, file, show) as composition:
        inventory, pools = composition.inventory, composition.pools
        with collecting(problems), blaming(file.yaml):
            selection = select(file.recipe, pools)
            splits = {
                "train": count_part(inventory, selection.training),
                "validation": count_part(inventory, selection.validation),
            }
    return Outline(file.recipe, pools.allotted, splits, tuple(problems))


def _check_replaceable(place: Path) -> None:
    others = place.exists() and (not place.is_dir() or any(place.iterdir()))
    if others and not (place / MANIFEST).is_file():
        what = "this is there already and is no mix"
        raise BadInput(Problem(what, "Name another folder, so that nothing is lost.", str(place)))


def _counts(kitchen: Kitchen, recipe: Recipe) -> TokenCounts | None:
    name = recipe.tokenizer
    if name is None:
        return None
    if name == BUILT_IN:
        place = str(built_in(cache_folder()))
    else:
        place = str(kitchen.home / name) if (kitchen.home / name).is_dir() else name
    return TokenCounts(load_tokenizer(name, place, recipe.format), kitchen.runs / COUNTS)

"""The parts that a mix is divided into: by kind, by principle, and the ordinary text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from exempla.errors import BadInput, Problem
from exempla.source import nearest
from output.inventory import NONE, Ints, Inventory
from output.recipe import Recipe
from output.split import Mask


@dataclass(frozen=True, slots=True)
class Cell:
    """One part of what is trained on."""

    kind: str | None
    """None: documents of any kind."""
    principle: str | None
    """The first of a document's. None: any."""
    share: Fraction
    """Of all that is trained on."""
    ordinary: bool = False

    @property
    def label(self) -> str:
        """What it is called in messages."""
        if self.ordinary:
            return "ordinary text"
        named = " for ".join(name for name in (self.kind, self.principle) if name is not None)
        return f"'{named}'" if named else "documents"

    @property
    def setting(self) -> str:
        """The key of the recipe that asks for it."""
        if self.ordinary:
            return "blend.share"
        if self.kind is not None:
            return f"shares.{self.kind}"
        return "" if self.principle is None else f"weights.{self.principle}"


def cells_of(recipe: Recipe, inventory: Inventory, ordinary: Mask) -> tuple[list[Cell], Ints]:
    """The parts a recipe asks for, and the part of each record, or `NONE` where it is in none.

    Args:
        recipe: What the mix should look like.
        inventory: All records.
        ordinary: Which of them are ordinary text.

    Raises:
        BadInput: a share or a weight is for a kind or a principle of which there is no document.
    """
    kind = np.where(ordinary, NONE, inventory.kind)
    firsts: dict[str, int] = {}
    codes = [firsts.setdefault(names[0], len(firsts)) for names in inventory.principle_sets]
    principle = np.where(ordinary, NONE, np.array(codes, np.int32)[inventory.principles])
    problems: list[Problem] = []

    shares: dict[str | None, float] = {None: 1.0}
    if recipe.shares:
        problems += _missing("shares", recipe.shares, _present(inventory.kinds, kind), zeros=False)
        shares = {name: share for name, share in recipe.shares.items() if share}
        kind = _numbered(kind, inventory.kinds, list(shares))
    else:
        kind = np.where(ordinary, NONE, 0)
    present = _present(list(firsts), principle[kind != NONE])
    weights: dict[str | None, float] = {None: 1.0}
    if recipe.weights:
        problems += _missing("weights", recipe.weights, present, zeros=True)
        given = {name: recipe.weights.get(name, 1.0) for name in present}
        weights = {name: weight for name, weight in given.items() if weight}
        if given and not weights:
            what = "every principle that the documents have has weight 0"
            problems.append(Problem(what, "Leave one of them in.", setting="weights"))
        principle = _numbered(principle, list(firsts), list(weights))
    else:
        principle = np.where(ordinary, NONE, 0)
    if problems:
        raise BadInput(*problems)

    blended = exact(recipe.blend.share) if recipe.blend else Fraction(0)
    cells = [
        Cell(kind_name, principle_name, (1 - blended) * of_kind * of_principle)
        for kind_name, of_kind in _parts(shares)
        for principle_name, of_principle in _parts(weights)
    ]
    numbers = kind * len(weights) + principle
    numbers[(kind == NONE) | (principle == NONE)] = NONE
    if recipe.blend:
        numbers[ordinary] = len(cells)
        cells.append(Cell(None, None, blended, ordinary=True))
    return cells, numbers


def exact(number: float) -> Fraction:
    """A share as it was written: 0.1 is a tenth."""
    return Fraction(repr(number))


def _parts(given: Mapping[str | None, float]) -> Iterator[tuple[str | None, Fraction]]:
    """Each part of the whole."""
    whole = sum(map(exact, given.values()))
    for name, part in given.items():
        yield name, exact(part) / whole


def _present(names: Sequence[str], codes: Ints) -> list[str]:
    """The names that any record has, in the order of the alphabet."""
    return sorted(names[code] for code in np.unique(codes[codes != NONE]).tolist())


def _numbered(codes: Ints, names: Sequence[str], wanted: Sequence[str | None]) -> Ints:
    """Codes that count the wanted names, `NONE` for others."""
    table = [wanted.index(name) if name in wanted else NONE for name in names]
    return np.array([*table, NONE], np.int32)[codes]  # the last is where NONE points


def _missing(
    key: str, given: Mapping[str, float], present: Sequence[str], *, zeros: bool
) -> Iterator[Problem]:
    """What is given a part, or with `zeros` named at all, and is in no document."""
    for name, part in given.items():
        if name not in present and (part or zeros):
            what = f"there is no document of '{name}' to choose from"
            yield Problem(what, nearest(name, present), setting=f"{key}.{name}")

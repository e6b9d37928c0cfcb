"""Shares into budgets: how much of each part is trained on, and what is short.

All arithmetic is exact, in whole numbers and fractions, so that it comes out alike everywhere.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from exempla.errors import BadInput, Problem
from output.cells import Cell
from output.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is of a part to train on, each document once; sizes in the mix's unit."""

    size: int
    documents: int
    smallest: int
    """Size of the smallest document; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Allotted:
    """How much of a part is wanted, and how much there is."""

    cell: Cell
    stock: Stock
    wanted: Fraction
    repeats: int
    """How often a document may be taken."""

    @property
    def room(self) -> int:
        """The most that can be taken."""
        return self.repeats * self.stock.size

    @property
    def short(self) -> int:
        """How much is missing, rounded up; 0 where what is wanted can be met within a document.

        Within a document: taking the smallest one once more would not bring the part nearer.
        """
        missing = self.wanted - self.room
        met = self.stock.documents and 2 * missing <= self.stock.smallest
        return 0 if missing <= 0 or met else math.ceil(missing)


def allot(recipe: Recipe, cells: Sequence[Cell], stocks: Sequence[Stock]) -> list[Allotted]:
    """Divide a recipe's budget, or without one as much as the parts of documents allow.

    Args:
        recipe: What the mix should look like.
        cells: Its parts; their shares add up to 1.
        stocks: What there is of each.
    """
    repeats = [1 if cell.ordinary else recipe.repeats for cell in cells]
    if recipe.budget is None:
        pairs = zip(cells, stocks, strict=True)
        whole = min(stock.size / cell.share for cell, stock in pairs if not cell.ordinary)
    else:
        whole = Fraction(recipe.budget)
    return [
        Allotted(cell, stock, cell.share * whole, most)
        for cell, stock, most in zip(cells, stocks, repeats, strict=True)
    ]


def check_met(recipe: Recipe, allotted: Sequence[Allotted]) -> None:
    """Refuse a recipe that cannot be met.

    Raises:
        BadInput: with every part that is short, by how much, and what would meet it.
    """
    short = [part for part in allotted if part.short or not part.stock.documents]
    if not short:
        return
    problems = [_shortage(recipe, part) for part in short]
    remedies = [*_smaller(recipe, allotted), *_oftener(short), *_less_blend(recipe, allotted)]
    if remedies:
        what = f"nothing was written, as the mix '{recipe.name}' cannot be made as its recipe says"
        problems.append(Problem(what, f"Add what is missing, or {', or '.join(remedies)}."))
    raise BadInput(*problems)


def _shortage(recipe: Recipe, part: Allotted) -> Problem:
    unit, name, setting = recipe.unit, part.cell.label, part.cell.setting or recipe.unit
    if not part.stock.documents:
        remedy = "Add some, or take this part out of the recipe."
        return Problem(f"there is no {name} to choose from", remedy, setting=setting)
    often = f" with each document {part.repeats} times" if part.repeats > 1 else ""
    what = (
        f"{name}: {math.ceil(part.wanted):,} {unit} wanted, {part.room:,} there{often}, "
        f"{part.short:,} missing"
    )
    mean = Fraction(part.room, part.stock.documents)
    more = f"Add about {math.ceil(part.short / mean):,} of their length." if mean else ""
    return Problem(what, more, setting=setting)


def _smaller(recipe: Recipe, allotted: Sequence[Allotted]) -> Iterator[str]:
    most = min(math.floor(part.room / part.cell.share) for part in allotted)
    if recipe.budget is not None and most:
        yield f"set '{recipe.unit}' to at most {most}"


def _oftener(short: Sequence[Allotted]) -> Iterator[str]:
    if all(part.stock.size and not part.cell.ordinary for part in short):
        times = max(math.ceil(part.wanted / part.stock.size) for part in short)
        yield f"'repeats' to at least {times}"


def _less_blend(recipe: Recipe, allotted: Sequence[Allotted]) -> Iterator[str]:
    ordinary = sum(part.room for part in allotted if part.cell.ordinary)
    documents = sum((part.wanted for part in allotted if not part.cell.ordinary), Fraction(0))
    if recipe.blend and recipe.budget is None and ordinary and documents:
        most = math.floor(ordinary / (ordinary + documents) * 10_000) / 10_000
        yield f"set 'blend.share' to at most {most}"

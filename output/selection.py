"""Which documents a mix has, and how often each."""

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from exempla.errors import BadInput, Problem
from output.allotment import Allotted, Stock, allot, check_met
from output.cells import cells_of, exact
from output.inventory import NONE, Ints, Inventory
from output.recipe import Recipe
from output.shuffle import places
from output.split import Mask, grouped, held_out, split_places


@dataclass(frozen=True, slots=True)
class Pools:
    """The records of a mix divided into parts, and what is wanted of each part."""

    allotted: tuple[Allotted, ...]
    training: tuple[Ints, ...]
    """The records of each part that are not held out, in the order they are drawn in."""
    validation: tuple[Ints, ...]
    """Those that are."""
    sizes: Ints
    """Of every record, in the mix's unit."""
    unwanted: int
    """How many records are in no part."""


@dataclass(frozen=True, slots=True)
class Selection:
    """How often each record is in a split, shape (records,)."""

    training: Ints
    validation: Ints


def divide(recipe: Recipe, inventory: Inventory, ordinary: Mask) -> Pools:
    """Divide the records by what the recipe asks for, hold some out, and allot the budget.

    Args:
        recipe: What the mix should look like.
        inventory: All records.
        ordinary: Which of them are ordinary text.

    Raises:
        BadInput: a share or a weight is for a kind or a principle of which there is no document.
    """
    cells, cell = cells_of(recipe, inventory, ordinary)
    may = (cell != NONE) & ~ordinary
    groups = grouped((inventory.seed, *inventory.ties))
    held = np.zeros(len(inventory), np.bool_)
    held[may] = held_out(
        groups[may], split_places(inventory, recipe.seed)[may], exact(recipe.validation)
    )
    drawn = places(inventory.keys, recipe.seed, "draw-1")
    order = np.lexsort((inventory.contents, drawn, held, cell))
    # Of each part first what is trained on, then what is held out; NONE comes before them all.
    ends = np.searchsorted((2 * cell + held)[order], np.arange(2 * len(cells) + 1))
    parts = [order[start:end] for start, end in pairwise(ends.tolist())]
    sizes = inventory.tokens if recipe.unit == "tokens" else np.ones(len(inventory), np.int32)
    training = tuple(parts[::2])
    allotted = allot(recipe, cells, [_stock(sizes[records]) for records in training])
    unwanted = int((cell == NONE).sum())
    return Pools(tuple(allotted), training, tuple(parts[1::2]), sizes, unwanted)


def select(recipe: Recipe, pools: Pools) -> Selection:
    """Fill the budget of each part, and the validation split as far as what is held out goes.

    Without a budget all that is held out is in the validation split. With one, each part has the
    recipe's share there too, each document once; where a small budget would leave the split empty
    it has one document.

    Raises:
        BadInput: with every part that is short, by how much, and what would meet it; or the budget
            is too small for anything.
    """
    check_met(recipe, pools.allotted)
    training, validation = (np.zeros(len(pools.sizes), np.int32) for _ in range(2))
    share = exact(recipe.validation)
    for part, records, held in zip(pools.allotted, pools.training, pools.validation, strict=True):
        training[records] = fill(pools.sizes[records], part.wanted, part.repeats)
        wanted = part.wanted * share / (1 - share)
        validation[held] = 1 if recipe.budget is None else fill(pools.sizes[held], wanted, 1)
    if not training.any():
        what = "the budget is less than half of the first document, so that nothing is taken"
        raise BadInput(Problem(what, f"Raise '{recipe.unit}'.", setting=recipe.unit))
    rest = np.concatenate(pools.validation)
    if len(rest) and not validation.any():
        validation[rest[0]] = 1
    return Selection(training, validation)


def fill(sizes: Ints, wanted: Fraction, repeats: int) -> Ints:
    """How often to take each of some documents so that it comes to what is wanted.

    All are taken as often as goes whole, and then those that come first once more, to where it is
    nearest: it is met to half the document at which it stops. A larger budget takes no document
    less often.

    Args:
        sizes: Of the documents in the order they are drawn in, shape (documents,).
        wanted: How much of them.
        repeats: The most that one may be taken.

    Returns:
        Times, shape (documents,).
    """
    sums = np.cumsum(sizes, dtype=np.int64)
    whole = int(sums[-1]) if len(sums) else 0
    rounds = min(int(wanted // whole), repeats) if whole else 1
    times = np.full(len(sizes), rounds, np.int32)
    if rounds < repeats and whole:
        times[: _nearest(sums, wanted - rounds * whole)] += 1
    return times


def _nearest(sums: Ints, wanted: Fraction) -> int:
    """How many of the first documents come nearest; of two that are as near, the fewer."""
    count = int(np.searchsorted(sums, math.floor(wanted), side="right"))
    if count == len(sums):
        return count
    before = int(sums[count - 1]) if count else 0
    return count + (int(sums[count]) - wanted < wanted - before)


def _stock(sizes: Ints) -> Stock:
    smallest = int(sizes.min()) if len(sizes) else 0
    return Stock(int(sizes.sum(dtype=np.int64)), len(sizes), smallest)

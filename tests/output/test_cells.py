from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from exempla.document import Document
from exempla.errors import BadInput
from output.cells import Cell, cells_of
from output.inventory import NONE, Inventory, take_inventory
from output.recipe import Blend, Recipe
from output.supply import Supply

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]
Supplied = Callable[..., list[Supply]]

ALL = [
    ("story", "care"),
    ("story", "honesty"),
    ("essay", "honesty"),
    ("essay", "candour"),
    ("work", "tact"),
]


@pytest.fixture
def inventory(tmp_path: Path, make_document: Make, store: Store, supplied: Supplied) -> Inventory:
    documents = [
        make_document(f"d{n}", kind=kind, principles=(principle, "care"))
        for n, (kind, principle) in enumerate(ALL)
    ]
    path = store(tmp_path / "documents.jsonl", documents)
    recipe = Recipe(name="a", seed=1)
    return take_inventory(recipe, supplied(recipe, path), None, {}, lambda doing, done, of: None)


def divided(
    inventory: Inventory, recipe: Recipe, ordinary: int = 0
) -> tuple[list[Cell], list[int]]:
    """The parts, the last records being ordinary text."""
    mask = np.arange(len(inventory)) >= len(inventory) - ordinary
    cells, numbers = cells_of(recipe, inventory, mask)
    return cells, numbers.tolist()


def test_without_shares_and_weights_all_documents_are_one_part(inventory: Inventory) -> None:
    cells, numbers = divided(inventory, Recipe(name="a", seed=1))
    assert cells == [Cell(None, None, Fraction(1))]
    assert numbers == [0] * 5


def test_shares_are_divided_by_their_sum_and_other_kinds_left_out(inventory: Inventory) -> None:
    recipe = Recipe(name="a", seed=1, shares={"essay": 0.1, "story": 0.2, "advice": 0})
    cells, numbers = divided(inventory, recipe)
    assert cells == [Cell("essay", None, Fraction(1, 3)), Cell("story", None, Fraction(2, 3))]
    assert numbers == [1, 1, 0, 0, NONE]


def test_weights_go_by_the_first_principle_within_each_kind(inventory: Inventory) -> None:
    shares = {"story": 1.0, "essay": 1.0}
    recipe = Recipe(name="a", seed=1, shares=shares, weights={"honesty": 3, "candour": 0})
    cells, numbers = divided(inventory, recipe)
    assert [(cell.kind, cell.principle, cell.share) for cell in cells] == [
        ("essay", "care", Fraction(1, 8)),
        ("essay", "honesty", Fraction(3, 8)),
        ("story", "care", Fraction(1, 8)),
        ("story", "honesty", Fraction(3, 8)),
    ]
    assert numbers == [2, 3, 1, NONE, NONE]


def test_ordinary_text_is_a_part_of_its_own_whatever_its_kind(inventory: Inventory) -> None:
    blend = Blend(files=("web",), share=0.8)
    recipe = Recipe(name="a", seed=1, tokenizer="t", weights={"tact": 0}, blend=blend)
    with pytest.raises(BadInput, match="there is no document of 'tact'"):
        divided(inventory, recipe, ordinary=1)
    recipe = Recipe(name="a", seed=1, tokenizer="t", shares={"story": 1}, blend=blend)
    cells, numbers = divided(inventory, recipe, ordinary=1)
    assert [(cell.kind, cell.share) for cell in cells] == [
        ("story", Fraction(1, 5)),
        (None, Fraction(4, 5)),
    ]
    assert cells[1].ordinary
    assert numbers == [0, 0, NONE, NONE, 1]


def test_weights_must_leave_a_principle(inventory: Inventory) -> None:
    recipe = Recipe(name="a", seed=1, shares={"work": 1}, weights={"tact": 0})
    with pytest.raises(BadInput, match="every principle that the documents have has weight 0"):
        divided(inventory, recipe)


def test_every_part_of_what_is_not_there_is_told(inventory: Inventory) -> None:
    recipe = Recipe(name="a", seed=1, shares={"storey": 1, "work": 1}, weights={"tactt": 2})
    with pytest.raises(BadInput) as caught:
        divided(inventory, recipe)
    assert [problem.setting for problem in caught.value.problems] == [
        "shares.storey",
        "weights.tactt",
    ]

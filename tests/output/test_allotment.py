from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempla.errors import BadInput
from output.allotment import Allotted, Stock, allot, check_met
from output.cells import Cell
from output.recipe import Blend, Recipe

STORIES = Cell("story", None, Fraction(1, 2))
ESSAYS = Cell("essay", None, Fraction(1, 2))
BLEND = Blend(files=("web",), share=0.75)


def problems_of(recipe: Recipe, allotted: list[Allotted]) -> dict[str, str]:
    with pytest.raises(BadInput) as caught:
        check_met(recipe, allotted)
    assert caught.value.exit_code == 2
    return {problem.setting or "all": str(problem) for problem in caught.value.problems}


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 9)), min_size=5, max_size=5),
    st.none() | st.integers(1, 10_000),
    st.integers(1, 4),
)
def test_what_is_wanted_adds_up_exactly_and_is_as_much_as_there_can_be(
    parts: list[int], held: list[tuple[int, int]], budget: int | None, repeats: int
) -> None:
    cells = [
        Cell(str(number), None, Fraction(part, sum(parts))) for number, part in enumerate(parts)
    ]
    stocks = [Stock(count * size, count, size) for count, size in held[: len(cells)]]
    recipe = Recipe(name="a", seed=1, tokens=budget, repeats=repeats if budget else 1)
    allotted = allot(recipe, cells, stocks)
    whole = sum((part.wanted for part in allotted), Fraction(0))
    assert [part.wanted / whole for part in allotted] == [cell.share for cell in cells]
    if budget is None:
        assert all(part.wanted <= part.room for part in allotted)
        assert any(part.wanted == part.room for part in allotted)
        check_met(recipe, allotted)
    else:
        assert whole == budget
        short = [part for part in allotted if 2 * (part.wanted - part.room) > part.stock.smallest]
        assert [part for part in allotted if part.short] == short


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=4),
    st.lists(st.integers(1, 400), min_size=4, max_size=4),
    st.integers(1, 10_000),
)
def test_what_a_refusal_says_would_meet_the_recipe_does(
    parts: list[int], sizes: list[int], budget: int
) -> None:
    cells = [
        Cell(str(number), None, Fraction(part, sum(parts))) for number, part in enumerate(parts)
    ]
    stocks = [Stock(size, size, 1) for size in sizes[: len(cells)]]
    recipe = Recipe(name="a", seed=1, tokens=budget)
    allotted = allot(recipe, cells, stocks)
    if any(part.short for part in allotted):
        said = problems_of(recipe, allotted)["all"]
        repeats = int(said.partition("'repeats' to at least ")[2].rstrip("."))
        oftener = recipe.model_copy(update={"repeats": repeats})
        check_met(oftener, allot(oftener, cells, stocks))
        if "'tokens'" in said:
            most = int(said.partition("'tokens' to at most ")[2].partition(",")[0])
            smaller = recipe.model_copy(update={"tokens": most})
            check_met(smaller, allot(smaller, cells, stocks))


def test_every_shortage_is_told_with_how_much_and_what_would_do() -> None:
    recipe = Recipe(name="a", seed=1, tokens=1000)
    stocks = [Stock(300, 30, 10), Stock(200, 4, 50)]
    told = problems_of(recipe, allot(recipe, [STORIES, ESSAYS], stocks))
    assert "'story': 500 tokens wanted, 300 there, 200 missing" in told["shares.story"]
    assert "Add about 20 of their length." in told["shares.story"]
    assert "'essay': 500 tokens wanted, 200 there, 300 missing" in told["shares.essay"]
    assert "set 'tokens' to at most 400, or 'repeats' to at least 3." in told["all"]


def test_a_part_of_which_there_is_nothing_is_told() -> None:
    recipe = Recipe(name="a", seed=1)
    told = problems_of(recipe, allot(recipe, [STORIES, ESSAYS], [Stock(9, 1, 9), Stock(0, 0, 0)]))
    assert list(told) == ["shares.essay"]
    assert "there is no 'essay' to choose from" in told["shares.essay"]


def test_a_budget_is_met_where_another_document_would_not_bring_it_nearer() -> None:
    recipe = Recipe(name="a", seed=1, tokens=1000)
    for size, short in ((995, 0), (994, 6)):
        (part,) = allot(recipe, [Cell(None, None, Fraction(1))], [Stock(size, 99, 10)])
        assert part.short == short


def test_ordinary_text_follows_the_documents_and_its_lack_is_told() -> None:
    recipe = Recipe(name="a", seed=1, tokenizer="t", blend=BLEND)
    cells = [
        Cell(None, None, Fraction(1, 4)),
        Cell(None, None, Fraction(3, 4), ordinary=True),
    ]
    documents, web = allot(recipe, cells, [Stock(100, 10, 10), Stock(900, 9, 100)])
    assert [documents.wanted, web.wanted] == [Fraction(100), Fraction(300)]
    check_met(recipe, [documents, web])
    told = problems_of(recipe, allot(recipe, cells, [Stock(100, 10, 10), Stock(150, 9, 10)]))
    assert "ordinary text: 300 tokens wanted, 150 there, 150 missing" in told["blend.share"]
    assert "set 'blend.share' to at most 0.6" in told["all"]


def test_ordinary_text_is_never_repeated() -> None:
    recipe = Recipe(name="a", seed=1, tokenizer="t", tokens=400, repeats=9, blend=BLEND)
    cells = [Cell(None, None, Fraction(1, 4)), Cell(None, None, Fraction(3, 4), ordinary=True)]
    told = problems_of(recipe, allot(recipe, cells, [Stock(50, 5, 10), Stock(200, 2, 100)]))
    assert list(told) == ["blend.share", "all"]
    assert "set 'tokens' to at most 266." in told["all"]

from pathlib import Path

import pytest

from exempla.errors import BadInput, Problem
from output.recipe import Recipe, load_recipe

BUILT_IN = Path(__file__).parents[2] / "output" / "recipes"


def problems_of(folder: Path, text: str) -> tuple[Problem, ...]:
    path = folder / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        load_recipe(path)
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_built_in_recipe_loads_and_is_named_like_its_file(path: Path) -> None:
    assert load_recipe(path).name == path.stem


def test_a_recipe_needs_only_a_name_and_a_seed(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("name: small\nseed: 3\n")
    assert load_recipe(path) == Recipe(
        name="small", format="text", validation=0.05, shard_size=10_000, seed=3
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("validation: 0.6", "less than or equal to 0.5"),
        ("validation: -0.1", "greater than or equal to 0"),
        ("validation: .nan", "'validation'"),
        ("format: parquet", "'text'"),
        ("shard_size: 0", "greater than or equal to 1"),
        ('shard_size: "10"', "valid integer"),
        ("shard_sise: 10", "unknown key 'shard_sise'"),
    ],
)
def test_a_bad_value_is_told_with_its_line(tmp_path: Path, line: str, what: str) -> None:
    (problem,) = problems_of(tmp_path, f"name: small\nseed: 3\n{line}\n")
    assert problem.line == 3
    assert what in problem.what


@pytest.mark.parametrize("seed", ["yes", "-1", "9223372036854775808", "null"])
def test_a_seed_is_a_whole_number_that_a_manifest_can_hold(tmp_path: Path, seed: str) -> None:
    (problem,) = problems_of(tmp_path, f"name: small\nseed: {seed}\n")
    assert problem.line == 2


@pytest.mark.parametrize("name", ["My Mix", "mix_one", "../mix", "-mix", "mix--one", "''"])
def test_a_name_that_is_no_plain_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    (problem,) = problems_of(tmp_path, f"seed: 3\nname: {name}\n")
    assert problem.line == 2
    assert "hyphens" in problem.what


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "name: Mix\nvalidation: 2\n")
    assert [(problem.line, problem.what.split(":")[0]) for problem in found] == [
        (1, "'name'"),
        (2, "'validation'"),
        (1, "'seed' is missing"),
    ]


def test_an_empty_file_lacks_its_keys(tmp_path: Path) -> None:
    assert [problem.line for problem in problems_of(tmp_path, "")] == [1, 1]

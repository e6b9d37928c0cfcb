from pathlib import Path

import pytest

from exempla.errors import BadInput, Problem
from output.condition import Condition
from output.recipe import BUILT_IN, Blend, Recipe, Source, find_recipe, load_recipe


def problems_of(folder: Path, text: str) -> tuple[Problem, ...]:
    path = folder / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        load_recipe(path)
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_built_in_recipe_loads_and_is_named_like_its_file(path: Path) -> None:
    assert load_recipe(path).recipe.name == path.stem


def test_the_built_in_recipes_are_for_text_chats_a_first_try_and_midtraining() -> None:
    recipes = {path.stem: load_recipe(path).recipe for path in BUILT_IN.glob("*.yaml")}
    assert sorted(recipes) == ["chat", "documents", "midtraining", "small"]
    assert recipes["chat"].format == "messages"
    assert recipes["midtraining"].blend is not None


def test_a_recipe_needs_only_a_name_and_a_seed(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("name: small\nseed: 3\n")
    recipe = load_recipe(path).recipe
    assert recipe == Recipe(name="small", seed=3)
    assert (recipe.sources, recipe.budget, recipe.unit) == ((Source(),), None, "tokens")


def test_a_recipe_says_all_that_a_mix_may_be_made_to_look_like(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(
        """
name: all
sources:
  - where: {verdict.scores.alive: {at_least: 4}, kind: {one_of: [story, advice]}}
  - run: runs/other
  - files: [more/*.jsonl.zst]
    field: body
    kind: essay
    group: site
format: text
convert: true
shares: {story: 0.5, essay: 0.5}
weights: {honesty: 2}
documents: 100
tokenizer: smollm2-135m
repeats: 3
blend: {files: [web], field: content, share: 0.8, where: {language: {equals: en}}}
prefix: "<{kind}|{principle}|{seed}>"
validation: 0.1
encoding: parquet
shard_size: 50
seed: 3
"""
    )
    recipe = load_recipe(path).recipe
    assert recipe.sources[0].where["kind"] == Condition(one_of=("story", "advice"))
    assert recipe.sources[2].group == "site"
    assert recipe.blend == Blend(
        files=("web",), field="content", share=0.8, where={"language": Condition(equals="en")}
    )
    assert (recipe.budget, recipe.unit) == (100, "documents")
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("validation: 0.6", "less than or equal to 0.5"),
        ("validation: -0.1", "greater than or equal to 0"),
        ("validation: .nan", "'validation'"),
        ("format: parquet", "'text'"),
        ("encoding: jsonl.gz", "'jsonl'"),
        ("shard_size: 0", "greater than or equal to 1"),
        ('shard_size: "10"', "valid integer"),
        ("shard_sise: 10", "unknown key 'shard_sise'"),
        ("sources: []", "at least 1 item"),
        ("sources: [{run: a, files: [b]}]", "either 'run' or 'files'"),
        ("sources: [{run: a, field: body}]", "'field' is for 'files'"),
        ("sources: [{files: []}]", "at least 1 item"),
        ("sources: [{rum: a}]", "unknown key 'rum'"),
        ("sources: [{where: {kind: {is: a}}}]", "unknown key 'is'"),
        ("sources: [{where: {kind: {}}}]", "give one of 'equals'"),
        ("shares: {story: -1}", "greater than or equal to 0"),
        ("shares: {story: .inf}", "finite"),
        ("tokens: 0", "greater than or equal to 1"),
        ("tokens: 1e6", "valid integer"),
        ("blend: {files: [a], share: 1}", "less than 1"),
        ("blend: {files: [a]}", "'blend.share' is missing"),
        ("blend: {files: [a], share: 0.5, shere: 1}", "unknown key 'shere'"),
        ('prefix: "<{kid}>"', "'{kid}' is no field. Did you mean 'kind'?"),
        ('prefix: "{"', "write {{ and }} for braces"),
        ("repeats: 0", "greater than or equal to 1"),
    ],
)
def test_a_bad_value_is_told_with_its_line(tmp_path: Path, line: str, what: str) -> None:
    (problem,) = problems_of(tmp_path, f"name: small\nseed: 3\n{line}\n")
    assert problem.line == 3
    assert what in f"{problem.what} {problem.remedy}"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("tokens: 5\ndocuments: 5", "in 'tokens' or in 'documents', not in both"),
        ("tokens: 5\ncount: documents", "'count: documents' does not go with"),
        ("repeats: 2", "'repeats' is for a budget"),
        ("shares: {story: 0}", "every part of 'shares' is 0"),
        ("blend: {files: [a], share: 0.5}", "'blend' needs a 'tokenizer'"),
    ],
)
def test_keys_that_do_not_go_together_are_told(tmp_path: Path, lines: str, what: str) -> None:
    (problem,) = problems_of(tmp_path, f"name: small\nseed: 3\n{lines}\n")
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


def test_a_recipe_is_found_by_its_file_or_by_its_name_the_first_folder_before_others(
    tmp_path: Path,
) -> None:
    own = tmp_path / "documents.yaml"
    own.touch()
    assert find_recipe("documents", [tmp_path, BUILT_IN]) == own
    assert find_recipe("small", [tmp_path, BUILT_IN]) == BUILT_IN / "small.yaml"
    assert find_recipe("my/own.yaml", [tmp_path, BUILT_IN]) == Path("my/own.yaml")
    with pytest.raises(BadInput, match="Did you mean 'midtraining'") as caught:
        find_recipe("midtrainning", [tmp_path, BUILT_IN])
    assert "there is no recipe" in str(caught.value)

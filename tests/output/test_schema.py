"""The published schema of a manifest: current, met by what is written, and not met by all else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from exempla.document import Document
from output.manifest import Manifest, read_manifest
from output.recipe import BUILT_IN as RECIPES
from output.recipe import Recipe, load_recipe
from output.schema import SCHEMA, schema

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]
Mix = Callable[..., Manifest]

WHERE = {"tokens": {"at_least": 3}, "kind": {"one_of": ["story", "exposition"]}}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    published = orjson.loads(SCHEMA.read_bytes())
    Draft202012Validator.check_schema(published)
    return Draft202012Validator(published)


@pytest.fixture(scope="module")
def written(
    make_document: Make, store: Store, mix: Mix, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a mix whose recipe uses most of what there is."""
    folder = tmp_path_factory.mktemp("written")
    documents = [make_document(f"d{n}", kind=("story", "exposition")[n % 2]) for n in range(12)]
    ordinary = [make_document(f"o{n}", text=f"Rain, {n} days of it.") for n in range(9)]
    recipe = Recipe.model_validate(
        {
            "name": "wild",
            "sources": [{"files": ["documents.jsonl"], "where": WHERE}],
            "blend": {"files": ["ordinary.jsonl"], "share": 0.25},
            "shares": {"story": 1, "exposition": 2},
            "documents": 16,
            "repeats": 3,
            "prefix": "<{kind}> ",
            "license": "apache-2.0",
            "seed": 7,
        }
    )
    mix(
        recipe,
        folder / "mix",
        store(folder / "documents.jsonl", documents),
        ordinary=store(folder / "ordinary.jsonl", ordinary),
    )
    return folder / "mix"


def test_the_published_schema_is_the_models() -> None:
    assert orjson.loads(SCHEMA.read_bytes()) == orjson.loads(schema())


def test_a_written_manifest_meets_it_and_is_read_back(
    written: Path, validator: Draft202012Validator
) -> None:
    told = orjson.loads((written / "manifest.json").read_bytes())
    validator.validate(told)
    assert read_manifest(written).model_dump(mode="json") == told


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_built_in_recipe_meets_its_part(
    recipe: Path, validator: Draft202012Validator
) -> None:
    part = validator.evolve(schema={"$ref": "#/$defs/Recipe", "$defs": validator.schema["$defs"]})
    part.validate(load_recipe(recipe).recipe.model_dump(mode="json"))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(version=2),
        lambda m: m.pop("card"),
        lambda m: m["recipe"].pop("shard_size"),
        lambda m: m["splits"].update(test=m["splits"]["train"]),
        lambda m: m["splits"]["train"].update(documents="12"),
        lambda m: m["recipe"].update(encoding="csv"),
        lambda m: m["sources"][0].update(more=1),
    ],
)
def test_what_is_no_manifest_does_not_meet_it(
    written: Path, validator: Draft202012Validator, change: Callable[[Any], Any]
) -> None:
    told = orjson.loads((written / "manifest.json").read_bytes())
    change(told)
    assert not validator.is_valid(told)

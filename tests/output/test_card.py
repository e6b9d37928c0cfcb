"""The dataset card: true to the manifest, in the Hub's form, the same bytes whoever makes it."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from exempla.document import Document
from output.card import card
from output.manifest import Manifest, Origin
from output.recipe import Recipe

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]
Mix = Callable[..., Manifest]

RUN: dict[str, Any] = {
    "constitution": {"name": "harbour-rules", "version": "3", "digest": "ab"},
    "settings": {"variant": "full", "decontaminate": None, "dedup": {"threshold": 0.7}},
    "engine": {"engine": "vllm", "model": "wide/writer-32b", "revision": "1f"},
}
JUDGED = RUN | {"judge": {"engine": "server", "model": "stern/judge-8b", "revision": "2e"}}
COMPARED = {**RUN["settings"], "decontaminate": {"words": 8, "files": {"evals/one.jsonl": "cd"}}}


@pytest.fixture(scope="module")
def made(
    make_document: Make, store: Store, mix: Mix, tmp_path_factory: pytest.TempPathFactory
) -> Manifest:
    folder = tmp_path_factory.mktemp("made")
    documents = [make_document(f"e{n}", tokens=100 + n) for n in range(1200)]
    documents += [
        make_document(f"s{n}", kind="story", principles=("privacy", "honesty"), tokens=900)
        for n in range(100)
    ]
    chat = make_document("c", text=None, messages=[{"role": "user", "content": "Well?"}])
    path = store(folder / "documents.jsonl", [*documents, chat])
    return mix(Recipe(name="sea-wall", validation=0.1, seed=7), folder / "mix", path)


def written_by(manifest: Manifest, *runs: dict[str, Any], **recipe: Any) -> Manifest:
    """The manifest as if these runs had made the documents."""
    (origin,) = manifest.sources
    sources = tuple(origin.model_copy(update={"made": run}) for run in runs) or (origin,)
    changed = manifest.recipe.model_copy(update=recipe)
    return manifest.model_copy(update={"sources": sources, "recipe": changed})


def text_of(manifest: Manifest) -> str:
    return card(manifest)["README.md"].decode()


def front_matter(manifest: Manifest) -> Any:
    _, matter, _ = text_of(manifest).split("---\n", 2)
    return YAML(typ="safe").load(matter)


def prose(manifest: Manifest) -> str:
    return text_of(manifest).split("---\n", 2)[2]


def test_the_front_matter_names_both_splits_and_the_size(made: Manifest) -> None:
    assert front_matter(made) == {
        "pretty_name": "sea-wall",
        "language": ["en"],
        "license": "unknown",
        "task_categories": ["text-generation"],
        "size_categories": ["1K<n<10K"],
        "tags": ["synthetic", "alignment", "constitution", "exempla"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": "train", "path": "train-*.jsonl"},
                    {"split": "validation", "path": "validation-*.jsonl"},
                ],
            }
        ],
    }


def test_a_split_without_rows_is_not_named(made: Manifest) -> None:
    empty = made.splits["validation"].model_copy(
        update={
            "documents": 0,
            "kinds": {},
            "principles": {},
            "coverage": {},
            "repeats": {},
            "lengths": {},
        }
    )
    alone = made.model_copy(update={"splits": {**made.splits, "validation": empty}})
    (config,) = front_matter(alone)["configs"]
    assert [file["split"] for file in config["data_files"]] == ["train"]
    assert "held out" not in prose(alone)


@pytest.mark.parametrize(
    ("stated", "matter"),
    [
        (None, {"license": "unknown"}),
        ("apache-2.0", {"license": "apache-2.0"}),
        ("Qwen Licence, 2026", {"license": "other", "license_name": "qwen-licence-2026"}),
    ],
)
def test_the_licence_is_the_one_that_was_stated(
    made: Manifest, stated: str | None, matter: dict[str, str]
) -> None:
    told = written_by(made, RUN, license=stated)
    assert {k: v for k, v in front_matter(told).items() if k.startswith("license")} == matter
    if stated:
        assert f"{stated}, as stated by those who made this mix." in prose(told)
    else:
        assert "the output of `wide/writer-32b`: read the terms" in prose(told)


def test_the_tables_have_the_counts_of_the_manifest(made: Manifest) -> None:
    text = prose(made)
    train, held = made.splits["train"], made.splits["validation"]
    assert f"| rows | {train.documents:,} | {held.documents:,} |" in text
    assert f"| tokens | {train.tokens:,} | {held.tokens:,} |" in text
    for name, count in [*train.kinds.items(), *train.principles.items()]:
        assert f"| `{name}` | {count.documents:,} | {count.tokens:,} |" in text
    assert "| of the other form, text or conversation | 1 |" in text
    assert "A document counts for each principle it serves" in text
    assert "2 of these fields are empty" in text


def test_who_wrote_and_judged_is_said_and_who_did_not_is_not(made: Manifest) -> None:
    alone = prose(written_by(made, RUN))
    assert "`wide/writer-32b` wrote them to *harbour-rules* (version 3)" in alone
    assert "No judge was asked" in alone
    assert "It was not compared with any evaluation" in alone
    judged = prose(written_by(made, JUDGED | {"settings": COMPARED}))
    assert "`stern/judge-8b`, scored" in judged
    assert "A model judged each document" in judged
    assert "from no others: `evals/one.jsonl`" in judged
    both = prose(written_by(made, RUN, JUDGED))
    assert "A model judged a part" in both


def test_filler_is_called_a_rehearsal(made: Manifest) -> None:
    filler = RUN | {"engine": {"engine": "scripted", "model": "filler", "revision": ""}}
    assert "**This is a rehearsal.**" in prose(written_by(made, filler))
    assert "rehearsal" not in prose(written_by(made, RUN))


def test_documents_of_nobody_knows_whom_are_not_called_a_models(made: Manifest) -> None:
    (origin,) = made.sources
    files = Origin(**origin.model_dump() | {"made": {}})
    text = prose(made.model_copy(update={"sources": (files,)}))
    assert "documents that were there before" in text
    assert "A model wrote it" not in text


def test_repeats_prefix_and_ordinary_text_are_told_where_there_are_any(
    make_document: Make, store: Store, mix: Mix, tmp_path: Path
) -> None:
    documents = store(tmp_path / "d.jsonl", [make_document(f"d{n}") for n in range(5)])
    rain = [make_document(f"o{n}", text=f"Rain, {n} days of it.") for n in range(9)]
    recipe = Recipe.model_validate(
        {
            "name": "blended",
            "documents": 12,
            "repeats": 3,
            "blend": {"files": ["o.jsonl"], "share": 0.25},
            "prefix": "<{kind}> ",
            "validation": 0.2,
            "seed": 7,
        }
    )
    ordinary = store(tmp_path / "o.jsonl", rain)
    text = prose(mix(recipe, tmp_path / "mix", documents, ordinary=ordinary))
    assert "ordinary text, 25 % of what is trained on" in text
    assert "come 2 times" in text or "come 3 times" in text
    assert "`prefix`" in text
    assert "The ordinary text keeps the licence of its source" in text


def test_a_mix_without_tokens_and_principles_has_a_card_without_plots(
    make_document: Make, mix: Mix, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"text": "One."}\n{"text": "Two."}\n{"text": "Three."}\n')
    recipe = Recipe.model_validate(
        {
            "name": "mine",
            "sources": [{"files": ["mine.jsonl"], "kind": "note"}],
            "documents": 2,
            "validation": 0.34,
            "seed": 7,
        }
    )
    manifest = mix(recipe, tmp_path / "mix", path)
    assert set(card(manifest)) == {"README.md"}
    assert "| tokens | not counted | not counted |" in prose(manifest)
    assert ".svg" not in prose(manifest)


def test_the_card_in_the_folder_is_the_one_that_its_manifest_makes(
    make_document: Make, store: Store, mix: Mix, tmp_path: Path
) -> None:
    documents = store(tmp_path / "d.jsonl", [make_document(f"d{n}") for n in range(8)])
    manifest = mix(Recipe(name="small", validation=0.25, seed=7), tmp_path / "mix", documents)
    for name, content in card(manifest).items():
        assert (tmp_path / "mix" / name).read_bytes() == content
    assert set(manifest.card) == {"README.md", "lengths.svg", "coverage.svg"}


def test_no_blank_lines_pile_up_and_every_table_stands_alone(made: Manifest) -> None:
    for manifest in (made, written_by(made, JUDGED), written_by(made, RUN, license="mit")):
        text = text_of(manifest)
        assert "\n\n\n" not in text
        lines = text.splitlines()
        for before, line in pairwise(lines):
            if line.startswith("| ") != before.startswith("| "):
                assert not line or not before, (before, line)

import gzip
import hashlib
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exempla.document import Document
from exempla.errors import BadInput, ExemplaError
from exempla.jsonl import read_records, write_records
from output.manifest import Count, Manifest, read_manifest
from output.mix import Order, compose, write_mix
from output.recipe import Blend, Recipe
from output.supply import Supply
from output.tokenizer import Tokenizer

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]
Mix = Callable[..., Manifest]
Supplied = Callable[..., list[Supply]]

RECIPE = Recipe(name="small", validation=0.25, shard_size=30, seed=7)

few = st.sampled_from("xyz")
families = st.dictionaries(
    st.text("abcd", min_size=1, max_size=4),
    st.tuples(st.none() | few, st.none() | few, st.integers(0, 30)),
    min_size=1,
    max_size=25,
)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows_in(folder: Path, split: str) -> list[dict[str, Any]]:
    return [row for shard in sorted(folder.glob(f"{split}-*")) for row in read_records(shard)]


def ids_in(folder: Path, split: str) -> list[str]:
    return [row["id"] for row in rows_in(folder, split)]


@settings(max_examples=30, deadline=None)
@given(data=st.data(), family=families, validation=st.floats(0, 0.5), seed=st.integers(0, 99))
def test_the_same_documents_in_any_order_and_packing_give_the_same_bytes(
    data: st.DataObject,
    family: dict[str, tuple[str | None, str | None, int]],
    validation: float,
    seed: int,
    make_document: Make,
    store: Store,
    mix: Mix,
) -> None:
    recipe = Recipe(name="wild", validation=validation, shard_size=25, seed=seed)
    documents = [make_document(id, seed=s, tokens=n) for id, (s, _, n) in family.items()]
    clusters = {id: cluster for id, (_, cluster, _) in family.items() if cluster}
    with TemporaryDirectory() as temporary:
        place = Path(temporary)
        one = store(place / "documents.jsonl", documents)
        manifest = mix(recipe, place / "one", one, clusters=clusters)
        other = store(place / "other" / "documents.jsonl", data.draw(st.permutations(documents)))
        packed = other.with_name("packed.jsonl")
        packed.write_bytes(gzip.compress(other.read_bytes()))
        again = mix(recipe, place / "two", packed, clusters=clusters)
        assert again.files == manifest.files
        ids = ids_in(place / "one", "train") + ids_in(place / "one", "validation")
        assert sorted(ids) == sorted(family)


@settings(max_examples=40, deadline=None)
@given(
    one=families,
    other=families,
    budget=st.integers(1, 400),
    repeats=st.integers(1, 3),
    validation=st.floats(0, 0.5),
    seed=st.integers(0, 99),
)
def test_no_seed_cluster_or_id_is_on_both_sides_also_across_sources_and_repeats(
    one: dict[str, tuple[str | None, str | None, int]],
    other: dict[str, tuple[str | None, str | None, int]],
    budget: int,
    repeats: int,
    validation: float,
    seed: int,
    make_document: Make,
    store: Store,
    mix: Mix,
) -> None:
    recipe = Recipe(name="wild", validation=validation, tokens=budget, repeats=repeats, seed=seed)
    clusters = {id: c for family in (one, other) for id, (_, c, _) in family.items() if c}
    with TemporaryDirectory() as temporary:
        place = Path(temporary)
        paths = []
        for name, family in (("one", one), ("other", other)):
            documents = [
                make_document(id, seed=s, tokens=n, text=f"Of {name}.")
                for id, (s, _, n) in family.items()
            ]
            paths.append(store(place / f"{name}.jsonl", documents))
        try:
            mix(recipe, place / "mix", *paths, clusters=clusters)
        except BadInput:
            return
        train, held = (rows_in(place / "mix", split) for split in ("train", "validation"))
    for name in ("id", "seed"):
        assert not ({row[name] for row in train} & {row[name] for row in held}) - {""}
    trained, kept = ({clusters.get(row["id"]) for row in rows} - {None} for rows in (train, held))
    assert not trained & kept
    often = Counter((row["id"], row["text"]) for row in train)
    assert max(often.values(), default=0) <= repeats
    assert len(held) == len({(row["id"], row["text"]) for row in held})


def test_no_member_of_a_planted_family_is_held_out_from_another(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix
) -> None:
    """Stories of a seed; near-duplicates across seeds; what a second run took over from a first."""
    first = [make_document(f"s{n}", kind="story", seed=f"seed-{n % 10}") for n in range(60)]
    first += [make_document(f"e{n}") for n in range(60)]
    second = [make_document(f"e{n}", text="Another model's words.") for n in range(30)]
    second += [make_document(f"t{n}", kind="story", seed=f"seed-{n % 20}") for n in range(40)]
    clusters = {"s0": "A", "s1": "A", "e5": "B", "t7": "B", "e40": "C", "e41": "C"}
    paths = [store(tmp_path / "a.jsonl", first), store(tmp_path / "b.jsonl", second)]
    for seed in range(5):
        recipe = Recipe(name="m", validation=0.2, tokens=2000, repeats=2, seed=seed)
        mix(recipe, tmp_path / "mix", *paths, clusters=clusters)
        sides = {split: rows_in(tmp_path / "mix", split) for split in ("train", "validation")}
        assert sides["validation"]
        for names in (
            lambda row: row["seed"],
            lambda row: row["id"],
            lambda row: clusters.get(row["id"], ""),
        ):
            train, held = ({names(row) for row in rows} - {""} for rows in sides.values())
            assert not train & held
        # One cluster ties the two seeds together.
        of = {row["seed"]: split for split, rows in sides.items() for row in rows}
        assert of.get("seed-0") == of.get("seed-1")


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    made=st.lists(
        st.tuples(st.sampled_from(["story", "essay"]), st.integers(1, 30)), min_size=8, max_size=40
    ),
    stories=st.integers(1, 9),
    budget=st.none() | st.integers(50, 200),
    seed=st.integers(0, 99),
)
def test_shares_are_met_within_one_document(
    made: list[tuple[str, int]],
    stories: int,
    budget: int | None,
    seed: int,
    make_document: Make,
    store: Store,
    mix: Mix,
) -> None:
    recipe = Recipe(
        name="m",
        validation=0.1,
        tokens=budget,
        shares={"story": stories, "essay": 10 - stories},
        repeats=4 if budget else 1,
        seed=seed,
    )
    documents = [make_document(f"d{n}", kind=k, tokens=t) for n, (k, t) in enumerate(made)]
    with TemporaryDirectory() as temporary:
        path = store(Path(temporary) / "documents.jsonl", documents)
        try:
            manifest = mix(recipe, Path(temporary) / "mix", path)
        except BadInput:
            return
    largest = {kind: max(t for k, t in made if k == kind) for kind in ("story", "essay")}
    whole = Fraction(budget or sum(map(Fraction, (cell.wanted for cell in manifest.cells))))
    for cell in manifest.cells:
        assert cell.kind
        part = recipe.shares[cell.kind]
        assert abs(cell.size - whole * Fraction(part) / 10) <= Fraction(
            largest[cell.kind], 2
        ) + Fraction(1, 50)
        counted = manifest.splits["train"].kinds.get(cell.kind)
        assert cell.size == (counted.tokens if counted else 0)


def test_the_manifest_says_what_the_files_hold(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix
) -> None:
    documents = [
        make_document(f"s{n}", kind="story", principles=("care", "honesty"), seed=f"seed-{n % 3}")
        for n in range(6)
    ]
    documents += [make_document(f"e{n}", tokens=5) for n in range(7)]
    source = store(tmp_path / "documents.jsonl", documents)
    folder = tmp_path / "mix"
    manifest = mix(RECIPE, folder, source, removed={"e6"})

    assert read_manifest(folder) == manifest
    assert manifest.recipe == RECIPE
    assert (manifest.measure.unit, manifest.measure.tokenizer) == ("tokens", None)
    (origin,) = manifest.sources
    assert (origin.name, origin.documents, origin.made) == ("documents", 12, {"run": "documents"})
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert origin.files == {"documents.jsonl": digest}
    train, validation = manifest.splits["train"], manifest.splits["validation"]
    assert train.documents + validation.documents + manifest.left_out.duplicates == len(documents)
    assert (train.tokens or 0) + (validation.tokens or 0) == 6 * 10 + 6 * 5
    assert validation.documents == len(ids_in(folder, "validation")) == 3
    stories = sum(id.startswith("s") for id in ids_in(folder, "train"))
    assert train.kinds == {
        "story": Count(documents=stories, tokens=stories * 10),
        "exposition": Count(documents=9 - stories, tokens=(9 - stories) * 5),
    }
    assert train.principles["care"] == train.kinds["story"]
    assert train.principles["honesty"] == Count(documents=9, tokens=train.tokens)
    assert train.repeats == {1: 9}
    assert train.lengths == {8: 9 - stories, 16: stories}
    files = {name: data for name, data in contents(folder).items() if "-of-" in name}
    assert {
        name: (data.count(b"\n"), len(data), hashlib.sha256(data).hexdigest())
        for name, data in files.items()
    } == {name: (it.rows, it.bytes, it.sha256) for name, it in manifest.files.items()}


def test_all_that_was_read_is_in_a_split_or_left_out_for_a_reason(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix
) -> None:
    turns = ({"role": "user", "content": "Well?"},)
    documents = [make_document(f"e{n}") for n in range(30)]
    documents += [make_document(f"s{n}", kind="story") for n in range(20)]
    documents += [make_document(f"w{n}", kind="work") for n in range(4)]
    documents += [make_document(f"c{n}", title="", text=None, messages=turns) for n in range(3)]
    path = store(tmp_path / "one.jsonl", documents)
    again = store(tmp_path / "two.jsonl", documents[:6])
    shares = {"exposition": 1.0, "story": 1.0}
    recipe = Recipe(name="m", validation=0.1, tokens=200, shares=shares, seed=3)
    manifest = mix(recipe, tmp_path / "mix", path, again, removed={"e0", "e1"})
    left = manifest.left_out
    assert (left.duplicates, left.repeated, left.other_form, left.unwanted) == (4, 4, 3, 4)
    kept = sum(sum(part.repeats.values()) for part in manifest.splits.values())
    assert kept + sum(left.model_dump().values()) == len(documents) + 6
    assert [origin.documents for origin in manifest.sources] == [kept, 0]


def test_a_document_is_repeated_as_often_as_a_budget_needs(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document(f"d{n}") for n in range(10)])
    recipe = Recipe(name="m", validation=0, documents=25, repeats=3, seed=3)
    manifest = mix(recipe, tmp_path / "mix", path)
    assert manifest.splits["train"].repeats == {2: 5, 3: 5}
    ids = ids_in(tmp_path / "mix", "train")
    assert Counter(Counter(ids).values()) == {2: 5, 3: 5}
    assert ids[:10] != ids[10:20]


def test_a_budget_is_for_training_and_the_validation_split_has_its_share_besides(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document(f"d{n}") for n in range(200)])
    for tokens, held in ((900, 10), (90, 1), (20, 1)):
        recipe = Recipe(name="m", validation=0.1, tokens=tokens, seed=3)
        splits = mix(recipe, tmp_path / "mix", path).splits
        assert splits["train"].tokens == tokens
        assert splits["validation"].documents == held


def test_a_budget_that_is_too_small_for_a_document_is_refused(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document("a"), make_document("b")])
    recipe = Recipe(name="m", validation=0, tokens=5, seed=3)
    with pytest.raises(BadInput, match="less than half of the first document"):
        mix(recipe, tmp_path / "mix", path)
    assert mix(recipe.model_copy(update={"tokens": 6}), tmp_path / "mix", path).files


def test_ordinary_text_is_blended_into_training_alone(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix, words: Tokenizer
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document(f"d{n}") for n in range(40)])
    web = tmp_path / "web.jsonl"
    write_records(web, [{"body": f"Rain on day {n} of many."} for n in range(200)])
    blend = Blend(files=("web.jsonl",), field="body", share=0.75)
    recipe = Recipe(
        name="m", tokenizer="words", blend=blend, prefix="<{kind}>", validation=0.2, seed=3
    )
    manifest = mix(recipe, tmp_path / "mix", path, ordinary=web, tokenizer=words)
    documents, ordinary = manifest.cells
    assert (ordinary.kind, ordinary.wanted) == ("ordinary", 3 * documents.wanted)
    assert abs(ordinary.size - ordinary.wanted) <= 3
    assert "ordinary" not in manifest.splits["validation"].kinds
    rows = rows_in(tmp_path / "mix", "train")
    assert {(row["kind"], row["prefix"]) for row in rows} == {
        ("exposition", "<exposition>"),
        ("ordinary", ""),
    }
    texts = [row["text"] for row in rows if row["kind"] == "ordinary"]
    assert len(texts) == len(set(texts)) == manifest.sources[1].documents
    first = [row["kind"] for row in rows[: len(rows) // 2]]
    assert 0.5 < first.count("ordinary") / len(first) < 1


def test_weights_of_principles_are_met_within_each_kind(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix
) -> None:
    documents = [
        make_document(f"{kind}{principle}{n}", kind=kind, principles=(principle, "care"))
        for kind in ("story", "essay")
        for principle in ("care", "honesty", "candour")
        for n in range(30)
    ]
    path = store(tmp_path / "documents.jsonl", documents)
    recipe = Recipe(
        name="m",
        validation=0,
        tokens=600,
        shares={"story": 0.75, "essay": 0.25},
        weights={"honesty": 2, "candour": 0},
        seed=3,
    )
    manifest = mix(recipe, tmp_path / "mix", path)
    assert {(cell.kind, cell.principle): cell.size for cell in manifest.cells} == {
        ("story", "care"): 150,
        ("story", "honesty"): 300,
        ("essay", "care"): 50,
        ("essay", "honesty"): 100,
    }
    assert manifest.left_out.unwanted == 60


def test_a_share_of_what_is_not_there_is_told_with_the_nearest_that_is(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document("a")])
    recipe = Recipe(name="m", shares={"expositions": 1}, seed=3)
    with pytest.raises(BadInput, match="Did you mean 'exposition'"):
        mix(recipe, tmp_path / "mix", path)
    recipe = Recipe(name="m", weights={"honestly": 0}, seed=3)
    with pytest.raises(BadInput, match="Did you mean 'honesty'") as caught:
        mix(recipe, tmp_path / "mix", path)
    assert caught.value.problems[0].setting == "weights.honestly"


def test_a_recipe_that_cannot_be_met_leaves_the_mix_that_was_there(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document(id) for id in "abcdefgh"])
    mix(RECIPE, tmp_path / "mix", path)
    before = contents(tmp_path / "mix")
    with pytest.raises(BadInput, match="1,000 tokens wanted, 60 there, 940 missing"):
        mix(RECIPE.model_copy(update={"tokens": 1000}), tmp_path / "mix", path)
    assert contents(tmp_path / "mix") == before


def test_a_smaller_mix_leaves_nothing_of_a_larger_one(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix
) -> None:
    folder = tmp_path / "mix"
    large = store(tmp_path / "large.jsonl", [make_document(str(number)) for number in range(20)])
    mix(RECIPE, folder, large)
    small = store(tmp_path / "small.jsonl", [make_document(id) for id in "ab"])
    mix(RECIPE.model_copy(update={"validation": 0.0}), folder, small)
    people = ["README.md", "coverage.svg", "lengths.svg"]
    assert sorted(contents(folder)) == [*people, "manifest.json", "train-00000-of-00001.jsonl"]


def test_a_source_that_changes_while_it_is_read_is_told(
    tmp_path: Path, make_document: Make, store: Store, supplied: Supplied
) -> None:
    path = store(tmp_path / "documents.jsonl", [make_document(id) for id in "abcdefgh"])
    measured: Any = {"unit": "tokens", "tokenizer": None, "digest": None}
    order = Order(RECIPE, supplied(RECIPE, path), measured, None, {})

    def show(doing: str, done: int, of: int | None) -> None:
        pass

    composition = compose(order, show)
    store(path, [make_document(id, clause="Another.") for id in "abcdefgh"])
    with pytest.raises(BadInput, match="this file has changed since it was first read"):
        write_mix(composition, tmp_path / "mix", show)
    assert not (tmp_path / "mix").exists()
    assert not list(tmp_path.glob(".mix*"))


@pytest.mark.parametrize(("ids", "what"), [("ab", "small': 2 duplicates"), ("", "there was none")])
def test_a_mix_of_no_documents_says_so_and_leaves_the_folder(
    tmp_path: Path, make_document: Make, store: Store, mix: Mix, ids: str, what: str
) -> None:
    source = store(tmp_path / "documents.jsonl", [make_document(id) for id in ids])
    with pytest.raises(ExemplaError, match=what) as caught:
        mix(RECIPE, tmp_path / "mix", source, removed=set(ids))
    assert caught.value.exit_code == 1
    assert caught.value.problems[0].remedy
    assert not (tmp_path / "mix").exists()

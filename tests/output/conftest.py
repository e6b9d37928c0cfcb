from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import Any

import pytest

from exempla.corpus import record_files
from exempla.document import Document
from exempla.jsonl import write_records
from output.manifest import Manifest, Measure
from output.mix import Order, compose, write_mix
from output.recipe import Blend, Recipe
from output.supply import Supply
from output.tokenizer import Tokenizer, load_tokenizer

Make = Callable[..., Document]
Store = Callable[[Path, list[Document]], Path]
Mix = Callable[..., Manifest]
Supplied = Callable[..., list[Supply]]


@pytest.fixture(scope="session")
def make_document() -> Make:
    def make(id: str, **fields: Any) -> Document:
        defaults: dict[str, Any] = {
            "id": id,
            "kind": "exposition",
            "title": f"On {id}",
            "text": f"First of {id}.\n\nSecond of {id}.",
            "principles": ("honesty",),
            "clause": "It does not deceive.",
            "seed": None,
            "axes": {},
            "replicate": 0,
            "tokens": 10,
            "checks": {},
            "model": "scripted",
            "stages": (),
        }
        return Document.model_validate(defaults | fields)

    return make


@pytest.fixture(scope="session")
def store() -> Store:
    def write(path: Path, documents: list[Document]) -> Path:
        write_records(path, (document.row() for document in documents))
        return path

    return write


@pytest.fixture(scope="session")
def supplied() -> Supplied:
    def supply(
        recipe: Recipe,
        *paths: Path,
        removed: Set[str] = frozenset(),
        clusters: Mapping[str, str] | None = None,
        ordinary: Path | None = None,
    ) -> list[Supply]:
        """A source of the recipe for each path; where it has fewer, the last stands for all."""
        sources = [*recipe.sources, *[recipe.sources[-1]] * len(paths)]
        found = [
            Supply(
                source,
                path.stem,
                tuple(record_files([path])),
                path.parent,
                "sources",
                removed=removed,
                clusters=clusters or {},
                made={"run": path.stem},
            )
            for source, path in zip(sources, paths, strict=False)
        ]
        if recipe.blend and ordinary:
            blended: Blend = recipe.blend
            files = tuple(record_files([ordinary]))
            found.append(Supply(blended, "ordinary", files, ordinary.parent, "blend"))
        return found

    return supply


@pytest.fixture(scope="session")
def mix(supplied: Supplied) -> Mix:
    def make(
        recipe: Recipe,
        folder: Path,
        *paths: Path,
        tokenizer: Tokenizer | None = None,
        user_turns: Mapping[str, str] | None = None,
        **known: Any,
    ) -> Manifest:
        measure = Measure(
            unit=recipe.unit,
            tokenizer=recipe.tokenizer,
            digest=tokenizer.digest if tokenizer else None,
        )
        order = Order(
            recipe,
            supplied(recipe, *paths, **known),
            measure,
            tokenizer.count if tokenizer else None,
            user_turns or {},
        )

        def show(doing: str, done: int, of: int | None) -> None:
            assert of is None or done <= of

        return write_mix(compose(order, show), folder, show)

    return make


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """A real tokenizer to which each word is a token, with a chat template."""
    from tokenizers import Tokenizer as Inner  # noqa: PLC0415 - heavy
    from tokenizers.models import WordLevel  # noqa: PLC0415
    from tokenizers.pre_tokenizers import WhitespaceSplit  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    inner = Inner(WordLevel({"[unk]": 0}, unk_token="[unk]"))  # noqa: S106 - no password
    inner.pre_tokenizer = WhitespaceSplit()
    loading: Any = PreTrainedTokenizerFast
    fast = loading(tokenizer_object=inner, unk_token="[unk]")  # noqa: S106
    fast.chat_template = (
        "{% for turn in messages %}"
        "{% if turn.role == 'system' and not loop.first %}{{ raise_exception('late') }}{% endif %}"
        "<{{ turn.role }}> {{ turn.content }} {% endfor %}"
    )
    folder = tmp_path_factory.mktemp("words")
    fast.save_pretrained(folder)
    return load_tokenizer("words", str(folder), "messages")

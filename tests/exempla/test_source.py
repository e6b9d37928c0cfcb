import json
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from exempla.errors import BadInput, Problem
from exempla.source import DEEPEST, Yaml, nearest, parse_yaml, read_text, read_yaml, validate

FILE = Path("some.yaml")
Path_ = tuple[str | int, ...]

KEYS = st.text("abcdefgh", min_size=1, max_size=4)
LEAVES = st.integers(-99, 99) | st.booleans() | st.text("xyz '\"#:-\n", min_size=1, max_size=9)
NESTED = st.recursive(
    LEAVES,
    lambda inner: (
        st.dictionaries(KEYS, inner, min_size=1, max_size=4)
        | st.lists(inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int = Field(default=1, ge=0)
    colour: str = ""


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    inner: Inner = Inner()
    several: tuple[Inner, ...] = Field(default=(), max_length=2)


def lines_of(value: Any, first: int, path: Path_ = ()) -> dict[Path_, int]:
    """Where each value of a document stands that `dumped` writes from line `first` on."""
    lines: dict[Path_, int] = {}
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in pairs:
        lines[(*path, key)] = first
        first += 1
        if isinstance(child, dict | list):
            inner = lines_of(child, first, (*path, key))
            lines |= inner
            first += len(inner)
    return lines


def dumped(value: Any, indent: str = "") -> str:
    """YAML in which every key and every entry of a list begins a line of its own."""
    text = ""
    pairs = value.items() if isinstance(value, dict) else ((None, child) for child in value)
    for key, child in pairs:
        head = f"{indent}-" if key is None else f"{indent}{key}:"
        if isinstance(child, dict | list):
            text += f"{head} !!{'map' if isinstance(child, dict) else 'seq'}\n"
            text += dumped(child, indent + "  ")
        else:
            text += f"{head} {json.dumps(child)}\n"
    return text


def problems_of(text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(BadInput) as caught:
        parse_yaml(text, FILE)
    return [(problem.line, problem.what) for problem in caught.value.problems]


def refusals_of(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(BadInput) as caught:
        validate(Outer, parse_yaml(text, FILE))
    return [(problem.line, problem.what, problem.remedy) for problem in caught.value.problems]


@given(
    st.dictionaries(KEYS, NESTED, min_size=1, max_size=5) | st.lists(NESTED, min_size=1),
    st.integers(1, 50),
)
def test_every_value_is_placed_on_the_line_of_its_key(value: Any, first_line: int) -> None:
    yaml = parse_yaml(dumped(value), FILE, first_line)
    assert yaml.value == value
    lines = lines_of(value, first_line)
    assert {path: yaml.place(*path).line for path in lines} == lines


def test_a_value_without_a_place_is_placed_where_the_nearest_around_it_stands() -> None:
    yaml = parse_yaml("a:\n  b: 1\n", FILE)
    assert (yaml.place("a", "b").line, yaml.place("a", "b").column) == (2, 3)
    assert yaml.place("a", "c", "d").line == 1
    assert yaml.place("z").line == 1


@given(st.text(st.characters(), max_size=60) | st.text("[]{}:-?&*!'\"#|>%@ab1.\n \t", max_size=30))
@example("!!bool maybe")
@example("!!int ''")
@example("a: 2001-99-99")
@example("a: &x [*x]")
@example("a: 1e3")
@example("a: ._")
@example("\x00")
@example("\ud800")
@example("=")
def test_no_text_raises_anything_but_bad_input(text: str) -> None:
    try:
        assert isinstance(parse_yaml(text, FILE), Yaml)
    except BadInput as error:
        assert all(problem.line and problem.what for problem in error.problems)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: [2\nc: 3\n", 3, "not YAML"),
        ("a: 1\nb:\n\t- 2\n", 3, "cannot start any token"),
        ("a: 1\n  b: 2\n", 2, "mapping values are not allowed"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: 1\nb: *nothing\n", 2, "undefined alias"),
        ("a: 1\nb: !thing x\n", 2, "'!thing'"),
        ("a: 1\nb: 2001-99-99\n", 2, "cannot be read as timestamp"),
        ("a: 1\nb: \x07\n", 2, "control characters"),
        ("a: 1\n? [b]\n: 2\n", 2, "a key must be plain text"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, line: int, what: str) -> None:
    ((at, said),) = problems_of(text)
    assert at == line
    assert what in said


def test_lines_are_counted_from_the_first_line_of_the_yaml_in_its_file() -> None:
    with pytest.raises(BadInput) as caught:
        parse_yaml("a: 1\na: 2\n", FILE, first_line=7)
    assert [problem.line for problem in caught.value.problems] == [8]


def test_every_repeated_key_is_told_with_the_line_of_the_first() -> None:
    assert problems_of("a: 1\nb:\n  c: 1\n  c: 2\na: 3\na: 4\n") == [
        (4, "the key 'c' stands here a second time (first on line 3)"),
        (5, "the key 'a' stands here a second time (first on line 1)"),
        (6, "the key 'a' stands here a second time (first on line 1)"),
    ]


@pytest.mark.parametrize("depth", [3_000, 5_001, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("[", ""), ("- ", ""), ("{a: ", "}")])
def test_deep_nesting_is_bad_input_and_no_crash(opening: str, closing: str, depth: int) -> None:
    ((_, what),) = problems_of(opening * depth + closing * depth)
    assert "nested too deeply" in what or "not YAML" in what


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert parse_yaml("[]," * DEEPEST and f"[{'[],' * 2 * DEEPEST}]", FILE).value[-1] == []


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("a: 1\nb: caf\xe9\n".encode("latin-1"))
    with pytest.raises(BadInput) as caught:
        read_yaml(file)
    remedy = "Save the file as UTF-8."
    assert caught.value.problems == (Problem("this is not UTF-8 text", remedy, str(file), 2),)


def test_the_mark_that_some_editors_put_first_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "marked.txt"
    file.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_text(file) == "a: 1"


@pytest.mark.parametrize("name", ["missing.yaml", ".", "missing/some.yaml"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_text(tmp_path / name)
    assert caught.value.problems[0].file == str(tmp_path / name)


def test_all_that_a_model_refuses_is_told_with_lines_and_the_nearest_names() -> None:
    text = "nam: x\ninner:\n  size: -1\n  color: red\nseveral:\n  - {sise: 1}\n  - {size: big}\n"
    assert refusals_of(text) == [
        (1, "'name' is missing", "Add it."),
        (3, "'inner.size': Input should be greater than or equal to 0", "It is -1 now."),
        (4, "unknown key 'color'", "Did you mean 'colour'?"),
        (6, "unknown key 'sise'", "Did you mean 'size'?"),
        (
            7,
            "'several.1.size': Input should be a valid integer, unable to parse string as an "
            "integer",
            "It is 'big' now.",
        ),
        (1, "unknown key 'nam'", "Did you mean 'name'?"),
    ]


def test_a_value_that_is_no_mapping_is_told_with_the_keys_it_should_have() -> None:
    ((line, what, remedy),) = refusals_of("- a\n")
    assert (line, what) == (1, "expected keys and values, found ['a']")
    assert remedy == "The keys here are: name, inner, several."


def test_an_empty_document_lacks_its_keys() -> None:
    assert refusals_of("# nothing yet\n") == [(1, "'name' is missing", "Add it.")]


def test_a_union_is_told_by_its_tag() -> None:
    class Circle(BaseModel):
        model_config = ConfigDict(extra="forbid")
        type: Literal["circle"]
        radius: int

    class Square(BaseModel):
        model_config = ConfigDict(extra="forbid")
        type: Literal["square"]
        side: int

    class Drawing(BaseModel):
        shapes: dict[str, Circle | Square] = Field(default_factory=dict)
        one: Circle | Square | None = Field(default=None, discriminator="type")

    with pytest.raises(BadInput) as caught:
        validate(Drawing, parse_yaml("one:\n  type: square\n  sid: 1\n", FILE))
    assert [(problem.line, problem.remedy) for problem in caught.value.problems] == [
        (1, "Add it."),
        (3, "Did you mean 'side'?"),
    ]


@given(st.text(max_size=9), st.lists(KEYS, max_size=5))
def test_the_remedy_names_a_known_word_or_all_of_them(word: str, known: list[str]) -> None:
    remedy = nearest(word, known)
    assert bool(remedy) == bool(known)
    assert any(name in remedy for name in known) == bool(known)

from collections.abc import Callable
from pathlib import Path

import pytest

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from exempla.errors import BadInput
from exempla.source import Place
from prompts.exemplar import Exemplar, exemplar_axis, read_exemplar
from prompts.library import BUILT_IN, load_library

Fill = Callable[[Path, dict[str, str]], Path]

HEAD = "---\nkind: piece\nform: a letter\n---\n"
PROSE = "# The pump\n\nIt stood still.\n\nNobody asked.\n"
CHAT = "[user]\nIs it mended?\n\n[assistant]\nNot yet.\n\nAsk again.\n"
HERE = Place(Path("kind.yaml"), 1)


def read(tmp_path: Path, text: str, name: str = "letter.md") -> Exemplar:
    (tmp_path / name).write_text(text)
    return read_exemplar(tmp_path / name)


def test_prose_has_a_title_and_paragraphs(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + PROSE)
    assert (found.id, found.kind, found.form) == ("letter", "piece", "a letter")
    assert (found.title, found.text) == ("The pump", "It stood still.\n\nNobody asked.")


def test_a_conversation_has_no_title_and_keeps_its_form(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + "\n" + CHAT)
    assert (found.title, found.text) == ("", CHAT.strip())


def test_the_digest_is_of_the_words_alone(tmp_path: Path) -> None:
    one = read(tmp_path, HEAD + PROSE, "one.md")
    two = read(tmp_path, HEAD.replace("letter", "memo") + PROSE, "two.md")
    three = read(tmp_path, HEAD + PROSE.replace("still", "idle"), "three.md")
    assert one.digest == two.digest != three.digest


@pytest.mark.parametrize(
    ("name", "text", "line", "what"),
    [
        ("My letter.md", HEAD + PROSE, 1, "'My letter' is no name"),
        ("letter.md", PROSE, 1, "does not begin with front matter"),
        ("letter.md", "---\nkind: piece\n" + PROSE, 1, "does not begin with front matter"),
        ("letter.md", "---\nkind: piece\n---\n" + PROSE, 2, "'form' is missing"),
        ("letter.md", HEAD.replace("form", "fromm") + PROSE, 3, "unknown key 'fromm'"),
        ("letter.md", HEAD + "No title.\n", 5, "has not the form of a document"),
        ("letter.md", HEAD + PROSE.replace("\n\nN", "\nN"), 5, "has not the form of a document"),
        ("letter.md", HEAD + "[user]\nWell?\n", 5, "has not the form of a document"),
        ("letter.md", HEAD + CHAT.replace("[user]", "[human]"), 5, "has not the form"),
        ("letter.md", HEAD, 5, "has not the form of a document"),
    ],
)
def test_a_mistake_in_an_exemplar_is_told_with_its_line(
    tmp_path: Path, name: str, text: str, line: int, what: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput) as caught:
        read_exemplar(tmp_path / name)
    assert any(problem.line == line and what in problem.what for problem in caught.value.problems)
    assert all(problem.remedy for problem in caught.value.problems)


def pieces(count: int) -> list[Exemplar]:
    return [Exemplar(f"e{n}", "piece", "a letter", "T", f"text {n}", HERE) for n in range(count)]


@pytest.mark.parametrize(
    ("there", "shown", "ids"),
    [
        (3, 1, ["e0", "e1", "e2"]),
        (3, 2, ["e0+e1", "e0+e2", "e1+e2"]),
        (2, 2, ["e0+e1"]),
    ],
)
def test_every_exemplar_or_pair_of_them_is_a_value_of_the_axis(
    there: int, shown: int, ids: list[str]
) -> None:
    axis = exemplar_axis("piece", pieces(there), shown, HERE)
    assert axis.name == "exemplars_of_piece"
    assert [value.id for value in axis.values] == ids
    assert {value.weight for value in axis.values} == {1.0}


def test_the_words_of_exemplars_are_part_of_their_value() -> None:
    before = exemplar_axis("piece", pieces(2), 1, HERE)
    first, second = pieces(2)
    edited = Exemplar("e0", "piece", "a letter", "T", "other words", HERE)
    after = exemplar_axis("piece", [edited, second], 1, HERE)
    assert first.digest in before.values[0].text
    assert before.values[0].text != after.values[0].text
    assert before.values[1].text == after.values[1].text


def test_fewer_exemplars_than_are_shown_are_told() -> None:
    with pytest.raises(BadInput, match="shows 2 exemplars, and 1 are written for it"):
        exemplar_axis("piece", pieces(1), 2, HERE)


def test_a_kind_shows_only_its_own_exemplars(
    tmp_path: Path, library_files: dict[str, str], fill: Fill
) -> None:
    kind = library_files["kinds/piece/kind.yaml"]
    library_files["kinds/piece/kind.yaml"] = kind.replace(
        "axes: [tone]", "axes: [tone]\nexemplars: 1"
    ).replace("tone, idea]", "tone, idea, exemplars]")
    library_files["kinds/piece/draft.j2"] += "{% for e in exemplars %}{{ e.text }}{% endfor %}"
    library_files["exemplars/mine.md"] = HEAD + PROSE
    library_files["exemplars/other.md"] = HEAD.replace("piece", "other") + PROSE
    library = load_library(fill(tmp_path, library_files), {"candour": None})
    assert [value.id for value in library.dealt["exemplars_of_piece"].values] == ["mine"]
    assert "exemplars_of_piece" not in library.axes
    shown = library.shown("piece", {"exemplars_of_piece": "mine"})
    assert [piece.title for piece in shown] == ["The pump"]
    (tmp_path / "exemplars/mine.md").unlink()
    with pytest.raises(BadInput, match="shows 1 exemplars, and 0 are written"):
        load_library(tmp_path, {"candour": None})


def test_every_built_in_kind_has_exemplars_of_several_forms() -> None:
    principles = load_constitution(CONSTITUTION).principles
    library = load_library(BUILT_IN, {principle.id: principle for principle in principles})
    for kind in library.kinds.values():
        own = [piece for piece in library.exemplars.values() if piece.kind == kind.name]
        assert len({piece.form for piece in own}) >= 4, kind.name

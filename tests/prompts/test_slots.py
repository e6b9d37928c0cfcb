from pathlib import Path

import pytest

from exempla.errors import BadInput
from prompts.axis import read_axis

PEOPLE = """\
says: Who is there.
values:
  - id: harbour
    text: "{old} {family} (she), {old} {family} (he); the place: {place}"
    lists:
      old: [Brae, Odo, Wenna]
      family: [Tallis, Quay]
      place:
        - a slipway
        - ' a net loft '
"""


def problems(folder: Path, text: str) -> list[tuple[int | None, str]]:
    file = folder / "people.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_axis(file)
    assert all(problem.remedy for problem in caught.value.problems)
    return [(problem.line, problem.what) for problem in caught.value.problems]


def test_lists_are_read_with_their_entries_stripped(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    (value,) = read_axis(tmp_path / "people.yaml").values
    assert value.lists["old"] == ("Brae", "Odo", "Wenna")
    assert value.lists["place"] == ("a slipway", "a net loft")


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("{place}", "{town}", 4, "the slot '{town}' has no list"),
        ("      old: [Brae, Odo, Wenna]\n", "", 4, "the slot '{old}' has no list"),
        ("old: [", "young: [Tam]\n      old: [", 6, "no slot of the text uses the list 'young'"),
        ("Odo", "Brae", 6, "'Brae' stands in the list 'old' a second time (first on line 6)"),
        ("a slipway", "a net loft", 10, "'a net loft' stands in the list 'place' a second time"),
        ("[Brae, Odo, Wenna]", "[Brae]", 6, "'{old}' stands 2 times in the text"),
        ("the place:", "the {place:", 4, "a brace stands in the text that marks no slot"),
        ("the place:", "the place} :", 4, "a brace stands in the text that marks no slot"),
        ("{place}", "{place} {}", 4, "a brace stands in the text that marks no slot"),
        ("Odo", "'{Odo}'", 6, "a brace stands in an entry of the list 'old'"),
        ("Odo", "' '", 6, "an entry of the list 'old' is empty"),
        ("a slipway", "1.50", 9, "put it in quotes"),
    ],
)
def test_a_mistake_in_slots_and_lists_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    assert old in PEOPLE
    found = problems(tmp_path, PEOPLE.replace(old, new, 1))
    assert (line, True) in [(at, what in said) for at, said in found]


def test_a_value_without_lists_may_have_no_braces(tmp_path: Path) -> None:
    text = "says: x\nvalues:\n  - {id: a, text: 'some {thing}'}\n"
    assert problems(tmp_path, text) == [(3, "the slot '{thing}' has no list")]

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constitution.principle import Principle, read_principle
from exempla.errors import BadInput, Problem

SAYINGS = [f"It {verb} {thing}." for verb in ("asks", "tells", "waits") for thing in "abcd"]
POINTS = st.lists(st.sampled_from(SAYINGS), min_size=3, max_size=6, unique=True)


def read(folder: Path, text: str) -> Principle:
    file = folder / "principle.md"
    file.write_text(text, encoding="utf-8")
    return read_principle(file)


def problems_of(folder: Path, text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(BadInput) as caught:
        read(folder, text)
    assert all(problem.file == str(folder / "principle.md") for problem in caught.value.problems)
    return [(problem.line, problem.what, problem.remedy) for problem in caught.value.problems]


def with_points(good: str, points: list[str]) -> str:
    lines = "\n".join(f"- {point}" for point in points)
    return good.replace("- It names the gap.\n- It gives the figure.", lines)


def test_a_principle_is_taken_apart_into_its_sections(tmp_path: Path, good: str) -> None:
    principle = read(tmp_path, good)
    assert (principle.id, principle.title, principle.weight) == ("candour", "Candour", 1.0)
    assert principle.statement == "It says what it sees."
    assert principle.why == "Because people act on it."
    assert principle.points("In practice") == ("It names the gap.", "It gives the figure.")
    assert principle.points("Tensions") == ("Tact: it picks the moment.",)


def test_each_clause_knows_its_line(tmp_path: Path, good: str) -> None:
    assert [clause.place.line for clause in read(tmp_path, good).clauses] == [13, 14, 18]


@pytest.mark.parametrize("indent", ["  ", "\t", ""])
def test_a_wrapped_point_is_one_point(tmp_path: Path, good: str, indent: str) -> None:
    text = good.replace("names the gap.", f"names\n{indent}the\n{indent}gap.")
    assert read(tmp_path, text).points("In practice")[0] == "It names the gap."


def test_a_paragraph_after_a_blank_line_is_no_part_of_a_point(tmp_path: Path, good: str) -> None:
    text = good.replace("figure.\n", "figure.\n\nA remark of the author's.\n")
    assert read(tmp_path, text).points("In practice")[1] == "It gives the figure."


def test_wrapping_a_point_keeps_its_id(tmp_path: Path, good: str) -> None:
    before = read(tmp_path, good).clauses[0]
    after = read(tmp_path, good.replace("names the gap", "names\n  the  gap")).clauses[0]
    assert (before.id, before.text) == (after.id, after.text)


@given(points=POINTS, data=st.data())
def test_editing_one_clause_changes_its_own_id_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, good: str, points: list[str], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("edited")
    edited = data.draw(st.integers(0, len(points) - 1))
    changed = [
        f"{text} Then it goes on." if index == edited else text for index, text in enumerate(points)
    ]
    before = read(folder, with_points(good, points)).clauses
    after = read(folder, with_points(good, changed)).clauses
    same = [old.id == new.id for old, new in zip(before, after, strict=True)]
    assert same == [index != edited for index in range(len(before))]


def test_clause_ids_do_not_depend_on_the_order_of_points(tmp_path: Path, good: str) -> None:
    turned = with_points(good, ["It gives the figure.", "It names the gap."])
    before, after = read(tmp_path, good), read(tmp_path, turned)
    assert {clause.id for clause in before.clauses} == {clause.id for clause in after.clauses}


def test_the_digest_changes_with_the_statement_and_not_with_a_clause(
    tmp_path: Path, good: str
) -> None:
    digest = read(tmp_path, good).digest
    assert read(tmp_path, good.replace("names the gap", "fills the gap")).digest == digest
    assert read(tmp_path, good.replace("what it sees", "what it hears")).digest != digest


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "  ```"])
def test_a_heading_in_a_code_fence_is_text(tmp_path: Path, good: str, fence: str) -> None:
    code = f"{fence}sh\n# not a heading\n## Tensions\n{fence}\n"
    text = good.replace("Because people act on it.\n", f"Because:\n\n{code}")
    assert read(tmp_path, text).why == f"Because:\n\n{code.rstrip()}"


def test_a_longer_fence_holds_a_shorter_one(tmp_path: Path, good: str) -> None:
    code = "````\n```\n# not a heading\n```\n````\n"
    principle = read(tmp_path, good.replace("Because people act on it.\n", code))
    assert principle.why == code.strip()


def as_passage(good: str, passage: str) -> str:
    """The good principle in its imported form; the passage begins on line 9."""
    return f"{good.partition('## Why')[0]}## Passage\n\n{passage}\n"


PASSAGE = """\
People act upon what it says,
often within the same hour.

### Why

Too short.

#### Deeper

- It names what it could not check.
  - And what it could not even find.
- Short point.

> It is better to be told
> than to find out later.

| one two three | four five six seven |
|---------------|---------------------|

```
## In practice of a sort, as code is
```

[^1]: A footnote that has six words or more.

<!-- ## Tensions: a comment of six words or more -->
"""


def test_a_passage_is_the_why_and_its_sentences_are_the_clauses(tmp_path: Path, good: str) -> None:
    principle = read(tmp_path, as_passage(good, PASSAGE))
    assert principle.statement == "It says what it sees."
    assert principle.why == PASSAGE.rstrip()
    assert [(clause.section, clause.place.line, clause.text) for clause in principle.clauses] == [
        ("Passage", 9, "People act upon what it says, often within the same hour."),
        ("Passage", 18, "It names what it could not check. And what it could not even find."),
        ("Passage", 22, "It is better to be told than to find out later."),
    ]


def test_a_paragraph_with_a_colon_begins_each_point_after_it(tmp_path: Path, good: str) -> None:
    passage = "It never does\nany of these:\n\n- It lies.\n- It steals from people.\n\nSo it is."
    said = [clause.text for clause in read(tmp_path, as_passage(good, passage)).clauses]
    assert said == [
        "It never does any of these: It lies.",
        "It never does any of these: It steals from people.",
    ]


@pytest.mark.parametrize(
    "passage",
    [
        "",
        "Short.",
        "As in this table of six words:\n\n| a |\n|---|",
        "```\ncode of six words or more\n```",
    ],
)
def test_a_passage_without_a_sentence_has_the_statement_as_its_clause(
    tmp_path: Path, good: str, passage: str
) -> None:
    principle = read(tmp_path, as_passage(good, passage))
    assert principle.why == passage
    assert [clause.text for clause in principle.clauses] == ["It says what it sees."]


def test_a_paragraph_that_comes_again_in_a_passage_is_one_clause(tmp_path: Path, good: str) -> None:
    passage = "It gives the figure as it is.\n\n- It gives the\n  figure as it is."
    assert len(read(tmp_path, as_passage(good, passage)).clauses) == 1


def test_passage_clauses_with_the_same_short_id_by_chance_are_told_apart(
    tmp_path: Path, good: str
) -> None:
    passage = "- It says that crate 8935 is late.\n- It says that crate 9461 is late."
    ids = [clause.id for clause in read(tmp_path, as_passage(good, passage)).clauses]
    assert len(set(ids)) == len(ids) == 2


def test_indented_code_at_the_start_of_a_section_keeps_its_indent(
    tmp_path: Path, good: str
) -> None:
    assert read(tmp_path, as_passage(good, "    code")).why == "    code"


@pytest.mark.parametrize(
    ("more", "line", "what", "remedy"),
    [
        ("## Why\n\nSo.", 11, "'Why' stands beside 'Passage' (line 7)", "remove '## Passage'"),
        ("# Why\n\nSo.", 11, "'Why' stands beside 'Passage' (line 7)", "remove '## Passage'"),
        ("## More\n\nSo.", 11, "unknown heading 'More'", "three '#'"),
        ("## Passage\n\nSo.", 11, "a second heading 'Passage'", "Join the two."),
    ],
)
def test_a_heading_of_level_two_in_a_passage_is_told_with_its_line(
    tmp_path: Path, good: str, more: str, line: int, what: str, remedy: str
) -> None:
    ((at, said, mend),) = problems_of(tmp_path, as_passage(good, f"Words.\n\n{more}"))
    assert (at, said) == (line, what)
    assert remedy in mend


def test_a_deeper_heading_in_an_ordinary_section_is_told_with_its_line(
    tmp_path: Path, good: str
) -> None:
    text = good.replace("Because people", "### More\n\nBecause people")
    assert (9, "unknown heading 'More'") in [told[:2] for told in problems_of(tmp_path, text)]


def test_lines_may_end_as_on_windows_and_begin_with_a_mark(tmp_path: Path, good: str) -> None:
    file = tmp_path / "principle.md"
    file.write_bytes(b"\xef\xbb\xbf" + good.replace("\n", "\r\n").encode())
    assert read_principle(file).clauses[0].text == "It names the gap."


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("---\nid", "id", 1, "does not begin with front matter"),
        ("Candour\n---", "Candour\n", 1, "never closed"),
        ("title: Candour", "title: 'Candour", 3, "not YAML"),
        ("title: Candour", "title: [Candour", 4, "not YAML"),
        ("title: Candour", "title: a: b", 3, "not YAML"),
        ("title: Candour", "title: Candour\nid: frankness", 4, "'id' stands here a second time"),
        ("title: Candour", "titel: Candour", 3, "unknown key 'titel'"),
        ("title: Candour\n", "", 2, "'title' is missing"),
        ("title: Candour", "title: ''", 3, "'title'"),
        ("id: candour", "id: My Candour", 2, "'id'"),
        ("title: Candour", "title: Candour\nweight: .inf", 4, "'weight'"),
        ("title: Candour", "title: Candour\nweight: 0.001", 4, "'weight'"),
        ("It says what it sees.\n", "", 4, "no statement"),
        ("## Why\n\nBecause people act on it.\n\n", "", 4, "no '## Why'"),
        ("Because people act on it.\n", "", 7, "'Why' is empty"),
        ("## Why", "## Wyh", 7, "unknown heading 'Wyh'"),
        ("## Tensions", "## Why\n\nSo.\n\n## Tensions", 16, "a second heading 'Why'"),
        ("- Tact: it picks the moment.", "Tact.", 16, "'Tensions' has no points"),
        ("It gives the figure.", "It names the gap.", 14, "repeats the one on line 13"),
        ("It gives the figure.", "It names\n  the gap.", 14, "repeats the one on line 13"),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, good: str, old: str, new: str, line: int, what: str
) -> None:
    assert old in good
    found = problems_of(tmp_path, good.replace(old, new, 1))
    assert (line, True) in [(at, what in said) for at, said, _ in found]


def test_two_points_whose_short_ids_are_the_same_by_chance_are_told_so(
    tmp_path: Path, good: str
) -> None:
    found = problems_of(tmp_path, with_points(good, ["Crate 3414 is late.", "Crate 5713 is late."]))
    ((line, what, remedy),) = found
    assert (line, what) == (14, "this point has the same id (candour/a42e5f) as the one on line 13")
    assert "reword" in remedy


def test_the_nearest_key_and_heading_are_named(tmp_path: Path, good: str) -> None:
    text = good.replace("title:", "titel:").replace("## Tensions", "## Tension")
    remedies = {what: remedy for _, what, remedy in problems_of(tmp_path, text)}
    assert remedies["unknown key 'titel'"] == "Did you mean 'title'?"
    assert remedies["unknown heading 'Tension'"] == "Did you mean 'Tensions'?"


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path, good: str) -> None:
    text = good.replace("title:", "titel:").replace("## Why\n\nBecause people act on it.", "")
    text = text.replace("It gives the figure.", "It names the gap.\n- It names the gap.")
    assert [what for _, what, _ in problems_of(tmp_path, text)] == [
        "'title' is missing",
        "unknown key 'titel'",
        "there is no '## Why'",
        "this point repeats the one on line 11",
        "this point repeats the one on line 11",
    ]


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path, good: str) -> None:
    file = tmp_path / "principle.md"
    file.write_bytes(good.encode() + b"\xff\n")
    with pytest.raises(BadInput) as caught:
        read_principle(file)
    (problem,) = caught.value.problems
    assert problem == Problem("this is not UTF-8 text", "Save the file as UTF-8.", str(file), 19)

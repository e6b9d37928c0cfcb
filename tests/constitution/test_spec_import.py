import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constitution.blocks import words
from constitution.collection import load_constitution
from constitution.spec_import import Imported, read_spec, write
from exempla.errors import BadInput

BuildCharter = Callable[[int], tuple[str, list[str]]]

NASTY = [
    *("# a §", "## §", "### b § ###", "###### §", "  ## §", "####### §", "#no §", "# a {#an-id} §"),
    *("text §", "some more words on this line §", "  indented §", "    code §", "\tcode §"),
    *("- point §", "  - nested §", "* other §", "1. first §", "7) late §", "-", "      - far §"),
    *("> quote §", "> # quoted §", ">", "> - §", "lazy §"),
    *("```", "``` §", "~~~~", "~~~~ §", "`code` §"),
    *("<!--", "<!-- § -->", "-->", "<div>", "</div> §", "<b>§</b>", "<script>", "</script>"),
    *("===", "---", "***", "- - -", "..."),
    *("| § | b |", "|---|---|", "[a]: /§", "[^1]: § note", '[a]: /x "§', "[a]: <§", "'§'"),
    *("", "", "", " ", "\t", "\x0c §", "\u2028§", "\u00a0", "\x00 §", "\x07 §", "title: §", "诚 §"),
]
"""Lines that mean something in Markdown, alone or after one another; § becomes a mark."""


def imported(folder: Path, text: str) -> Imported:
    file = folder / "charter.md"
    file.write_bytes(text.encode())
    return read_spec(file)


def ids(imported: Imported) -> list[str]:
    return [entry.principle.id for entry in imported.entries]


def holders(imported: Imported, mark: str) -> list[str]:
    """The files that have the mark below their id, which may repeat words of a heading."""
    texts = {entry.file: entry.text.partition("\ntitle: ")[2] for entry in imported.entries}
    return [file for file, text in texts.items() if mark in text]


@given(lines=st.lists(st.sampled_from(NASTY), min_size=1, max_size=40))
@settings(max_examples=400)
def test_no_line_of_any_document_is_lost_and_none_is_in_two_principles(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    marked = [line.replace("§", f"mark{number}end") for number, line in enumerate(lines)]
    text = "\n".join(["Words come first.", *marked])
    folder = tmp_path_factory.mktemp("any")
    found = imported(folder, text)
    for number, line in enumerate(lines):
        if "§" in line:
            assert len(holders(found, f"mark{number}end")) == 1
    write(found, folder / "out")
    constitution = load_constitution(folder / "out")
    assert [principle.id for principle in constitution.principles] == ids(found)
    covered = [entry.lines for entry in found.entries]
    assert all(first <= last for first, last in covered)
    assert all(one[1] < two[0] for one, two in pairwise(covered))


@given(lines=st.lists(st.sampled_from(NASTY), min_size=1, max_size=30))
def test_text_below_a_heading_stands_as_it_stood(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    text = "\n".join(["Words come first.", *(line.replace("§", "x") for line in lines)])
    found = imported(tmp_path_factory.mktemp("any"), text)
    source = text.split("\n")
    kept = {line for entry in found.entries for line in entry.text.split("\n")}
    for line in source:
        is_heading_or_blank = re.match(r"\s*(#|=+\s*$|-+\s*$|$)", line)
        is_underlined = re.search(rf"^{re.escape(line)}\n(.+\n)*?(=+|-+)\s*$", text, re.MULTILINE)
        assert is_heading_or_blank or is_underlined or line in kept


def test_two_hundred_pages_with_every_feature_are_imported_whole(
    tmp_path: Path, charter: BuildCharter
) -> None:
    text, marks = charter(100_000)
    assert words(text) > 100_000
    found = imported(tmp_path, text)
    write(found, tmp_path / "out")
    constitution = load_constitution(tmp_path / "out")
    holding: Counter[str] = Counter()
    for principle in constitution.principles:
        said = "\n".join((principle.title, principle.statement, principle.why))
        holding.update(set(re.findall(r"\bm\d+\b", said)))
    assert holding == Counter(marks)
    assert (constitution.name, constitution.version) == ("The Long Charter", "2.10")
    assert len(constitution.principles) == len(found.entries) > 100
    assert all(entry.words <= 900 for entry in found.entries)


def test_a_section_becomes_a_principle_with_its_first_paragraph_as_the_statement(
    tmp_path: Path,
) -> None:
    text = (
        "# Charter\n\n## Telling the truth\n\n"
        "An AI says what it takes to be true,\nand how sure it is of it.\n\n"
        "People act on what it says, often within the hour.\n\n"
        "- It names what it could not check in what it was given.\n- Short one.\n"
    )
    (entry,) = imported(tmp_path, text).entries
    assert entry.text == (
        "---\nid: telling-the-truth\ntitle: Telling the truth\n---\n"
        "An AI says what it takes to be true,\nand how sure it is of it.\n\n"
        "## Passage\n\n### Charter\n\n#### Telling the truth\n\n"
        "People act on what it says, often within the hour.\n\n"
        "- It names what it could not check in what it was given.\n- Short one.\n"
    )
    assert [clause.text for clause in entry.principle.clauses] == [
        "People act on what it says, often within the hour.",
        "It names what it could not check in what it was given.",
    ]


@pytest.mark.parametrize(
    "opening",
    [
        "An AI never does any of these:",
        "Draft.",
        "These:\n\nIt says what it takes to be true.",
        "> Somebody said that it is good to do so.",
        "- a",
    ],
)
def test_the_heading_is_the_statement_where_no_paragraph_can_be(
    tmp_path: Path, opening: str
) -> None:
    (entry,) = imported(tmp_path, f"## Lines\n\n{opening}\n\n- It lies.\n- It steals.\n").entries
    assert entry.principle.statement == "Lines"
    assert entry.principle.why.startswith(opening)


def test_a_short_line_is_passed_over_for_the_statement(tmp_path: Path) -> None:
    text = "# A\n\n*Last updated: May*\n\n<!-- x -->\nIt says what it takes to be true.\n\nSo.\n"
    (entry,) = imported(tmp_path, text).entries
    assert entry.principle.statement == "It says what it takes to be true."
    assert entry.principle.why == "*Last updated: May*\n\n<!-- x -->\n\nSo."


@pytest.mark.parametrize("heading", ["## # x", "## ```", "## <!-- x", "## [a]: /x", "## ---"])
def test_a_heading_that_would_be_something_else_is_guarded(tmp_path: Path, heading: str) -> None:
    (entry,) = imported(tmp_path, f"{heading}\n\n- It says this and that.\n").entries
    assert entry.principle.title == heading[3:]
    assert entry.principle.statement == f"\\{heading[3:]}"
    assert entry.principle.why == "- It says this and that."


def test_headings_in_a_passage_are_written_below_level_two(tmp_path: Path) -> None:
    text = "Title #\n=======\n\n## One ##\n\n### Deep\n\n- x\n\nTwo\nlines\n---\n\n- y\n"
    (entry,) = imported(tmp_path, text).entries
    assert entry.principle.title == "Title #"
    assert entry.principle.why == "### One ##\n\n#### Deep\n\n- x\n\n### Two lines\n\n- y"


def test_indented_code_at_the_start_of_a_passage_keeps_its_indent(tmp_path: Path) -> None:
    (entry,) = imported(tmp_path, "# Code\n\n    a = 1\n    b = 2\n").entries
    assert entry.principle.why == "    a = 1\n    b = 2"


def test_front_matter_names_the_constitution_and_stands_in_the_readme(tmp_path: Path) -> None:
    text = "---\ntitle: 'The: Charter'\nversion: 1.10\nauthor: Ann\n---\n# Other\n\nText.\n"
    found = imported(tmp_path, text)
    assert (found.name, found.version) == ("The: Charter", "1.10")
    assert "author: Ann" in found.readme
    assert not holders(found, "author: Ann")
    assert found.entries[0].lines == (6, 8)
    write(found, tmp_path / "out")
    assert load_constitution(tmp_path / "out").version == "1.10"


@pytest.mark.parametrize(
    "rest", ["Not keys.\n---\n", "a: [b\n---\n", "no end\n", f"{'[' * 99999}\n---\n"]
)
def test_a_document_that_begins_with_a_rule_has_no_front_matter(tmp_path: Path, rest: str) -> None:
    found = imported(tmp_path, f"---\n{rest}\nMore.\n")
    assert found.readme.count(rest.split("\n")[0]) == 0
    assert len(holders(found, rest.split("\n")[0])) == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [("# The Title\n\nText.\n", "The Title"), ("Text alone.\n", "charter"), ("## A\n", "charter")],
)
def test_the_name_is_the_title_or_that_of_the_file(tmp_path: Path, text: str, name: str) -> None:
    found = imported(tmp_path, text)
    assert (found.name, found.version) == (name, "1")


def test_a_document_without_headings_is_named_after_its_file(tmp_path: Path) -> None:
    assert ids(imported(tmp_path, "Some text.\n\nMore text.\n")) == ["charter"]


def test_windows_lines_and_a_mark_at_the_start_change_nothing(tmp_path: Path) -> None:
    text = "# Title\n\nText that says something to a reader.\n\n- a\n\n\tcode\n"
    one = imported(tmp_path, text)
    two = imported(tmp_path, "\ufeff" + text.replace("\n", "\r\n"))
    assert [entry.text for entry in one.entries] == [entry.text for entry in two.entries]


def test_a_section_of_nothing_but_footnotes_has_no_weight(tmp_path: Path) -> None:
    said = "An AI says what it takes to be true, and how sure it is of it. " * 3
    notes = "".join(f"[^{n}]: See the book of that name, page {n}.\n\n" for n in range(9))
    found = imported(tmp_path, f"# Truth[^1]\n\n{said}\n\n# Notes\n\n{notes}")
    assert [entry.principle.weight for entry in found.entries] == [1, 0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "this file is empty"),
        (b" \n\t\n", "this file is empty"),
        (b"---\ntitle: x\n---\n\n", "only front matter"),
        (b"caf\xe9\n", "not UTF-8"),
    ],
)
def test_a_file_without_text_is_told(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "spec.md").write_bytes(content)
    with pytest.raises(BadInput, match=says) as caught:
        read_spec(tmp_path / "spec.md")
    assert caught.value.problems[0].remedy


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    found = imported(tmp_path, "Text.")
    with pytest.raises(BadInput, match="already and not empty"):
        write(found, tmp_path)
    with pytest.raises(BadInput, match="already and not empty"):
        write(found, tmp_path / "charter.md")
    with pytest.raises(BadInput, match="cannot be written"):
        write(found, tmp_path / "charter.md" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["charter.md"]


@pytest.mark.parametrize("left", ["", ".part", ".part-out"])
def test_an_empty_folder_is_filled_and_what_a_killed_process_left_is_removed(
    tmp_path: Path, left: str
) -> None:
    folder = tmp_path / "out"
    if left != ".part-out":
        folder.mkdir()
    if left:
        beside = (folder if left == ".part" else tmp_path) / left
        beside.mkdir()
        (beside / "old.md").write_text("half")
    write(imported(tmp_path, "Text."), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["01-charter.md", "README.md"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["charter.md", "out"]

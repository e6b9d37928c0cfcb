"""Where a document is cut, and what its parts are called after it was edited."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constitution.spec_cut import LEAST, LONGEST, SHORTEST
from constitution.spec_import import Entry, read_spec

LONG = "An AI says what it takes to be true and how sure it is of it, and says so again. " * 2
SHORT = "Of this there is little to say."


def cut(folder: Path, text: str) -> list[Entry]:
    file = folder / "spec.md"
    file.write_text(text, encoding="utf-8")
    return list(read_spec(file).entries)


def names(folder: Path, text: str) -> list[str]:
    return [entry.principle.id for entry in cut(folder, text)]


def written(*sections: str) -> str:
    """Headings with their text: `## a` has a long one, `## a.` a short one, `## a-` none."""
    texts = {".": SHORT, "-": ""}
    return "\n\n".join(
        f"{section.rstrip('.-')}\n\n{texts.get(section[-1], LONG)}" for section in sections
    )


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (("# t", "## a", "## b", "### c"), ["t", "a", "b", "b-c"]),
        (("## a", "## b."), ["a"]),
        (("## a", "### b.", "### c"), ["a", "a-c"]),
        (("# t-", "## a", "## b"), ["a", "b"]),
        (("# t.", "## a-", "### b"), ["a-b"]),
        (("## a", "### b", "## c.", "## d"), ["a", "a-b", "d"]),
        (("## a", "### b", "## c."), ["a", "a-b", "c"]),
        (("## a-", "### b.", "### c."), ["a"]),
        (("## a", "### b", "## c-"), ["a", "a-b"]),
        (("# t-", "## a", "### b-", "#### c-", "# u-", "## d"), ["a", "d"]),
        (("## a.", "## b.", "## c"), ["c"]),
        (("## a.", "## b", "## c"), ["b", "c"]),
        (("## a", "#### b", "### c"), ["a", "a-b", "a-c"]),
    ],
)
def test_a_short_section_is_joined_to_its_neighbour_under_the_same_parent(
    tmp_path: Path, sections: tuple[str, ...], expected: list[str]
) -> None:
    assert names(tmp_path, written(*sections)) == expected


def test_text_before_the_first_heading_is_joined_or_stands_for_itself(tmp_path: Path) -> None:
    assert names(tmp_path, f"{SHORT}\n\n{written('## a')}") == ["a"]
    assert names(tmp_path, f"{LONG}\n\n{written('## a')}") == ["spec", "a"]


def test_sections_of_one_name_are_told_apart_by_their_parents(tmp_path: Path) -> None:
    text = written("# one", "## examples", "# two", "## examples", "## rest")
    assert names(tmp_path, text) == ["one", "one-examples", "two", "two-examples", "rest"]


def test_sections_of_one_path_are_told_apart_by_their_words(tmp_path: Path) -> None:
    text = f"## a\n\nSays one thing. {LONG}\n\n## a\n\nSays another. {LONG}\n"
    assert names(tmp_path, text) == ["a-says-one-thing-an", "a-says-another-an-ai"]
    assert names(tmp_path, written("## a", "## a"))[1].endswith("-2")


def test_an_anchor_is_the_id_whatever_the_heading_says(tmp_path: Path) -> None:
    text = written("# t {#top}-", "## a {#first_one} ", "### b ", "## c ")
    assert names(tmp_path, text) == ["first-one", "first-one-b", "c"]


def paragraphs(count: int, seed: int = 1) -> list[str]:
    random = Random(seed)
    syllables = ["ba", "ke", "li", "mo", "nu", "ra", "si", "to"]
    return [
        " ".join(
            "".join(random.choices(syllables, k=3)) for _ in range(random.randint(20, 120))
        ).capitalize()
        for _ in range(count)
    ]


def test_a_long_section_is_cut_between_paragraphs_within_the_limits(tmp_path: Path) -> None:
    entries = cut(tmp_path, "## a\n\n" + "\n\n".join(paragraphs(100)))
    assert len(entries) > 5
    assert all(LEAST <= entry.words <= LONGEST for entry in entries)
    assert entries[0].principle.id == "a"
    for entry in entries[1:]:
        first_words = entry.principle.statement.lower().split()[:4]
        assert entry.principle.id.startswith("-".join(["a", *first_words])[:40])


def test_a_long_list_is_cut_between_points_and_a_long_table_never(tmp_path: Path) -> None:
    points = "\n".join(f"- {text}" for text in paragraphs(40))
    rows = "\n".join(f"| {text} |" for text in paragraphs(40))
    assert len(cut(tmp_path, f"## a\n\n{points}")) > 2
    assert len(cut(tmp_path, f"## a\n\n| t |\n|---|\n{rows}")) == 1


def test_headings_of_joined_sections_are_the_first_places_to_cut(tmp_path: Path) -> None:
    text = "\n\n".join(f"## s{n}\n\n{SHORT}" for n in range(300))
    entries = cut(tmp_path, text)
    assert len(entries) > 2
    assert all(entry.principle.title == f"s{n}" for entry in entries for n in [_number(entry)])


def _number(entry: Entry) -> int:
    return (entry.lines[0] - 1) // 4


def edited(texts: list[str], place: int, edit: str) -> list[str]:
    new = {
        "reword": [f"{texts[place]} and more of it"],
        "add": [texts[place], *paragraphs(1, seed=2)],
        "remove": [],
    }
    return [*texts[:place], *new[edit], *texts[place + 1 :]]


@pytest.mark.parametrize(("edit", "most"), [("reword", 0.1), ("add", 0.5), ("remove", 0.5)])
def test_an_edit_in_a_long_section_leaves_the_other_parts_their_ids(
    tmp_path: Path, edit: str, most: float
) -> None:
    texts = paragraphs(60)
    before = set(names(tmp_path, "## a\n\n" + "\n\n".join(texts)))
    lost = [
        len(before.difference(names(tmp_path, "## a\n\n" + "\n\n".join(changed))))
        for changed in (edited(texts, place, edit) for place in range(0, 60, 2))
    ]
    assert len(before) > 6
    # The part whose first paragraph is removed is gone; now and then a cut near the edit moves.
    assert max(lost) <= 3
    assert sum(lost) / len(lost) <= most


HEADINGS = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["", ".", "-"])), min_size=3, max_size=12
)


@given(headings=HEADINGS, data=st.data())
def test_an_edit_of_one_section_leaves_the_ids_of_long_ones_that_are_not_its_parts(
    tmp_path_factory: pytest.TempPathFactory,
    headings: list[tuple[int, str]],
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("edited")
    sections = [f"{'#' * level} s{n}x{end}" for n, (level, end) in enumerate(headings)]
    place = data.draw(st.integers(0, len(sections) - 1))
    new = f"{'#' * headings[place][0]} new{data.draw(st.sampled_from(['', '.']))}"
    kept = set(range(len(sections)))
    match data.draw(st.sampled_from(["add after", "lengthen", "empty"])):
        case "add after":
            # At the end of the section, or what follows would become a part of the new one.
            level = headings[place][0]
            end = next(
                (n for n in range(place + 1, len(headings)) if headings[n][0] <= level),
                len(headings),
            )
            changed = [*sections[:end], new, *sections[end:]]
        case "lengthen":
            changed = [*sections[:place], f"{sections[place]} ", *sections[place + 1 :]]
            kept.discard(place)
        case _:
            changed = [
                *sections[:place],
                sections[place].rstrip(".-") + "-",
                *sections[place + 1 :],
            ]
            kept.discard(place)
    after = names(folder, written(*changed))
    for entry, number in ((e, n) for e in cut(folder, written(*sections)) for n in kept):
        title = f"s{number}x"
        if entry.principle.title == title and headings[number][1] == "":
            assert entry.principle.id in after


def test_the_limits_are_in_order() -> None:
    assert SHORTEST < LEAST < LONGEST / 2

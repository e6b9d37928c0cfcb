"""Plots as they are read back: well-formed, and true to the counts."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from output.plot import HOLE, heat_map, histogram

SVG = "{http://www.w3.org/2000/svg}"

few = st.integers(0, 10**7)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own


def said(svg: str) -> list[str]:
    return [text.text or "" for text in parsed(svg).iter(f"{SVG}text")]


def boxes(svg: str) -> list[dict[str, str]]:
    """The rectangles but for the ground."""
    return [box.attrib for box in parsed(svg).iter(f"{SVG}rect")][1:]


def test_bars_are_shares_of_their_series_and_say_their_heat_map() -> None:
    svg = histogram("Tokens", {"train": {256: 30, 512: 10}, "validation": {512: 2}})
    heights = [int(box["height"]) for box in boxes(svg)[2:]]
    assert heights == [165, 0, 55, 220]
    assert {"train", "validation", "30", "10", "2", "129", "to 256", "257", "to 512"} <= set(
        said(svg)
    )


def test_ranges_without_values_keep_their_place() -> None:
    assert {"to 64", "to 128", "to 256"} <= set(
        said(histogram("Tokens", {"train": {64: 1, 256: 1}}))
    )


def test_a_count_that_rounds_to_nothing_is_seen() -> None:
    heights = [
        int(b["height"]) for b in boxes(histogram("Tokens", {"train": {1: 1, 2: 10**6}}))[1:]
    ]
    assert heights == [1, 219]


def test_a_table_of_counts_marks_what_has_none_and_puts_the_fullest_row_first() -> None:
    svg = heat_map("Coverage", {"advice": {"honesty": 3}, "story": {"honesty": 4, "privacy": 1}})
    assert [box["fill"] == HOLE for box in boxes(svg)] == [False, False, True, False]
    words = said(svg)
    assert words.index("honesty") < words.index("privacy")
    assert [words[words.index("honesty") + n] for n in (1, 2, 3)] == ["3", "4", "7"]


@given(st.dictionaries(st.text(), st.dictionaries(st.text(), few, min_size=1), min_size=1))
def test_whatever_the_names_are_the_table_is_well_formed(table: dict[str, dict[str, int]]) -> None:
    svg = heat_map("Coverage", table)
    assert len(boxes(svg)) == len(table) * len({row for column in table.values() for row in column})


@given(
    st.dictionaries(
        st.sampled_from(["train", "validation"]),
        st.dictionaries(st.integers(0, 24).map(lambda n: 2**n), st.integers(1, 10**9), min_size=1),
        min_size=1,
    )
)
def test_every_bar_stays_within_the_plot(series: dict[str, dict[int, int]]) -> None:
    svg = histogram("Tokens", series)
    width, height = (int(parsed(svg).attrib[name]) for name in ("width", "height"))
    for box in boxes(svg):
        assert 0 <= int(box["x"]) <= int(box["x"]) + int(box["width"]) <= width
        assert 0 <= int(box["y"]) <= int(box["y"]) + int(box["height"]) <= height

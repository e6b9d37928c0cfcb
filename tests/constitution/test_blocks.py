import pytest
from hypothesis import given
from hypothesis import strategies as st

from constitution.blocks import Block, blocks, plain, words

TEXT = """\
A line
and its *next*.

## Heading ##

Under
lined
-----
- point
  goes on

      code in it

  1. within
- other
> # quoted
> text
lazy

| a | b |
|---|---|
| 1 | 2 |

```
# no heading
```

[target]: /url

<!-- # no
## heading -->
[^1]: A note
with two lines.

***
"""


def test_each_block_has_its_kind_and_lines() -> None:
    found = blocks(TEXT.split("\n"))
    assert [(block.kind, block.first, block.end) for block in found] == [
        ("paragraph", 0, 2),
        ("heading", 3, 4),
        ("heading", 5, 8),
        ("list", 8, 15),
        ("quote", 15, 18),
        ("table", 19, 22),
        ("code", 23, 26),
        ("other", 27, 28),
        ("html", 29, 31),
        ("other", 31, 33),
        ("other", 34, 35),
    ]


def test_a_heading_knows_its_level_and_how_it_is_written() -> None:
    headings = [block for block in blocks(TEXT.split("\n")) if block.kind == "heading"]
    assert [(block.prose, block.level, block.underlined) for block in headings] == [
        ("Heading", 2, False),
        ("Under\nlined", 2, True),
    ]


def test_prose_is_what_is_said_without_marks_code_and_headings() -> None:
    of_kind = {block.kind: block for block in blocks(TEXT.split("\n"))}
    assert of_kind["quote"].prose == "text\nlazy"
    assert [point.prose for point in of_kind["list"].points] == ["point\ngoes on\nwithin", "other"]
    assert (of_kind["table"].prose, of_kind["code"].prose, of_kind["html"].prose) == ("", "", "")


@given(
    st.lists(
        st.sampled_from(["# a", "b", "- c", "  d", "    e", "> f", "```", "<!--", "-->", "", "---"])
    )
)
def test_every_line_is_in_exactly_one_block_unless_it_is_blank(lines: list[str]) -> None:
    covered = [n for block in blocks(lines) for n in range(block.first, block.end)]
    assert covered == sorted(set(covered))
    assert {n for n, line in enumerate(lines) if line.strip()} <= set(covered)


def test_lists_far_inside_one_another_leave_the_next_heading_alone() -> None:
    lines = [f"{'  ' * depth}- point" for depth in range(45)] + ["", "# Heading"]
    assert [block.kind for block in blocks(lines)] == ["list", "heading"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("one two\nthree", 3),
        ("", 0),
        ("机器应当诚实", 3),
        ("it says 诚实 twice", 4),
        ("- a\n> b\n|---|", 2),
        ("ไทย", 2),
    ],
)
def test_words_are_counted_in_scripts_with_and_without_spaces(text: str, count: int) -> None:
    assert words(text) == count


def test_a_sentence_has_six_words_and_no_table_has_one() -> None:
    assert Block("paragraph", 0, 1, "It says what it takes for").says_something
    assert not Block("paragraph", 0, 1, "It says what it takes").says_something
    assert not Block("table", 0, 1, "one two three four five six").says_something


def test_a_heading_is_read_aloud_without_marks() -> None:
    assert plain("On *being* `kind` to [us](/url) <b>all</b>") == "On being kind to us all"

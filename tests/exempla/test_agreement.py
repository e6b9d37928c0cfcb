from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exempla.agreement import Scores, agreement, read_scores
from exempla.errors import BadInput

PAIRS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=60)


def scores(values: list[int]) -> Scores:
    return {str(number): {"alive": value} for number, value in enumerate(values)}


def by_definition(pairs: list[tuple[int, int]]) -> float:
    """Weighted kappa as Cohen (1968) defines it, from the disagreement seen and by chance."""
    count = len(pairs)
    seen = sum((one - other) ** 2 for one, other in pairs) / count
    chance = sum((one - other) ** 2 for one, _ in pairs for _, other in pairs) / count**2
    return 1 - seen / chance


@settings(max_examples=25)
@given(PAIRS)
def test_kappa_is_that_of_its_definition(pairs: list[tuple[int, int]]) -> None:
    one, other = zip(*pairs, strict=True)
    found = agreement(scores(list(one)), scores(list(other)), ["alive"])["alive"]
    assert found.texts == len(pairs)
    if len({score for pair in pairs for score in pair}) == 1:
        assert found.kappa is None
    else:
        assert found.kappa == pytest.approx(by_definition(pairs), abs=0.001)


def test_only_texts_that_both_have_scored_count() -> None:
    one: Scores = {"a": {"alive": 1, "form": 5}, "b": {"alive": 5}, "c": {"alive": 2}}
    other: Scores = {"a": {"alive": 1}, "b": {"alive": 5, "form": 1}, "d": {"alive": 2}}
    found = agreement(one, other, ["alive", "form"])
    assert found["alive"] == (2, 1.0, 1.0)
    assert found["form"] == (0, None, None)


def test_a_csv_file_may_leave_scores_out_and_have_other_columns(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("\ufeffid,who,alive,form\na1,me,4,\nb2,me, 5 ,1\n", encoding="utf-8")
    assert read_scores(file, ["alive", "form"]) == {
        "a1": {"alive": 4},
        "b2": {"alive": 5, "form": 1},
    }


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_a_csv_file_may_be_one_of_any_spreadsheet(tmp_path: Path, between: str) -> None:
    file = tmp_path / "mine.csv"
    rows = (("id", "alive", "form"), ("a1", "4", "2"))
    file.write_text("\r\n".join(between.join(row) for row in rows), encoding="utf-8", newline="")
    assert read_scores(file, ["alive", "form"]) == {"a1": {"alive": 4, "form": 2}}


def test_a_document_that_is_scored_twice_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("id,alive\na1,4\nb2,1\na1,5\n", encoding="utf-8")
    with pytest.raises(BadInput, match="'a1' is scored a second time") as caught:
        read_scores(file, ["alive"])
    assert [problem.line for problem in caught.value.problems] == [4]


def test_what_is_no_score_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("id,alive\na1,4\nb2,six\nc3,0\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_scores(file, ["alive"])
    assert [problem.line for problem in caught.value.problems] == [3, 4]


@pytest.mark.parametrize("text", ["", "name,alive\na,4\n", "id,lively\na,4\n"])
def test_a_csv_file_without_the_columns_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="no column"):
        read_scores(file, ["alive"])


def test_a_file_or_folder_without_scores_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(BadInput):
            read_scores(path, ["alive"])

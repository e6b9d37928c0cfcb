import pytest

from exempla.display import duration, print_table, print_text, show_error, show_problems
from exempla.errors import BadInput, Problem

ODD = "a [bold]text[/] with :smile: and \\ in x[0]"


def test_a_text_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_text(ODD)
    assert capsys.readouterr().out == ODD + "\n"


def test_a_table_prints_its_cells_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Things", ("what", "value"), [(ODD, 3)])
    assert ODD in capsys.readouterr().out


def test_a_problem_is_printed_as_it_is_with_place_and_remedy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_problems([Problem(ODD, "Mend it.", "a[1]/b.yaml", 3)], "error:", "red")
    assert capsys.readouterr().err == f"error: a[1]/b.yaml:3: {ODD}\n    Mend it.\n"


def test_a_long_line_of_an_error_is_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(BadInput(Problem("x" * 500)), as_json=False)
    assert capsys.readouterr().err == f"error: {'x' * 500}\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min 00 s"), (61, "1 min 01 s"), (7300, "2 h 01 min")],
)
def test_seconds_are_put_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words

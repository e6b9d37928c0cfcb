from collections.abc import Callable
from pathlib import Path

import pytest

from exempla.errors import BadInput
from prompts.exclusion import excluded
from prompts.library import Library, load_library

TONE = """\
says: How it sounds.
values:
  - {id: dry, text: drily}
  - id: warm
    text: warmly
    excludes:
      form: [letter, list]
"""
FORM = """\
says: What it is.
values:
  - {id: letter, text: a letter}
  - {id: list, text: a list}
  - {id: poem, text: a poem}
"""

Load = Callable[[str, str], Library]


@pytest.fixture
def load(
    tmp_path: Path,
    library_files: dict[str, str],
    fill: Callable[[Path, dict[str, str]], Path],
) -> Load:
    """Loads a library with two axes as they are given."""

    def loaded(tone: str, form: str) -> Library:
        files = {**library_files, "axes/tone.yaml": tone, "axes/form.yaml": form}
        return load_library(fill(tmp_path, files), {"candour": None})

    return loaded


def test_an_exclusion_holds_both_ways(load: Load) -> None:
    axes = load(TONE, FORM).axes
    assert excluded(axes["tone"], axes["form"]) == {"warm": {"letter", "list"}}
    assert excluded(axes["form"], axes["tone"]) == {"letter": {"warm"}, "list": {"warm"}}


@pytest.mark.parametrize(
    ("tone", "form", "place", "what", "remedy"),
    [
        ((" form:", " from:"), ("", ""), ("tone.yaml", 7), "which is no axis", "Did you mean"),
        ((" form:", " tone:"), ("", ""), ("tone.yaml", 7), "its own axis", "remove it"),
        (("letter,", "leter,"), ("", ""), ("tone.yaml", 7), "no value of 'form'", "Did you mean"),
        (("letter,", "list,"), ("", ""), ("tone.yaml", 7), "stated a second time", "keep one"),
        (
            ("", ""),
            ("text: a list}", "text: a list, excludes: {tone: [warm]}}"),
            ("tone.yaml", 7),
            "stated a second time (first in form.yaml, line 4)",
            "both ways",
        ),
    ],
)
def test_a_mistake_in_exclusions_is_told_with_its_place(
    load: Load,
    tone: tuple[str, str],
    form: tuple[str, str],
    place: tuple[str, int],
    what: str,
    remedy: str,
) -> None:
    with pytest.raises(BadInput) as caught:
        load(TONE.replace(*tone), FORM.replace(*form))
    (problem,) = caught.value.problems
    assert (Path(problem.file or "").name, problem.line) == place
    assert what in problem.what
    assert remedy in problem.remedy


def test_an_axis_that_cannot_be_read_is_not_called_unknown(load: Load) -> None:
    with pytest.raises(BadInput) as caught:
        load(TONE, FORM.replace("says", "sas"))
    assert not any("exclude" in problem.what for problem in caught.value.problems)

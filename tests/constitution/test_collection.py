from collections.abc import Callable
from pathlib import Path

import pytest

from constitution.collection import BUILT_IN, load_constitution
from constitution.principle import Principle
from exempla.errors import BadInput

Write = Callable[[Path, dict[str, str]], Path]

BUILT_IN_CONSTITUTION = load_constitution(BUILT_IN)


def problems_of(folder: Path) -> list[tuple[str, int | None, str]]:
    with pytest.raises(BadInput) as caught:
        load_constitution(folder)
    return [
        (Path(problem.file or "").name, problem.line, problem.what)
        for problem in caught.value.problems
    ]


def two(good: str) -> dict[str, str]:
    return {"1.md": good, "2.md": good.replace("id: candour", "id: privacy")}


def test_principles_stand_in_the_order_of_their_files(
    tmp_path: Path, good: str, write: Write
) -> None:
    folder = write(tmp_path / "mine", two(good))
    constitution = load_constitution(folder)
    assert [principle.id for principle in constitution.principles] == ["candour", "privacy"]
    assert (constitution.name, constitution.version) == ("mine", "0")


def test_the_readme_is_no_principle_and_gives_name_and_version(
    tmp_path: Path, good: str, write: Write
) -> None:
    readme = "---\nname: house\nversion: '2'\n---\n# Anything\n"
    constitution = load_constitution(write(tmp_path, {"1.md": good, "README.md": readme}))
    assert (constitution.name, constitution.version) == ("house", "2")
    assert len(constitution.principles) == 1


def test_the_digest_changes_with_any_edit(tmp_path: Path, good: str, write: Write) -> None:
    def digest(text: str) -> str:
        return load_constitution(write(tmp_path, {"1.md": text})).digest

    assert digest(good) == digest(good)
    assert digest(good) != digest(good.replace("the gap", "a gap"))


def test_an_id_taken_by_another_file_is_told(tmp_path: Path, good: str, write: Write) -> None:
    folder = write(tmp_path, {"1.md": good, "2.md": good})
    assert problems_of(folder) == [("2.md", 1, "the id 'candour' is taken by 1.md")]


def test_a_related_id_that_is_no_principle_is_told_with_its_line(
    tmp_path: Path, good: str, write: Write
) -> None:
    files = two(good)
    files["1.md"] = good.replace("Candour\n", "Candour\nrelated:\n  - privacy\n  - privaci\n", 1)
    with pytest.raises(BadInput) as caught:
        load_constitution(write(tmp_path, files))
    (problem,) = caught.value.problems
    assert (problem.line, problem.remedy) == (6, "Did you mean 'privacy'?")


def test_related_is_checked_although_the_readme_is_wrong(
    tmp_path: Path, good: str, write: Write
) -> None:
    linked = good.replace("title: Candour", "title: Candour\nrelated: [nothing]")
    folder = write(tmp_path, {"1.md": linked, "README.md": "---\nname: x\n---\n"})
    assert problems_of(folder) == [
        ("README.md", 2, "'version' is missing"),
        ("1.md", 4, "'related' names 'nothing', which is no principle"),
    ]


def test_problems_of_all_files_are_told_at_once(tmp_path: Path, good: str, write: Write) -> None:
    files = {
        "1.md": "no front matter",
        "2.md": good.replace("title:", "titel:").replace("## Why", "## Wy"),
        "3.md": good,
        "4.md": good,
    }
    assert problems_of(write(tmp_path, files)) == [
        ("1.md", 1, "the file does not begin with front matter"),
        ("2.md", 2, "'title' is missing"),
        ("2.md", 3, "unknown key 'titel'"),
        ("2.md", 7, "unknown heading 'Wy'"),
        ("2.md", 4, "there is no '## Why'"),
        ("4.md", 1, "the id 'candour' is taken by 3.md"),
    ]


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_without_principles_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    ((file, _, what),) = problems_of(tmp_path / name)
    assert file == name
    assert "no" in what


@pytest.mark.parametrize(
    "id",
    [
        "honesty",
        "candour",
        "owning-mistakes",
        "privacy",
        "no-coercion",
        "same-unwatched",
        "staying-in-scope",
        "open-dissent",
        "accepting-correction",
        "no-grasping",
    ],
)
def test_the_built_in_constitution_has_this_principle(id: str) -> None:
    assert id in {principle.id for principle in BUILT_IN_CONSTITUTION.principles}


@pytest.mark.parametrize("principle", BUILT_IN_CONSTITUTION.principles, ids=lambda p: p.id)
def test_a_built_in_principle_has_enough_to_write_from(principle: Principle) -> None:
    assert len(principle.points("In practice")) >= 5
    assert len(principle.points("Tensions")) >= 2
    assert len(principle.why.split()) >= 100


def test_built_in_clause_ids_are_unique() -> None:
    ids = [
        clause.id for principle in BUILT_IN_CONSTITUTION.principles for clause in principle.clauses
    ]
    assert len(BUILT_IN_CONSTITUTION.principles) >= 8
    assert len(ids) == len(set(ids))

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from exempla.errors import BadInput
from prompts.library import BUILT_IN, Library, content_hashes, load_library

Fill = Callable[[Path, dict[str, str]], Path]

PRINCIPLES = {"candour": None, "privacy": None}


def problems_of(folder: Path) -> list[tuple[str, int | None, str, str]]:
    with pytest.raises(BadInput) as caught:
        load_library(folder, PRINCIPLES)
    return [
        (Path(problem.file or "").name, problem.line, problem.what, problem.remedy)
        for problem in caught.value.problems
    ]


def test_a_library_holds_kinds_seeds_and_axes_by_name(
    tmp_path: Path, library_files: dict[str, str], fill: Fill
) -> None:
    library = load_library(fill(tmp_path, library_files), PRINCIPLES)
    assert (list(library.kinds), list(library.seeds), list(library.axes)) == (
        ["piece"],
        ["pump"],
        ["tone"],
    )
    assert [seed.id for seed in library.seeds_for("candour")] == ["pump"]
    assert library.seeds_for("privacy") == []


def test_a_seed_that_names_no_known_principle_is_told(
    tmp_path: Path, library_files: dict[str, str], fill: Fill
) -> None:
    seeds = library_files["seeds/yard.yaml"]
    library_files["seeds/yard.yaml"] = seeds.replace("[candour]", "[candor]")
    assert problems_of(fill(tmp_path, library_files)) == [
        (
            "yard.yaml",
            1,
            "the seed 'pump' names 'candor', which is no principle",
            "Did you mean 'candour'?",
        )
    ]


def test_a_seed_that_stands_in_two_files_is_told(
    tmp_path: Path, library_files: dict[str, str], fill: Fill
) -> None:
    library_files["seeds/works.yaml"] = "# Works\n" + library_files["seeds/yard.yaml"]
    ((file, line, what, _),) = problems_of(fill(tmp_path, library_files))
    assert (file, line) == ("yard.yaml", 1)
    assert "first in works.yaml, line 2" in what


def test_seeds_that_were_written_for_another_constitution_are_told_once(
    tmp_path: Path, library_files: dict[str, str], fill: Fill
) -> None:
    seed = library_files["seeds/yard.yaml"]
    others = (seed.replace("pump", f"pump-{n}").replace("candour", "valour") for n in range(9))
    library_files["seeds/others.yaml"] = "".join(others)
    ((file, _, what, remedy),) = problems_of(fill(tmp_path, library_files))
    assert (file, what) == ("seeds", "9 of 10 seeds name no principle of this constitution")
    assert "'seeds: any'" in remedy


def test_where_any_seed_may_serve_the_names_do_not_count(
    tmp_path: Path, library_files: dict[str, str], fill: Fill
) -> None:
    library = load_library(fill(tmp_path, library_files), PRINCIPLES)
    assert library.seeds_for("privacy") == []
    assert [seed.id for seed in replace(library, any_seed=True).seeds_for("privacy")] == ["pump"]


def test_an_axis_that_a_kind_varies_and_that_is_not_there_is_told_with_its_line(
    tmp_path: Path, library_files: dict[str, str], fill: Fill
) -> None:
    kind = library_files["kinds/piece/kind.yaml"]
    library_files["kinds/piece/kind.yaml"] = kind.replace("axes: [tone]", "axes: [tone, tones]")
    ((file, line, what, remedy),) = problems_of(fill(tmp_path, library_files))
    assert (file, line, remedy) == ("kind.yaml", 3, "Did you mean 'tone'?")
    assert "'tones', which is no axis" in what


def test_problems_of_all_files_are_told_at_once(
    tmp_path: Path, library_files: dict[str, str], fill: Fill
) -> None:
    library_files["axes/tone.yaml"] = "says: x\n"
    library_files["seeds/yard.yaml"] += "- {id: gate}\n"
    library_files["kinds/piece/idea.j2"] = "{{ nothing }}"
    library_files["kinds/other/kind.yaml"] = "says: [\n"
    found = {file for file, _, _, _ in problems_of(fill(tmp_path, library_files))}
    assert found == {"tone.yaml", "yard.yaml", "idea.j2", "kind.yaml"}


def test_an_axis_that_cannot_be_read_is_not_called_missing_too(
    tmp_path: Path, library_files: dict[str, str], fill: Fill
) -> None:
    library_files["axes/tone.yaml"] = "says: [\n"
    assert [file for file, _, _, _ in problems_of(fill(tmp_path, library_files))] == ["tone.yaml"]


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_without_kinds_is_refused(tmp_path: Path, made: bool) -> None:
    if made:
        (tmp_path / "kinds").mkdir()
    ((file, _, what, remedy),) = problems_of(tmp_path)
    assert file == ("kinds" if made else tmp_path.name)
    assert "kind" in what
    assert remedy


def test_content_hashes_change_with_the_file_that_was_edited_alone(
    tmp_path: Path, library_files: dict[str, str], fill: Fill
) -> None:
    before = content_hashes(fill(tmp_path, library_files), (".yaml", ".j2"))
    assert sorted(before) == sorted(library_files)
    (tmp_path / "kinds/piece/idea.j2").write_text("{{ clause }}")
    after = content_hashes(tmp_path, (".yaml", ".j2"))
    assert [name for name in before if before[name] != after[name]] == ["kinds/piece/idea.j2"]


@pytest.fixture(scope="module")
def built_in() -> Library:
    principles = load_constitution(CONSTITUTION).principles
    return load_library(BUILT_IN, {principle.id: principle for principle in principles})


def test_the_built_in_library_has_enough_to_vary(built_in: Library) -> None:
    assert {"exposition", "story"} <= set(built_in.kinds)
    assert len(built_in.seeds) >= 24
    assert len(built_in.axes["document_type"].values) >= 10
    assert {"audience", "genre", "narrator", "cast", "ai_name", "particulars"} <= set(built_in.axes)


def test_every_axis_is_varied_by_a_kind_and_every_kind_varies_axes_that_exist(
    built_in: Library,
) -> None:
    assert {name for kind in built_in.kinds.values() for name in kind.axes} == set(built_in.axes)


def test_every_built_in_principle_has_seeds_of_its_own(built_in: Library) -> None:
    for principle in load_constitution(CONSTITUTION).principles:
        assert len(built_in.seeds_for(principle.id)) >= 3, principle.id


@pytest.mark.parametrize("axis", ["ai_name", "cast", "document_type", "particulars"])
def test_no_value_of_an_axis_is_repeated(built_in: Library, axis: str) -> None:
    texts = [value.text.casefold() for value in built_in.axes[axis].values]
    assert [text for text, count in Counter(texts).items() if count > 1] == []


PERSONS = ("old_f", "old_m", "young_f", "young_m")


def test_no_two_persons_of_a_cast_have_one_name(built_in: Library) -> None:
    for value in built_in.axes["cast"].values:
        names = Counter(name for slot in PERSONS for name in value.lists[slot])
        assert [name for name, count in names.items() if count > 1] == [], value.id


def test_no_person_is_called_like_an_ai(built_in: Library) -> None:
    people = {
        word
        for value in built_in.axes["cast"].values
        for slot in PERSONS
        for name in value.lists[slot]
        for word in re.findall(r"\w+", name.casefold())
    }
    names = {
        name.casefold()
        for value in built_in.axes["ai_name"].values
        for listed in value.lists.values()
        for name in listed
    }
    assert names
    assert names.isdisjoint(people)

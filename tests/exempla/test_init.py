import resource
import signal
from pathlib import Path

import pytest

from constitution.collection import BUILT_IN as CONSTITUTION
from exempla.errors import BadInput, ExemplaError
from exempla.init import init
from exempla.lint import check_templates, warnings
from exempla.project import load_project
from output.recipe import BUILT_IN as RECIPES
from prompts.library import BUILT_IN as PROMPTS


def test_every_built_in_file_is_copied_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    made = init(folder)
    assert {path.name for path in made} == {
        ".gitignore",
        "constitution",
        "exempla.yaml",
        "prompts",
        "recipes",
    }
    for source, target, pattern in (
        (CONSTITUTION, folder / "constitution", "*.md"),
        (PROMPTS, folder / "prompts", "*/*.yaml"),
        (PROMPTS, folder / "prompts", "kinds/*/*"),
        (PROMPTS, folder / "prompts", "rubric.yaml"),
        (PROMPTS, folder / "prompts", "judge/*"),
        (PROMPTS, folder / "prompts", "exemplars/*.md"),
        (RECIPES, folder / "recipes", "*.yaml"),
    ):
        files = [file.relative_to(source) for file in source.glob(pattern)]
        assert files
        for file in files:
            assert (target / file).read_bytes() == (source / file).read_bytes()


def test_no_code_is_copied(tmp_path: Path) -> None:
    init(tmp_path / "mine")
    assert not [path for path in tmp_path.rglob("*") if path.suffix in {".py", ".pyc"}]


def test_the_made_project_has_neither_errors_nor_warnings_and_is_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    init(folder)
    project = load_project(folder, ["engine.name=scripted"])
    check_templates(project)
    assert warnings(project) == []
    assert project.constitution_folder == folder / "constitution"
    assert project.library.folder == folder / "prompts"
    assert project.run_folder.path == folder / "runs" / "first"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    init(tmp_path)
    assert (tmp_path / "exempla.yaml").is_file()


@pytest.mark.parametrize("is_file", [True, False])
def test_what_is_there_already_is_not_touched(tmp_path: Path, is_file: bool) -> None:
    folder = tmp_path / "mine"
    if is_file:
        folder.write_text("mine")
    else:
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    with pytest.raises(BadInput) as caught:
        init(folder)
    assert caught.value.problems[0].file == str(folder)
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("was_there", [True, False])
def test_nothing_half_made_stays_if_the_disk_fails(tmp_path: Path, was_there: bool) -> None:
    folder = tmp_path / "mine"
    if was_there:
        folder.mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
    try:
        with pytest.raises(ExemplaError):
            init(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.rglob("*")) == ([folder] if was_there else [])

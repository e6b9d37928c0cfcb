import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from exempla.errors import BadInput, ExemplaError, Problem
from exempla.init import init
from exempla.watch import Change, Files, saves, watch

Edit = Callable[[], object]


class Author:
    """Saves files one after the other, and keeps what is shown and worked on."""

    def __init__(self, file: Path, *edits: Edit) -> None:
        self.file = file
        self.edits = edits
        self.shown: list[Change[str]] = []
        self.worked: list[str] = []
        self.cancelled: list[str] = []
        self.busy = asyncio.Event()
        self.takes_long = False

    def view(self) -> str:
        text = self.file.read_text()
        if "wrong" in text:
            raise BadInput(Problem("this is wrong", "", str(self.file), 1))
        return text

    async def saved(self) -> AsyncIterator[None]:
        for edit in self.edits:
            await asyncio.sleep(0)
            edit()
            yield

    async def work(self, view: str) -> None:
        try:
            if self.takes_long:
                await asyncio.sleep(60)
            self.worked.append(view)
        except asyncio.CancelledError:
            self.cancelled.append(view)

    def watch(self) -> None:
        def read() -> dict[Path, str]:
            return {self.file: self.file.read_text()}

        asyncio.run(watch(read, self.saved(), self.view, self.shown.append, self.work))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "draft.j2"
    file.write_text("one")
    return file


def test_a_change_an_error_and_its_mending_are_shown(file: Path) -> None:
    texts = ["two", "wrong", "still wrong", "three"]
    author = Author(file, *(lambda text=text: file.write_text(text) for text in texts))
    author.watch()
    assert [(change.before, change.now) for change in author.shown] == [
        (None, "one"),
        ("one", "two"),
        ("two", None),
        ("two", None),
        ("two", "three"),
    ]
    assert [change.files for change in author.shown] == [(), *[(file,)] * 4]
    error = author.shown[2].error
    assert error is not None
    assert (error.problems[0].file, error.problems[0].line) == (str(file), 1)
    assert author.worked[-1] == "three"


def test_a_project_that_is_wrong_at_first_is_shown_once_it_is_mended(file: Path) -> None:
    file.write_text("wrong")
    author = Author(file, lambda: file.write_text("right"))
    author.watch()
    assert [(change.before, change.now) for change in author.shown] == [
        (None, None),
        (None, "right"),
    ]


def test_a_file_that_is_saved_as_it_was_changes_nothing(file: Path) -> None:
    author = Author(file, file.touch, lambda: file.write_text("one"))
    author.watch()
    assert len(author.shown) == len(author.worked) == 1


def test_work_that_takes_long_is_given_up_when_a_file_is_saved(file: Path) -> None:
    author = Author(file, lambda: file.write_text("wrong"))
    author.takes_long = True
    author.watch()
    assert author.cancelled == ["one"]
    assert author.worked == []


def test_the_files_of_a_project_are_those_it_is_made_of(tmp_path: Path) -> None:
    home = tmp_path / "mix"
    init(home)
    (home / "runs").mkdir()
    (home / "runs" / "notes.md").write_text("none of it")
    (home / "prompts" / "kinds" / "story" / ".draft.j2.swp.j2").write_text("an editor's")
    names = {path.relative_to(home).as_posix() for path in Files(home).read()}
    assert {
        "exempla.yaml",
        "constitution/01-honesty.md",
        "prompts/kinds/story/draft.j2",
        "prompts/axes/genre.yaml",
        "recipes/documents.yaml",
    } <= names
    assert not any("runs" in name or "swp" in name for name in names)


def test_the_folders_that_exempla_yaml_names_are_watched_also_while_it_is_wrong(
    tmp_path: Path,
) -> None:
    home = tmp_path / "mix"
    init(home)
    (home / "constitution").rename(home / "charter")
    settings = home / "exempla.yaml"
    right = settings.read_text() + "\nconstitution: charter\n"
    files = Files(home)
    for text in (right, "name: ["):
        settings.write_text(text)
        assert home / "charter" / "01-honesty.md" in files.read()
        assert {home, home / "charter", home / "prompts" / "kinds" / "story"} <= set(
            files.folders()
        )


def test_files_in_new_folders_are_noticed(tmp_path: Path) -> None:
    home = tmp_path / "mix"
    init(home)
    files = Files(home)
    new = home / "prompts" / "kinds" / "letter"

    async def session() -> None:
        before = files.read()
        noticed = saves(files)
        new.mkdir()
        await anext(noticed)
        (new / "kind.yaml").write_text("says: A letter.")
        while files.read() == before:
            await anext(noticed)
        (new / "draft.j2").write_text("Write a letter.")
        await anext(noticed)
        assert {path.name for path in files.read().keys() - before.keys()} == {
            "kind.yaml",
            "draft.j2",
        }
        await noticed.aclose()  # type: ignore[attr-defined]

    asyncio.run(asyncio.wait_for(session(), 30))


def test_what_cannot_be_watched_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    class Gone(Files):
        def folders(self) -> list[Path]:
            return [tmp_path / "gone"]

    async def session() -> None:
        await anext(saves(Gone(tmp_path)))

    with pytest.raises(ExemplaError, match="cannot be watched"):
        asyncio.run(session())

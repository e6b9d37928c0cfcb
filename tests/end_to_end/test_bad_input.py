"""What a user reads who has made a mistake: exit code 2, file, line and remedy, no traceback."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

RUN = ("run", "--quiet", "--set", "engine.name=scripted", "--set", "plan.items=20")


no_root = pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"),
    reason="root may do everything, and setpriv, which takes that away, is not installed",
)


@dataclass(frozen=True)
class Mistake:
    """A change in a fresh project, the command that meets it, and what it must say."""

    file: str
    old: str
    new: str
    says: str
    """Of the problem, with `FILE:LINE: ` before it where the place is known."""
    remedy: str
    command: tuple[str, ...] = ("lint",)


def exempla(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*unprivileged(), sys.executable, "-m", "exempla", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def unprivileged() -> list[str]:
    """Lets root's file permissions count for nothing: root may write to a read-only folder."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--bounding-set=-all"] if os.geteuid() == 0 and setpriv else []


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder below a folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def assert_refused(done: subprocess.CompletedProcess[str], *says: str) -> None:
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for text in says:
        assert text in done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "mine"
    assert exempla("init", str(folder), cwd=folder.parent).returncode == 0
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A fresh project."""
    return shutil.copytree(made, tmp_path / "mine")


@pytest.fixture(scope="module")
def written(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose run is complete; tests leave it as it is."""
    folder = shutil.copytree(made, tmp_path_factory.mktemp("written") / "mine")
    done = exempla(*RUN, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


SETTINGS = "exempla.yaml"
HONESTY = "constitution/01-honesty.md"
DRAFT = "prompts/kinds/story/draft.j2"
SEEDS = "prompts/seeds/work-on-water.yaml"
FIRST_WORDS = "Write a complete short story"

MISTAKES = {
    "broken YAML": Mistake(
        SETTINGS, "  items: 200 ", "  items: [200 ", ":7: this is not YAML", "quotes and colons"
    ),
    "a duplicate key": Mistake(
        SETTINGS, "  seed: 7", "  items: 7", ":7: the key 'items' stands", "Keep one of the two."
    ),
    "an unknown key": Mistake(
        SETTINGS, "  seed: 7", "  sede: 7", ":7: unknown key 'sede'", "Did you mean 'seed'?"
    ),
    "an unknown heading": Mistake(
        HONESTY, "## Why", "## Whi", ":9: unknown heading 'Whi'", "Did you mean 'Why'?"
    ),
    "a template with an undefined name": Mistake(
        DRAFT, FIRST_WORDS, "{{ nobody }}", ":1: the name 'nobody' is not declared", "Known here:"
    ),
    "a template that reaches for Python's internals": Mistake(
        DRAFT,
        FIRST_WORDS,
        "{{ clause.__class__.__mro__ }}",
        ":1: '__class__' reaches for Python's internals",
        "Remove it.",
    ),
    "a template that reaches for Python's internals through a filter": Mistake(
        DRAFT,
        FIRST_WORDS,
        "{{ clause|attr('__class__') }}",
        ":1: this reaches outside the template",
        "Use only the names",
        RUN,
    ),
    "a seed that names no known principle": Mistake(
        SEEDS,
        "[owning-mistakes, candour, absent-people]",
        "[owning-mistake]",
        ":3: the seed 'tide-tables' names 'owning-mistake'",
        "Did you mean 'owning-mistakes'?",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_a_file_is_told_with_file_line_and_remedy(
    project: Path, mistake: Mistake
) -> None:
    path = project / mistake.file
    text = path.read_text(encoding="utf-8")
    assert mistake.old in text
    path.write_text(text.replace(mistake.old, mistake.new, 1), encoding="utf-8")
    before = contents(project)
    done = exempla(*mistake.command, cwd=project)
    assert_refused(done, f"{mistake.file}{mistake.says}", mistake.remedy)
    assert contents(project) == before


def test_an_empty_principle_is_told_with_its_line(project: Path) -> None:
    (project / HONESTY).write_text("---\nid: honesty\ntitle: Honesty\n---\n")
    done = exempla("lint", cwd=project)
    assert_refused(done, f"{HONESTY}:4: the principle has no statement", "Put one or two sentences")


def test_mistakes_in_several_files_are_told_at_once_and_as_json(project: Path) -> None:
    (project / HONESTY).write_text("no front matter\n")
    (project / DRAFT).write_text("one\n{{ nobody }}\n")
    (project / SEEDS).write_text("- id: pump\n")
    done = exempla("lint", "--json", cwd=project)
    assert (done.returncode, done.stderr) == (2, "")
    told = json.loads(done.stdout)
    assert (told["error"], told["exit"]) == ("BadInput", 2)
    places = {(problem["file"], problem["line"]) for problem in told["problems"]}
    assert {(HONESTY, 1), (DRAFT, 2), (SEEDS, 1)} == places
    assert all(problem["what"] and problem["remedy"] for problem in told["problems"])


@pytest.mark.parametrize(
    ("arguments", "says", "remedy"),
    [
        (("lint", "--set", "engine.name=scriptd"), "engine 'scriptd'", "Did you mean 'scripted'?"),
        (("preview", "200"), "the plan has no item 200", "Its items are 0 to 199."),
        (("run", "--worker", "0/4"), "'--worker 0/4' is not K/N", "Write --worker 1/4 to 4/4."),
        (("run", "--worker", "first"), "'--worker first' is not K/N", "Write --worker"),
        (("status", "runs/nothing"), "runs/nothing: there is no run in this folder", "Name a"),
        (("lint", "--project", "nowhere"), "nowhere: there is no such project", "exempla init"),
        (("init", "."), "this is there already and not empty", "Name a new folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_argument_is_told_with_a_remedy(
    made: Path, arguments: tuple[str, ...], says: str, remedy: str
) -> None:
    before = contents(made)
    assert_refused(exempla(*arguments, cwd=made), says, remedy)
    assert contents(made) == before


def test_an_unknown_engine_stops_a_run_before_anything_is_written(project: Path) -> None:
    settings = project / SETTINGS
    settings.write_text(settings.read_text().replace("name: auto ", "name: scriptd "))
    before = contents(project)
    done = exempla("run", cwd=project)
    assert_refused(done, "unknown engine 'scriptd'", "Did you mean 'scripted'?")
    assert contents(project) == before


def test_a_part_that_another_process_is_writing_is_refused(written: Path) -> None:
    journal = written / "runs" / "first" / "journal" / "part-1-of-1.jsonl"
    before = contents(written)
    with journal.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = exempla(*RUN, cwd=written)
    assert_refused(done, f"{journal.relative_to(written)}: another process", "Wait for it, or stop")
    assert contents(written) == before


def test_a_run_whose_settings_changed_is_refused_and_left_as_it_is(written: Path) -> None:
    before = contents(written)
    changed = ("--set", "plan.seed=8", "--set", "sampling.top_p=0.5")
    done = exempla(*RUN, *changed, cwd=written)
    frozen = "runs/first/run.yaml: settings"
    assert_refused(done, f"{frozen}.plan.seed: was 7, is 8", "another 'name'")
    assert_refused(done, f"{frozen}.sampling.top_p: was 0.95, is 0.5")
    assert contents(written) == before


def test_a_run_whose_prompts_changed_names_the_file(written: Path, tmp_path: Path) -> None:
    project = shutil.copytree(written, tmp_path / "mine")
    with (project / DRAFT).open("a") as file:
        file.write("And stop there.\n")
    done = exempla(*RUN, cwd=project)
    assert_refused(done, "prompts.kinds.story/draft.j2: was", "Set them back")


@no_root
@pytest.mark.parametrize("command", [RUN, ("init", "new/deeper")], ids=" ".join)
def test_a_read_only_folder_is_refused(project: Path, command: tuple[str, ...]) -> None:
    before = contents(project)
    project.chmod(0o555)
    try:
        done = exempla(*command, cwd=project)
    finally:
        project.chmod(0o755)
    assert_refused(done, "cannot be written: Permission denied", "Choose a folder that you may")
    assert contents(project) == before


@no_root
def test_a_mix_names_the_file_it_may_not_read_and_leaves_the_one_that_is_there(
    tmp_path: Path,
) -> None:
    records = tmp_path / "mine.jsonl"
    records.write_text('{"text": "One."}\n{"text": "Two."}\n{"text": "Three."}\n')
    sources = "sources: [{files: [mine.jsonl], kind: note}]"
    (tmp_path / "mine.yaml").write_text(f"name: mine\n{sources}\ndocuments: 2\nseed: 7\n")
    command = ("mix", "mine.yaml", "--quiet")
    assert exempla(*command, cwd=tmp_path).returncode == 0
    before = contents(tmp_path / "runs")
    records.chmod(0)
    assert_refused(exempla(*command, cwd=tmp_path), "mine.jsonl: cannot be read: Permission denied")
    assert contents(tmp_path / "runs") == before


@pytest.mark.parametrize("runs", ["taken", "/proc/nothing"])
def test_a_runs_folder_that_cannot_be_made_is_refused(project: Path, runs: str) -> None:
    (project / "taken").write_text("a file in place of the folder")
    before = contents(project)
    done = exempla(*RUN, "--set", f"runs={runs}", cwd=project)
    assert_refused(done, f"{runs}/first", "cannot be written", "Choose a folder that you may")
    assert contents(project) == before


def test_a_model_folder_that_does_not_exist_is_refused(project: Path) -> None:
    done = exempla(
        *("run", "--quiet", "--set", "engine.name=transformers"),
        *("--set", "engine.model=./models/nothing", "--set", "plan.items=20"),
        cwd=project,
    )
    assert_refused(done, "--set engine.model: no such model folder", "Check the path")
    assert not (project / "runs" / "first" / "run.yaml").exists()

from pathlib import Path

import pytest

from exempla.errors import BadInput
from exempla.project import load_project
from generator.checks.evaluations import Evaluations, load_evaluations
from generator.checks.settings import DecontaminateSettings

QUESTION = "Who tuned the harbour bell at night?"


def load(home: Path, *files: str, fields: tuple[str, ...] | None = None) -> Evaluations:
    return load_evaluations(home, DecontaminateSettings(files=files, fields=fields))


def told(error: pytest.ExceptionInfo[BadInput]) -> str:
    return " ".join(str(problem) for problem in error.value.problems)


def test_text_markdown_and_every_string_of_jsonl_are_read(tmp_path: Path) -> None:
    (tmp_path / "evals/deep").mkdir(parents=True)
    (tmp_path / "evals/a.txt").write_text(QUESTION, encoding="utf-8")
    (tmp_path / "evals/deep/b.md").write_text(f"# Case\n\n{QUESTION}", encoding="utf-8")
    (tmp_path / "evals/c.jsonl").write_text(
        f'{{"messages": [{{"role": "user", "content": "{QUESTION}"}}], "n": 1}}\n\n'
        f'{{"prompt": "{QUESTION}", "id": "x"}}\n',
        encoding="utf-8",
    )
    (tmp_path / "evals/notes.csv").write_text("no text", encoding="utf-8")
    found = load(tmp_path, "evals")
    assert [text.place for text in found.texts] == [
        "evals/a.txt",
        "evals/c.jsonl:1",
        "evals/c.jsonl:3",
        "evals/deep/b.md",
    ]
    assert set(found.digests) == {"evals/a.txt", "evals/c.jsonl", "evals/deep/b.md"}


def test_only_the_named_fields_are_read(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(
        f'{{"messages": [{{"content": "{QUESTION}"}}], "note": "not this one, which is long"}}\n',
        encoding="utf-8",
    )
    found = load(tmp_path, "*.jsonl", fields=("messages.content", "prompt"))
    assert [text.text for text in found.texts] == [QUESTION]


def test_every_file_that_cannot_be_used_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"prompt": "x"}\n{broken\n', encoding="utf-8")
    (tmp_path / "few.txt").write_text("Two words", encoding="utf-8")
    (tmp_path / "table.csv").write_text("a,b", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 au lait for all of us")
    (tmp_path / "empty").mkdir()
    files = ("bad.jsonl", "few.txt", "table.csv", "latin.txt", "empty", "gone.txt", "no-*.md")
    with pytest.raises(BadInput) as error:
        load(tmp_path, *files)
    message = told(error)
    assert f"{tmp_path / 'bad.jsonl'}:2: this line is not JSON" in message
    assert f"{tmp_path / 'few.txt'}: there is no text of 5 words" in message
    assert "cannot be read from a '.csv' file" in message
    assert f"{tmp_path / 'latin.txt'}:1: this is not UTF-8" in message
    assert "the folder 'empty' has no .jsonl, .md, .txt file" in message
    assert f"{tmp_path / 'gone.txt'}: no such file" in message
    assert "no file is called 'no-*.md'" in message


def test_a_project_is_not_loaded_without_its_evaluation_files(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as error:
        load_project(tmp_path, ["engine.name=scripted", "decontaminate=[evals/one.txt]"])
    assert f"{tmp_path / 'evals/one.txt'}: no such file" in told(error)


def test_the_digests_of_the_files_are_frozen_with_a_run(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(QUESTION, encoding="utf-8")
    settings = ["engine.name=scripted", "decontaminate={files: [one.txt], words: 9}"]
    frozen = load_project(tmp_path, settings).frozen(1)["settings"]["decontaminate"]
    assert frozen["words"] == 9
    assert list(frozen["files"]) == ["one.txt"]
    (tmp_path / "one.txt").write_text(QUESTION + " Who?", encoding="utf-8")
    changed = load_project(tmp_path, settings).frozen(1)["settings"]["decontaminate"]
    assert changed["files"] != frozen["files"]

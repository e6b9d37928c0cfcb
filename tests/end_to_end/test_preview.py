"""What an author sees, on a terminal and off one."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

Exempla = Callable[..., subprocess.CompletedProcess[str]]

SCRIPTED = "--set=engine.name=scripted"
FAULTS = "--set=engine.args={broken: 0.3, refused: 0.3}"
PATIENCE = 60.0


@pytest.fixture
def mix(tmp_path: Path, exempla: Exempla) -> Path:
    assert exempla("init", "mix").returncode == 0
    return tmp_path / "mix"


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class Shown:
    """What a running command has written to its terminal so far."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        self.process = process
        self._end = end
        self.text = ""

    def until(self, words: str) -> str:
        """Wait for words that have not been seen, and return all up to them."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.text:
            assert time.monotonic() < deadline, f"never saw {words!r} in:\n{self.text}"
            if not self._more():
                raise AssertionError(f"ended without {words!r}:\n{self.text}")
        before, _, self.text = self.text.partition(words)
        return before + words

    def rest(self) -> str:
        while self._more():
            pass
        return self.text

    def _more(self) -> bool:
        if not select.select([self._end], [], [], 1)[0]:
            return True
        try:
            found = os.read(self._end, 65536)
        except OSError:  # nobody has the other end open any more
            return False
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", found.decode(errors="replace"))
        self.text += plain.replace("\r\n", "\n")
        return bool(found)


@contextmanager
def terminal(folder: Path, columns: int, *arguments: str) -> Iterator[Shown]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    command = [sys.executable, "-m", "exempla", "preview", SCRIPTED, *arguments]
    # pytest-xdist tells its workers a width.
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    environment["TERM"] = "xterm"
    process = subprocess.Popen(
        command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    try:
        yield Shown(process, ours)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(ours)


def test_an_item_can_be_named_by_number_or_id_in_either_way(mix: Path, exempla: Exempla) -> None:
    def item(*arguments: str) -> str:
        told = exempla("preview", "--project=mix", SCRIPTED, "--json", *arguments)
        return str(json.loads(told.stdout)["item"]["id"])

    name = item("7")
    assert item("--item", "7") == item("--item", name[:12]) == item(name) == name


def test_a_table_tells_what_an_item_was_dealt_and_json_has_every_word(
    mix: Path, exempla: Exempla
) -> None:
    arguments = ("preview", "--project=mix", SCRIPTED, "--kind=story")
    told = json.loads(exempla(*arguments, "--json").stdout)
    words = {found["what"]: found["words"] for found in told["dealt"]}
    assert words["genre"] == told["item"]["words"]["genre"]
    shown = exempla(*arguments, "--stage=draft").stdout
    for found in told["dealt"]:
        row = next(line for line in shown.splitlines() if line.split()[:2] == [*found.values()][:2])
        assert len(row) <= 120
        assert found["words"][:20] in row
    assert "--- draft: user ---" in shown
    assert "--- idea" not in shown


def test_samples_show_texts_checks_and_reasons_and_leave_nothing_behind(
    mix: Path, exempla: Exempla
) -> None:
    before = files(mix)
    arguments = ("preview", "--project=mix", SCRIPTED, FAULTS, "--write=8", "--stages")
    done = exempla(*arguments)
    assert done.returncode == 0, done.stderr
    assert "writing" in done.stderr
    assert done.stdout.count("=== Sample ") == 8
    assert re.search(r"^accepted\nchecks: words \d+, ", done.stdout, re.MULTILINE)
    assert re.search(r"^rejected at '\w+': ", done.stdout, re.MULTILINE)
    assert "--- idea ---" in done.stdout
    told = json.loads(exempla(*arguments[:-1], "--json").stdout)
    outcomes = [sample["outcome"] for sample in told["samples"]]
    assert (told["asked"], set(outcomes)) == (8, {"accepted", "rejected"})
    accepted, rejected = outcomes.count("accepted"), outcomes.count("rejected")
    assert f"{accepted} accepted + {rejected} rejected = 8 samples" in done.stdout
    for sample in told["samples"]:
        if sample["outcome"] == "accepted":
            for turn in sample.get("messages") or [
                {"content": sample["title"]},
                {"content": sample["text"]},
            ]:
                assert turn["content"] in done.stdout
            assert sample["checks"]["words"] > 100
            assert [stage["stage"] for stage in sample["stages"]][-1] == "revise"
        else:
            assert f"rejected at '{sample['stage']}': {sample['reason']}" in done.stdout
    assert files(mix) == before


def test_fewer_items_than_asked_for_are_told(mix: Path, exempla: Exempla) -> None:
    done = exempla("preview", "3", "--project=mix", SCRIPTED, "--write=2", "--quiet")
    assert "= 1 sample; no more items fit --item 3" in done.stdout
    assert done.stderr == ""


def test_on_a_wide_terminal_samples_stand_side_by_side(mix: Path) -> None:
    with terminal(mix, 160, "--write=4", "--kind=story") as shown:
        text = shown.rest()
        assert shown.process.wait() == 0
    rows = [line for line in text.splitlines() if "=== Sample" in line]
    assert [row.count("=== Sample") for row in rows] == [3, 1]
    assert re.search(r"accepted +accepted +accepted", text)


def test_on_a_narrow_terminal_samples_stand_one_after_the_other(mix: Path) -> None:
    with terminal(mix, 90, "--write=2") as shown:
        text = shown.rest()
    rows = [line for line in text.splitlines() if "=== Sample" in line]
    assert [row.count("=== Sample") for row in rows] == [1, 1]


def test_ctrl_c_shows_what_is_finished_and_ends_with_75(mix: Path) -> None:
    before = files(mix)
    slow = ("--set=engine.args={delay: 0.3}", "--set=engine.in_flight=1")
    with terminal(mix, 120, "--write=9", "--kind=story", *slow) as shown:
        shown.until("1/9")
        shown.process.send_signal(signal.SIGINT)
        text = shown.rest()
        assert shown.process.wait() == 75
    assert "=== Sample 1" in text
    assert "of 9 samples were finished" in text
    assert "Traceback" not in text
    assert files(mix) == before


def test_a_watch_shows_changes_errors_and_their_mending_until_ctrl_c(mix: Path) -> None:
    draft = mix / "prompts/kinds/story/draft.j2"
    text = draft.read_text()
    with terminal(mix, 120, "--kind=story", "--watch") as shown:
        shown.until("--- draft: user ---")
        shown.until("Ctrl-C ends it.")
        draft.write_text("A word before. " + text)
        shown.until("prompts/kinds/story/draft.j2 =====")
        assert "--- idea" not in shown.until("What is different in the prompts")
        shown.until("draft, user, line 1:")
        shown.until("+ A word before. ")
        draft.write_text(text.replace("{{ clause }}", "{{ claus }}"))
        line = next(n for n, row in enumerate(text.splitlines(), 1) if "{{ clause }}" in row)
        shown.until(f"draft.j2:{line}: the name 'claus' is not declared")
        (mix / "exempla.yaml").write_text("name: [")
        shown.until("exempla.yaml:2: this is not YAML")
        (mix / "exempla.yaml").write_text("plan: {items: 200}")
        shown.until("draft.j2:")
        beside = draft.with_suffix(".new")  # as editors save
        beside.write_text(text)
        beside.replace(draft)
        shown.until("No more errors.")
        shown.until("- A word before. ")
        shown.process.send_signal(signal.SIGINT)
        shown.until("No longer watching.")
        assert shown.process.wait() == 0


def test_an_item_that_is_watched_by_its_id_stays_although_the_id_changes(
    mix: Path, exempla: Exempla
) -> None:
    told = exempla("preview", "0", "--project=mix", SCRIPTED, "--json").stdout
    item = json.loads(told)["item"]
    stage = mix / "prompts/kinds" / item["kind"] / "draft.j2"
    with terminal(mix, 120, f"--item={item['id']}", "--watch") as shown:
        shown.until("Ctrl-C ends it.")
        for word in ("First", "Second"):
            stage.write_text(word + stage.read_text())
            shown.until("What is different in the prompts of item 0")
            shown.until(f"+ {word}")


def test_a_watch_with_samples_writes_them_anew_after_each_save(mix: Path) -> None:
    idea = mix / "prompts/kinds/story/idea.j2"
    before = files(mix)
    with terminal(mix, 120, "--kind=story", "--write=2", "--watch") as shown:
        first = shown.until("2 accepted + 0 rejected = 2 samples")
        assert "=== Sample 1" in first
        idea.write_text("More. " + idea.read_text())
        shown.until("+ More. ")
        shown.until("2 accepted + 0 rejected = 2 samples")
        shown.process.send_signal(signal.SIGINT)
        shown.until("No longer watching.")
        assert shown.process.wait() == 0
    assert files(mix).keys() == before.keys()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("3", "--item=4"), "an item is named twice"),
        (("--watch", "--json"), "'--watch' and '--json' cannot be given together"),
        (("--stages",), "'--stages' is for samples"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    exempla: Exempla, arguments: tuple[str, ...], words: str
) -> None:
    done = exempla("preview", SCRIPTED, *arguments)
    assert done.returncode == 2
    assert words in done.stdout + done.stderr

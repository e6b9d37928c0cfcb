import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from exempla.errors import BadInput
from output.row import MessagesRow, Row, TextRow
from output.token_counts import TokenCounts
from output.tokenizer import Tokenizer, load_tokenizer

CHAT = MessagesRow(
    "a",
    ({"role": "user", "content": "Who signed?"}, {"role": "assistant", "content": "Nobody."}),
    "[]",
    "advice",
    ("honesty",),
    "",
    "",
)


def text(content: str) -> TextRow:
    return TextRow("a", content, "story", ("honesty",), "", "")


def test_texts_are_counted_as_they_stand_and_conversations_in_the_chat_template(
    words: Tokenizer,
) -> None:
    assert words.count([text("One two."), text("One."), text("")]) == [2, 1, 0]
    assert words.count([CHAT]) == [5]


def test_a_conversation_that_the_chat_template_refuses_is_named(words: Tokenizer) -> None:
    late = MessagesRow(
        "b", (*CHAT.messages, {"role": "system", "content": "Be kind."}), "[]", "", ("",), "", ""
    )
    with pytest.raises(BadInput, match="refuses the conversation 'b': late"):
        words.count([late])


def test_a_tokenizer_is_known_by_its_rules_and_its_chat_template(
    words: Tokenizer, tmp_path: Path
) -> None:
    words.inner.save_pretrained(tmp_path / "same")
    same = load_tokenizer("same", str(tmp_path / "same"), "text")
    assert same.digest == words.digest
    shutil.copytree(tmp_path / "same", tmp_path / "bare")
    (tmp_path / "bare" / "chat_template.jinja").unlink()
    bare = load_tokenizer("bare", str(tmp_path / "bare"), "text")
    assert bare.digest != words.digest
    with pytest.raises(BadInput, match="'bare' has no chat template to count conversations by"):
        load_tokenizer("bare", str(tmp_path / "bare"), "messages")


def test_a_folder_without_a_tokenizer_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no tokenizer 'mine' that can be loaded") as caught:
        load_tokenizer("mine", str(tmp_path), "text")
    assert caught.value.problems[0].setting == "tokenizer"


def test_what_was_counted_once_is_not_counted_again(words: Tokenizer, tmp_path: Path) -> None:
    first = TokenCounts(words, tmp_path)
    rows: list[Row] = [text("One two."), CHAT, text("One.")]
    assert first.count(rows) == words.count(rows)
    assert first.count(rows) == words.count(rows)
    assert first.counted == 3
    first.save()
    second = TokenCounts(words, tmp_path)
    more: list[Row] = [text("One two three."), *rows]
    assert second.count(more) == words.count(more)
    assert second.counted == 1


def test_what_two_processes_count_at_once_is_all_kept(words: Tokenizer, tmp_path: Path) -> None:
    one, other = TokenCounts(words, tmp_path), TokenCounts(words, tmp_path)
    one.count([text("One."), text("Both.")])
    other.count([text("Two."), text("Both.")])
    one.save()
    other.save()
    after = TokenCounts(words, tmp_path)
    assert after.count([text("One."), text("Two."), text("Both.")]) == [1, 1, 1]
    assert after.counted == 0


SOMEBODY_ELSES = """
import sys
from pathlib import Path
from output.row import TextRow
from output.token_counts import TokenCounts
from output.tokenizer import load_tokenizer

runs = Path(sys.argv[2])
runs.chmod(0o500)
counts = TokenCounts(load_tokenizer("words", sys.argv[1], "text"), runs / ".tokens")
print(counts.count([TextRow("a", "One two.", "story", ("honesty",), "", "")]))
counts.save()
"""


def test_where_nobody_may_write_counts_are_made_and_not_kept(
    words: Tokenizer, tmp_path: Path
) -> None:
    words.inner.save_pretrained(tmp_path / "words")
    (tmp_path / "runs").mkdir()
    # Root may write anywhere, unless it is told that it may not.
    setpriv = shutil.which("setpriv") if os.geteuid() == 0 else None
    command = [*([setpriv, "--bounding-set=-all"] if setpriv else []), sys.executable, "-c"]
    done = subprocess.run(
        [*command, SOMEBODY_ELSES, str(tmp_path / "words"), str(tmp_path / "runs")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "[2]\n"), done.stderr
    assert not list((tmp_path / "runs").iterdir())


def test_counts_that_cannot_be_read_are_made_again(words: Tokenizer, tmp_path: Path) -> None:
    counts = TokenCounts(words, tmp_path)
    counts.count([text("One two.")])
    counts.save()
    (file,) = tmp_path.glob("*.npy")
    file.write_bytes(file.read_bytes()[:20])
    again = TokenCounts(words, tmp_path)
    assert again.count([text("One two.")]) == [2]
    assert again.counted == 1

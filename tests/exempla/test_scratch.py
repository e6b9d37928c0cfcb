import os
import signal
from pathlib import Path

import pytest

from exempla.errors import BadInput, ExemplaError, Interrupted
from exempla.scratch import interruptible, scratch_folder


def test_a_scratch_folder_is_empty_at_first_and_gone_at_the_end(tmp_path: Path) -> None:
    left = tmp_path / ".out.scratch"
    left.mkdir()
    (left / "of-a-killed-process").write_bytes(b"old")
    with scratch_folder(tmp_path / "out") as folder:
        assert list(folder.iterdir()) == []
        (folder / "new").write_bytes(b"new")
    assert list(tmp_path.iterdir()) == []


def fail(beside: Path) -> None:
    with scratch_folder(beside) as folder:
        (folder / "new").write_bytes(b"new")
        raise OSError(28, "No space left on device")


def test_a_scratch_folder_goes_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ExemplaError, match="out: cannot be written: No space left"):
        fail(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_two_cannot_make_one_file_at_the_same_time(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "out") as folder:
        (folder / "new").write_bytes(b"new")
        with pytest.raises(BadInput, match="another process"), scratch_folder(tmp_path / "out"):
            pass
        assert (folder / "new").read_bytes() == b"new"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_an_error_within_the_block_and_itself_afterwards(number: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Interrupted), interruptible():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before

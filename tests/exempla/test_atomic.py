import errno
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exempla.atomic import cannot_write, replacing, replacing_folder
from exempla.errors import BadInput, ExemplaError


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file may grow past `size` bytes; a write that would raises, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_the_file_appears_when_the_block_ends_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with replacing(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_left_and_the_old_file_stays_if_the_block_raises(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_half() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_and_the_old_file_stays_if_the_disk_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with full_disk(10_000), pytest.raises(ExemplaError) as caught, replacing(path) as file:
        file.write(bytes(100_000))
    assert not isinstance(caught.value, BadInput)
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    assert "run the same command again" in problem.remedy
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("below", ["file/inner", "folder", "x" * 300, "file/a/b"])
def test_a_place_that_cannot_be_written_is_bad_input(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder" / "full").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInput) as caught, replacing(tmp_path / below) as file:
        file.write(b"x")
    assert caught.value.problems[0].file == str(tmp_path / below)
    assert "Choose a folder" in caught.value.problems[0].remedy
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_no_file_is_refused_and_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(BadInput, match="a device or a pipe"), replacing(pipe):
        pass
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        (errno.EACCES, 2),
        (errno.EROFS, 2),
        (errno.ENOENT, 2),
        (errno.EISDIR, 2),
        (errno.ENOSPC, 1),
        (errno.EDQUOT, 1),
        (errno.EIO, 1),
    ],
)
def test_a_wrong_place_and_a_failing_disk_have_different_exit_codes(
    code: int, exit_code: int
) -> None:
    error = cannot_write(Path("x"), OSError(code, "reason"))
    assert error.exit_code == exit_code
    assert "reason" in str(error)


def test_a_folder_takes_the_place_of_the_old_one_when_the_block_ends(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "mix"
    for text in ("one", "two"):
        with replacing_folder(folder) as beside:
            (beside / text).touch()
            assert not (folder / text).exists()
        assert [path.name for path in folder.iterdir()] == [text]
    assert list(folder.parent.iterdir()) == [folder]


def test_the_old_folder_stays_and_nothing_is_left_if_the_block_raises(tmp_path: Path) -> None:
    folder = tmp_path / "mix"
    folder.mkdir()
    (folder / "old").touch()

    def write_half() -> None:
        with replacing_folder(folder) as beside:
            (beside / "half").touch()
            raise KeyError

    with pytest.raises(KeyError):
        write_half()
    with (
        full_disk(1000),
        pytest.raises(ExemplaError, match="Free some space"),
        replacing_folder(folder) as beside,
    ):
        (beside / "half").write_bytes(bytes(10_000))
    assert [path.name for path in folder.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [folder]


def test_what_a_killed_process_left_beside_a_folder_is_put_back_or_removed(tmp_path: Path) -> None:
    folder = tmp_path / "mix"
    (tmp_path / ".mix.before").mkdir()
    (tmp_path / ".mix.before" / "old").touch()
    (tmp_path / ".mix.part").mkdir()
    (tmp_path / ".mix.part" / "half").touch()

    def fail() -> None:
        with replacing_folder(folder) as beside:
            assert not list(beside.iterdir())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [path.name for path in folder.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [folder]

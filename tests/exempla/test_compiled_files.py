"""Compiled code is kept where it can be, and is made anew where it cannot."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULE = """
import resource, sys
from exempla.compiled import compiled

@compiled
def doubled(number):
    return 2 * number

if "full" in sys.argv:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
assert doubled(21) == 42
print(doubled.stats.cache_hits and "loaded" or "compiled")
"""


def call(folder: Path, *arguments: str, kept: Path | None = None) -> str:
    """Call a compiled function in a process of its own, which keeps it nowhere else."""
    module = folder / "doubled.py"
    module.write_text(MODULE, encoding="utf-8")
    where = {
        "PYTHONPATH": str(ROOT),
        "NUMBA_CACHE_DIR": str(kept or folder / "kept"),
        "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
    }
    command = [sys.executable, str(module), *arguments]
    ended = subprocess.run(command, env=os.environ | where, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_without_a_folder_to_write_to_it_is_compiled_anew(tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.touch()
    assert call(tmp_path, kept=nowhere / "kept") == "compiled"


def test_on_a_full_disk_it_is_compiled_and_not_kept(tmp_path: Path) -> None:
    assert call(tmp_path, "full") == "compiled"
    assert call(tmp_path) == "compiled"


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_file_that_was_not_written_to_its_end_is_passed_over(tmp_path: Path, suffix: str) -> None:
    assert call(tmp_path) == "compiled"
    assert call(tmp_path) == "loaded"
    for file in (tmp_path / "kept").rglob(f"*.{suffix}"):
        file.write_bytes(file.read_bytes()[:20])
    assert call(tmp_path) == "compiled"

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FAULTS = "engine.args={cut_off: 0.1, broken: 0.1, refused: 0.05, repeated: 0.2, delay: %s}"

Exempla = Callable[..., subprocess.CompletedProcess[str]]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole commands take their time: all tests in this folder are slow ones."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def exempla(tmp_path: Path) -> Exempla:
    """Runs a real command in an empty folder of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "exempla", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )

    return run


@pytest.fixture
def rehearsal() -> Callable[[str, int, float], list[str]]:
    """Arguments of a run with the scripted engine and every fault it knows."""

    def arguments(name: str, items: int, delay: float = 0.0) -> list[str]:
        return [
            "run",
            "--quiet",
            "--set=engine.name=scripted",
            f"--set=plan.items={items}",
            f"--set=name={name}",
            f"--set={FAULTS % delay}",
        ]

    return arguments


@pytest.fixture
def final_files() -> Callable[[Path], dict[str, str]]:
    """Hashes of every file of a run that is made from its journal."""

    def hashes(run: Path) -> dict[str, str]:
        return {
            path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(run.rglob("*"))
            if path.is_file() and "journal" not in path.parts
        }

    return hashes

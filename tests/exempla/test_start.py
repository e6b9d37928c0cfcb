"""What starting a command costs, and what its help says."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "transformers", "outlines", "vllm", "ray", "datasets")

PROBE = f"""
import sys
sys.argv = ["exempla", *sys.argv[1:]]
from exempla.__main__ import main
try:
    main()
finally:
    print("imported:", *(name for name in {HEAVY!r} if name in sys.modules))
"""

COMMANDS = "import typer; from exempla.cli import app; print(*typer.main.get_command(app).commands)"


def python(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("run", "--help"),
        ("lint",),
        ("lint", "--set", "engine.name=scripted"),
        ("plan", "--set", "plan.items=20"),
        ("preview", "3"),
        ("preview", "--write", "1", "--quiet", "--set", "engine.name=scripted"),
    ],
    ids=" ".join,
)
def test_a_command_that_needs_no_model_imports_no_heavy_package(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = python("-c", PROBE, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].split() == ["imported:"]


def test_every_commands_help_shows_an_example(tmp_path: Path) -> None:
    commands = python("-c", COMMANDS).stdout.split()
    assert {"init", "lint", "plan", "preview", "run", "status", "show", "verify"} <= set(commands)
    assert "exempla init" in python("-m", "exempla", "--help").stdout
    for command in commands:
        shown = python("-m", "exempla", command, "--help")
        assert shown.returncode == 0
        assert f"Example: exempla {command}" in shown.stdout

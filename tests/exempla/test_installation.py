import subprocess
import sys
from pathlib import Path

from exempla.installation import PACKAGES, check_installation

ROOT = Path(__file__).parents[2]


def test_the_packages_here_are_ours() -> None:
    check_installation()


def test_every_package_of_the_project_is_watched() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert set(PACKAGES) == folders - {"benchmarks"}


def test_no_benchmark_hides_a_package_from_those_beside_it() -> None:
    # A script's own folder is looked in first.
    assert not {path.stem for path in (ROOT / "benchmarks").iterdir()}.intersection(PACKAGES)


def test_a_package_that_hides_one_of_ours_stops_the_command(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    done = subprocess.run(
        [sys.executable, "-m", "exempla", "lint"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"'prompts' was found at {tmp_path / 'prompts' / '__init__.py'}" in done.stderr
    assert "environment of its own" in done.stderr
    assert "Traceback" not in done.stderr

import subprocess
import sys
from pathlib import Path

import pytest

from exempla.compiled import compiled

CALLED = """
from exempla.compiled import compiled

@compiled
def answer():
    return {}
"""

CALLING = """
from called import answer
from exempla.compiled import compiled

@compiled
def twice():
    return 2 * answer()

print(twice(), sum(twice.stats.cache_hits.values()))
"""


def run(folder: Path) -> list[int]:
    """What the function gives in a new process, and how often it was found compiled."""
    script = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(Path.cwd())!r}]; import calling"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return [int(part) for part in done.stdout.split()]


@pytest.mark.slow
def test_what_was_compiled_is_kept_until_a_function_that_it_calls_changes(tmp_path: Path) -> None:
    (tmp_path / "calling.py").write_text(CALLING)
    (tmp_path / "called.py").write_text(CALLED.format(21))
    assert [run(tmp_path), run(tmp_path)] == [[42, 0], [42, 1]]
    (tmp_path / "called.py").write_text(CALLED.format(5))
    assert run(tmp_path) == [10, 0]


def test_a_function_that_cannot_be_kept_is_compiled_all_the_same() -> None:
    scope: dict[str, object] = {}
    exec(compile("def answer(): return 42", "<nowhere>", "exec"), scope)  # noqa: S102
    answer = scope["answer"]
    assert callable(answer)
    assert compiled(answer)() == 42

import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from generator.engines.log import EngineLog


@pytest.fixture
def log() -> Iterator[EngineLog]:
    made = EngineLog()
    yield made
    made.remove()
    assert not made.path.exists()


def test_what_a_child_prints_goes_to_the_file_and_progress_to_the_terminal(
    log: EngineLog, capfd: pytest.CaptureFixture[str]
) -> None:
    with log.taking_output():
        script = "import sys; print('to out'); print('to err', file=sys.stderr)"
        subprocess.run([sys.executable, "-c", script], check=True)
        sys.stdout.write("a library's words\n")
        sys.stderr.write("loading 30%\n")
    os.write(1, b"after\n")
    assert capfd.readouterr() == ("after\n", "loading 30%\n")
    assert sorted(log.path.read_text().splitlines()) == ["a library's words", "to err", "to out"]


def test_a_logger_that_is_taken_writes_to_the_file_alone(
    log: EngineLog, capfd: pytest.CaptureFixture[str]
) -> None:
    log.take_logger("some.engine")
    logging.getLogger("some.engine.core").warning("died")
    assert capfd.readouterr() == ("", "")
    assert "died" in log.path.read_text()
    for handler in logging.getLogger("some.engine").handlers:
        handler.close()


def test_the_first_error_is_the_cause(log: EngineLog) -> None:
    log.path.write_text(
        "(Core pid=7) INFO 11-23 [core.py:3] loading\n"
        "(Core pid=7) ERROR 11-23 [core.py:9] Traceback (most recent call last):\n"
        "(Core pid=7) ERROR 11-23 [core.py:9] torch.OutOfMemoryError: CUDA out of memory.\n"
        "(Api pid=8) RuntimeError: Engine core initialization failed. See root cause above.\n"
        "(Api pid=8) ValueError: something later\n"
    )
    assert log.cause() == "OutOfMemoryError: CUDA out of memory."


def test_a_file_without_errors_has_no_cause(log: EngineLog) -> None:
    log.path.write_text("INFO: all is well\nRuntimeError: cancelled\n")
    assert log.cause() == ""

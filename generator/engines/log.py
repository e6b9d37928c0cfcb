"""Where the talk of vLLM's processes goes, so that the terminal and standard output stay ours."""

import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ERROR = re.compile(r"(?:^|[\s.])(\w+(?:Error|Exception)): (.+)$", re.MULTILINE)
_ECHOES = (
    "Engine core initialization failed",
    "WorkerProc initialization failed",
    "See stack",
    "cancelled",
)
"""Said after the cause was told."""


class EngineLog:
    """A file that takes what the engine and its processes print."""

    def __init__(self) -> None:
        file, name = tempfile.mkstemp(prefix="exempla-vllm-", suffix=".log")
        os.close(file)
        self.path = Path(name)

    @contextmanager
    def taking_output(self) -> Iterator[None]:
        """Send standard output and error of processes that are begun in the block to the file.

        They keep writing there for as long as they live. This process keeps its standard error,
        for the progress that is shown meanwhile.
        """
        kept = {stream: os.dup(stream) for stream in (1, 2)}
        streams, last_resort = (sys.stdout, sys.stderr), logging.lastResort
        with (
            self.path.open("a", encoding="utf-8") as log,
            os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8") as terminal,
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            try:
                for stream in kept:
                    os.dup2(log.fileno(), stream)
                sys.stdout, sys.stderr = log, terminal
                # vLLM logs before it has set its logger up.
                logging.lastResort = logging.StreamHandler(log)
                yield
            finally:
                sys.stdout, sys.stderr = streams
                logging.lastResort = last_resort
                for stream, copy in kept.items():
                    os.dup2(copy, stream)
                    os.close(copy)

    def take_logger(self, name: str) -> None:
        """Send a logger's lines to the file instead of where they went."""
        logger = logging.getLogger(name)
        logger.handlers = [logging.FileHandler(self.path)]
        logger.propagate = False

    def cause(self) -> str:
        """The first error in the file, which those after it follow from; else nothing."""
        text = self.path.read_text(encoding="utf-8", errors="replace")
        for found in _ERROR.finditer(text):
            if not any(echo in found[2] for echo in _ECHOES):
                return f"{found[1]}: {found[2].strip()}"
        return ""

    def remove(self) -> None:
        """Delete the file; whoever still writes to it goes on without it."""
        self.path.unlink(missing_ok=True)

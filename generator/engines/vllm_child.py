"""Runs inside vLLM's own processes: they end with the run that began them, however it ended.

vLLM loads it as a plug-in. Without it the process that holds the model would outlive a run that
was killed, and with it all of the GPU's memory.
"""

import os
import signal
import threading
import time

PARENT = "EXEMPLA_VLLM_PARENT"
"""The environment variable with the number of the process that opened the engine."""
LOOK = 1.0
"""Seconds between two looks at who the parent is."""


def end_with_parent() -> None:
    """Watch over the parent, if it is the process that opened the engine."""
    parent = os.environ.get(PARENT, "")
    if parent == str(os.getppid()):
        threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os.kill(os.getpid(), signal.SIGKILL)

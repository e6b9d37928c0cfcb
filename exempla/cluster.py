"""Which Ray cluster, and how many actors it has room for."""

import logging
import math
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ray
import ray.data

from exempla.errors import BadInput, Problem
from exempla.settings import Settings

OBJECT_STORE = 100_000_000
"""Bytes, in a Ray that is started for the run alone; next to nothing is kept there."""
LOCAL = "local"
"""The address that starts a Ray for the run alone."""
LATEST = Path(os.environ.get("RAY_TMPDIR", "/tmp")) / "ray" / "ray_current_cluster"  # noqa: S108
"""Where `ray start` leaves the address of the latest cluster on a machine."""
REACH = 10.0
"""Seconds for a cluster to take a connection."""
WITHOUT_GPU = {"scripted", "server"}
"""Engines that load no model where they run."""
PARALLEL = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
"""Arguments of vLLM whose product is the number of GPUs that it takes."""


def connect(given: str) -> None:
    """Connect this process to the cluster that an address names, or start one.

    Raises:
        BadInput: it cannot be reached, or cannot be used.
    """
    address = _address(given)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        with _silent_stderr():
            ray.init(
                address=address or None,
                object_store_memory=OBJECT_STORE if address == LOCAL else None,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
            )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _unusable(address or "auto", _said(error)) from error
    for name in ("ray", "ray.data"):
        logger = logging.getLogger(name)
        logger.propagate = False
        for handler in [h for h in logger.handlers if isinstance(h, logging.StreamHandler)]:
            logger.removeHandler(handler)
    ray.data.DataContext.get_current().enable_progress_bars = False


def _address(given: str) -> str:
    """What `ray.init` is to have, empty for the latest cluster on this machine.

    Ray would find out by itself, but tries for many minutes where nobody answers.
    """
    named = given or os.environ.get("RAY_ADDRESS", "")
    if named == LOCAL:
        return LOCAL
    if named in ("", "auto"):
        running = LATEST.read_text().strip() if LATEST.exists() else ""
        if running and not _refusal(running):
            return ""
        if named:
            raise _unusable(named, "no Ray is running on this machine")
        return LOCAL
    if why := _refusal(named):
        raise _unusable(named, why)
    return named


def _refusal(address: str) -> str:
    """Why nobody can be reached there; empty where somebody can."""
    try:
        server = urlsplit(f"//{address}")
        with socket.create_connection((server.hostname or "", server.port or 0), REACH):
            return ""
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)


def _unusable(address: str, why: str) -> BadInput:
    return BadInput(
        Problem(
            f"cannot use the Ray cluster at '{address}': {why}",
            "Name the HOST:PORT that 'ray start --head' shows, on a machine that "
            "'ray start --address=HOST:PORT' has joined to it; "
            "'--ray local' starts a Ray for the run alone.",
        )
    )


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Ray's core writes how it logs to the file descriptor, before it can be told not to."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _said(error: BaseException) -> str:
    """What Ray says, in one line; where it shows a traceback, the last of that."""
    lines = [line.strip() for line in str(error.__cause__ or error).strip().splitlines()]
    return lines[-1] if any("Traceback" in line for line in lines) else " ".join(lines)


def first_line(error: BaseException) -> str:
    """The beginning of what Ray says; the rest tells of its insides."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def pool(settings: Settings, nodes: Sequence[dict[str, Any]]) -> tuple[int, float]:
    """How many actors, and the GPUs of each.

    Args:
        settings: The project's.
        nodes: As Ray tells them.

    Raises:
        BadInput: no node has what an actor needs.
    """
    wanted = settings.ray
    resources = [node["Resources"] for node in nodes if node["Alive"]]
    gpus = wanted.gpus
    if gpus is None:
        gpus = _gpus(settings) if any(node.get("GPU") for node in resources) else 0
    room = 0
    for node in resources:
        by_gpu = node.get("GPU", 0) / gpus if gpus else math.inf
        room += math.floor(min(node.get("CPU", 0) / wanted.cpus, by_gpu))
    if wanted.actors:
        return wanted.actors, gpus
    if not room:
        raise BadInput(
            Problem(
                f"no node of the Ray cluster has the {gpus:g} GPUs and {wanted.cpus:g} CPUs "
                "that an actor takes",
                "Set ray.gpus and ray.cpus to what a node has, or ray.actors as well "
                "where the cluster adds nodes when they are asked for.",
                setting="ray",
            )
        )
    return (room if gpus else 1), gpus


def _gpus(settings: Settings) -> float:
    engine = settings.engine
    if engine.servers or engine.name in WITHOUT_GPU:
        return 0
    sizes = [engine.args.get(name) for name in PARALLEL]
    return math.prod(size for size in sizes if isinstance(size, int))

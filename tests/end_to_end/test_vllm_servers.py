"""Tests against real vLLM servers, in the environment of vLLM."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from generator.model import BUILT_IN, model_folder

pytestmark = pytest.mark.vllm

KEY = "sk-harbour-5f3a9c"
ITEMS = 12
READY_SECONDS = 400


class Served:
    """One vLLM server that can be killed and started again on its port."""

    def __init__(self, logs: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._log = logs / f"serve-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        command = [
            # What `vllm serve` runs; the command itself asks for the version of a package named
            # vllm, and the build for CPUs has another name.
            sys.executable,
            "-m",
            "vllm.entrypoints.openai.api_server",
            f"--model={model_folder(BUILT_IN)}",
            f"--served-model-name={BUILT_IN}",
            f"--port={self.port}",
            "--host=127.0.0.1",
            f"--api-key={KEY}",
            "--dtype=float32",
            "--enforce-eager",
            "--max-model-len=1024",
            "--max-num-seqs=8",
            "--gpu-memory-utilization=0.2",
            "--enable-prompt-tokens-details",
        ]
        environment = os.environ | {
            "OMP_NUM_THREADS": "1",
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_NO_USAGE_STATS": "1",
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """End it and its workers as a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wait(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while not self._healthy():
            assert self._process is not None
            assert self._process.poll() is None, self._log.read_text()[-3000:]
            assert time.monotonic() < end, self._log.read_text()[-3000:]
            time.sleep(1)

    def _healthy(self) -> bool:
        try:
            url = self.url.removesuffix("/v1") + "/health"
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Served]]:
    logs = tmp_path_factory.mktemp("servers")
    made = [Served(logs), Served(logs)]
    try:
        for server in made:
            server.wait()
        yield made
    finally:
        for server in made:
            server.kill()


def lines(folder: Path) -> list[dict[str, Any]]:
    return [
        orjson.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_bytes().split(b"\n")[:-1]
    ]


def command(servers: list[Served], *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "exempla",
        "run",
        f"--set=engine.servers={orjson.dumps([server.url for server in servers]).decode()}",
        "--set=engine.api_key_env=HARBOUR_KEY",
        "--set=engine.in_flight=8",
        "--set=kinds=small",
        "--set=checks.min_words=40",
        f"--set=plan.items={ITEMS}",
        *more,
    ]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_server_killed_in_mid_run_and_started_again_costs_nothing(
    servers: list[Served], tmp_path: Path
) -> None:
    environment = os.environ | {"HARBOUR_KEY": KEY}
    journal = tmp_path / "runs/first/journal"
    with subprocess.Popen(
        command(servers, "--json"),
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        while len(lines(journal)) < ITEMS // 3:
            assert run.poll() is None, run.communicate()[1]
            time.sleep(0.2)
        servers[0].kill()
        servers[0].start()
        out, err = run.communicate(timeout=900)
    assert run.returncode == 0, err
    result = orjson.loads(out)
    assert result["accepted"] + result["rejected"] == ITEMS
    assert result["use"]["retries"] > 0
    assert "unreadable" not in result["reasons"], "vLLM kept every constraint"
    written = lines(journal)
    outcomes = Counter(line["item"] for line in written if "outcome" in line)
    stages = Counter((line["item"], line["stage"]) for line in written if "stage" in line)
    assert len(outcomes) == outcomes.total() == ITEMS
    assert set(stages.values()) == {1}
    assert any(line.get("cached_tokens") is not None for line in written)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path
    assert KEY not in out + err


def test_a_wrong_key_is_told_at_once_without_saying_it(
    servers: list[Served], tmp_path: Path
) -> None:
    wrong = "sk-wrong-77"
    done = subprocess.run(
        command(servers[1:]),
        cwd=tmp_path,
        env=os.environ | {"HARBOUR_KEY": wrong},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode in {1, 2}
    assert "401" in done.stderr
    assert wrong not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr

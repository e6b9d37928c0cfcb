"""Real runs against servers that refuse, fail, stall, lie, die and come back."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

KEY = "sk-lantern-4711-harbour"
FAULTS = {
    "crowded": 0.015,
    "crowded-until": 0.015,
    "error": 0.06,
    "reset": 0.06,
    "garble": 0.02,
    "stall": 0.001,
    "cut-off": 0.06,
    "broken": 0.05,
    "trickle": 0.019,
}
"""Three answers in ten."""

FAULT_SERVER = Path(__file__).with_name("fault_server.py")
EXAMPLE = Path(__file__).parents[2] / "examples" / "servers"

Exempla = Callable[..., subprocess.CompletedProcess[str]]


class Server:
    """A fault server in a process of its own."""

    def __init__(self, options: tuple[str, ...], port: int = 0) -> None:
        self.options = options
        self._process = subprocess.Popen(
            [sys.executable, str(FAULT_SERVER), "--port", str(port), *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.url = self._process.stdout.readline().strip()
        self._process.stdout.close()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def counts(self) -> Counter[str]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request("GET", "/counts")
            return Counter(json.loads(connection.getresponse().read()))
        finally:
            connection.close()


class Servers:
    """Those of one test."""

    def __init__(self) -> None:
        self._started: list[Server] = []

    def start(self, *options: str, port: int = 0) -> Server:
        self._started.append(Server(options, port))
        return self._started[-1]

    def again(self, server: Server) -> Server:
        """Another at the same address."""
        return self.start(*server.options, port=urlsplit(server.url).port or 0)

    def kill(self) -> None:
        for server in self._started:
            server.kill()


@pytest.fixture
def servers() -> Iterator[Servers]:
    started = Servers()
    try:
        yield started
    finally:
        started.kill()


def command(*addresses: Server | str, items: int, **args: Any) -> list[str]:
    urls = [server if isinstance(server, str) else server.url for server in addresses]
    return [
        "run",
        "--json",
        "--set=engine.name=server",
        f"--set=engine.servers={json.dumps(urls)}",
        f"--set=engine.args={json.dumps(args)}",
        f"--set=plan.items={items}",
        "--set=name=r",
    ]


def start(folder: Path, arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "exempla", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def journal(folder: Path) -> list[dict[str, Any]]:
    path = folder / "runs/r/journal/part-1-of-1.jsonl"
    if not path.exists():
        return []
    return [orjson.loads(line) for line in path.read_bytes().splitlines(keepends=True)[:-1]]


def wait_for_outcomes(folder: Path, count: int, process: subprocess.Popen[str]) -> None:
    while sum("outcome" in line for line in journal(folder)) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def assert_whole(folder: Path, items: int) -> None:
    """Every item once, as a document or as a reject, and no stage written twice."""
    run = folder / "runs/r"
    ids = [
        orjson.loads(line)["id"]
        for name in ("documents.jsonl", "rejects.jsonl")
        for line in (run / name).read_bytes().splitlines()
    ]
    assert len(ids) == len(set(ids)) == items
    keys = [(line["index"], line.get("stage", "outcome")) for line in journal(folder)]
    assert len(set(keys)) == len(keys)


def test_5000_documents_outlive_three_faults_in_ten_answers(
    tmp_path: Path, exempla: Exempla, servers: Servers
) -> None:
    options = [f"--{fault}={share}" for fault, share in FAULTS.items()]
    pair = [servers.start("--latency=0.01", f"--seed={seed}", *options) for seed in (1, 2)]
    done = exempla(*command(*pair, items=5000, answer_seconds=2))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["accepted"] + result["rejected"] == 5000
    assert result["accepted"] > 4900
    assert_whole(tmp_path, 5000)
    counts = sum((server.counts() for server in pair), Counter[str]())
    faults = counts.total() - counts["requests"] - counts["well"] - counts["trickle"]
    assert faults > 0.2 * counts["requests"]
    assert all(counts[fault.replace("-", "_")] for fault in FAULTS)
    asked_at_the_start = 40
    stages = sum("stage" in line for line in journal(tmp_path))
    assert counts["requests"] <= stages + asked_at_the_start + 2 * faults
    on_the_way = faults - counts["cut_off"] - counts["broken"]
    assert 0 < result["use"]["retries"] <= 2 * on_the_way


def test_a_server_that_is_killed_and_started_again_costs_nothing(
    tmp_path: Path, servers: Servers
) -> None:
    pair = [servers.start("--latency=0.1"), servers.start("--latency=0.1")]
    process = start(tmp_path, [*command(*pair, items=700), "--set=engine.in_flight=12"])
    wait_for_outcomes(tmp_path, 50, process)
    pair[0].kill()
    wait_for_outcomes(tmp_path, 200, process)
    again = servers.again(pair[0])
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert json.loads(output)["accepted"] == 700
    assert_whole(tmp_path, 700)
    assert again.counts()["well"] > 20
    assert f"{again.url} does not answer and is given a rest" in " ".join(errors.split())


def test_a_run_waits_for_servers_that_are_all_down_and_goes_on(
    tmp_path: Path, servers: Servers
) -> None:
    pair = [servers.start("--latency=0.1"), servers.start("--latency=0.1")]
    process = start(tmp_path, [*command(*pair, items=400), "--set=engine.in_flight=12"])
    wait_for_outcomes(tmp_path, 50, process)
    for server in pair:
        server.kill()
    time.sleep(3)
    assert process.poll() is None
    for server in pair:
        servers.again(server)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert json.loads(output)["accepted"] == 400
    assert_whole(tmp_path, 400)
    assert "no server answers: the run pauses until one does" in " ".join(errors.split())


def test_servers_that_stay_down_end_the_run_and_the_same_command_goes_on(
    tmp_path: Path, exempla: Exempla, servers: Servers
) -> None:
    server = servers.start("--latency=0.1")
    arguments = [*command(server, items=300, give_up_seconds=3), "--set=engine.in_flight=12"]
    process = start(tmp_path, arguments)
    wait_for_outcomes(tmp_path, 50, process)
    server.kill()
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    (problem,) = json.loads(output)["problems"]
    assert problem["what"].startswith(f"no server has answered for 3 s: {server.url}")
    assert "What is finished is kept" in problem["remedy"]
    assert "Traceback" not in errors
    kept = (tmp_path / "runs/r/journal/part-1-of-1.jsonl").read_bytes()
    servers.again(server)
    done = exempla(*arguments)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs/r/journal/part-1-of-1.jsonl").read_bytes().startswith(kept)
    assert_whole(tmp_path, 300)


def test_a_server_that_drops_constraints_in_silence_is_refused_at_the_start(
    tmp_path: Path, exempla: Exempla, servers: Servers
) -> None:
    server = servers.start("--drop-structured")
    done = exempla(*command(server, items=20))
    assert done.returncode == 2, done.stderr
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["what"].startswith(f"{server.url} does not keep constraints of the form")
    assert "engine.args.unenforced: check" in problem["remedy"]
    assert not list((tmp_path / "runs").glob("*"))


def test_a_server_that_drops_every_constraint_can_be_used_all_the_same(
    tmp_path: Path, exempla: Exempla, servers: Servers
) -> None:
    server = servers.start("--drop-all")
    done = exempla(*command(server, items=20, unenforced="check"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rejected"] == 20
    assert {line["reason"] for line in journal(tmp_path) if "reason" in line} == {"unreadable"}


def test_the_key_of_a_good_run_is_found_nowhere(
    tmp_path: Path, exempla: Exempla, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = servers.start(
        f"--key={KEY}", "--echo", "--error=0.1", "--garble=0.1", "--retry-after=0"
    )
    monkeypatch.setenv("LANTERN_KEY", KEY)
    done = exempla(*command(server, items=60), "--set=engine.api_key_env=LANTERN_KEY")
    assert done.returncode == 0, done.stderr
    assert "Bearer ***" in (tmp_path / "runs/r/documents.jsonl").read_text()
    assert_nowhere(KEY, tmp_path, done)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--key=another"], "wrong key: Bearer *** (status 401)"),
        ([f"--key={KEY}", "--bad-requests"], "I do not like this request. Bearer ***"),
        ([f"--key={KEY}", "--error=1"], "out of order; you sent Bearer ***"),
        ([f"--key={KEY}", "--garble=1"], "Welcome, Bearer ***"),
        (None, "onnect"),
    ],
)
def test_the_key_of_a_run_that_fails_is_found_nowhere(
    options: list[str] | None,
    says: str,
    tmp_path: Path,
    exempla: Exempla,
    servers: Servers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = "http://127.0.0.1:1/v1" if options is None else servers.start(*options)
    monkeypatch.setenv("LANTERN_KEY", KEY)
    done = exempla(
        *command(server, items=60, retries=1, give_up_seconds=1),
        "--set=engine.api_key_env=LANTERN_KEY",
    )
    assert done.returncode == 1, done.stdout
    assert says in done.stdout
    assert "Traceback" not in done.stderr
    assert_nowhere(KEY, tmp_path, done)


def assert_nowhere(key: str, folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    assert key not in done.stdout + done.stderr
    for path in folder.rglob("*"):
        assert not path.is_file() or key.encode() not in path.read_bytes(), path


def test_a_run_is_stopped_by_a_signal_while_its_servers_are_away(tmp_path: Path) -> None:
    process = start(tmp_path, command("http://127.0.0.1:1/v1", items=20))
    assert process.stderr
    while "no server answers yet" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 75, output + errors
    assert not list((tmp_path / "runs").glob("*"))


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """The example's script with the fault server in the place of vLLM."""
    vllm = tmp_path / "vllm"
    vllm.write_text(
        f"#!/bin/sh\n"
        f'[ "$1 $3 $5 $7" = "serve --served-model-name --host --port" ] || exit 9\n'
        f"exec {sys.executable} {FAULT_SERVER} --model $4 --port $8 $LATENCY\n"
    )
    vllm.chmod(0o755)
    exempla = tmp_path / "exempla"
    exempla.write_text(f'#!/bin/sh\nexec {sys.executable} -m exempla "$@"\n')
    exempla.chmod(0o755)

    def run(*arguments: str, **more: str) -> subprocess.Popen[str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        settings = {"VLLM": str(vllm), "EXEMPLA": str(exempla), "FIRST_PORT": port}
        return subprocess.Popen(
            [
                str(shutil.which("bash")),
                str(EXAMPLE / "run.sh"),
                *arguments,
                f"--set=runs={tmp_path}/runs",
            ],
            cwd=tmp_path,
            env={**os.environ, **settings, "MODEL": "org/filler", "LATENCY": "", **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def test_the_example_starts_servers_runs_and_leaves_none_behind(
    tmp_path: Path, script: Callable[..., subprocess.Popen[str]]
) -> None:
    process = script("--set=plan.items=60", "--set=name=r")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, output + errors
    assert_whole(tmp_path, 60)
    assert "filler" in (tmp_path / "runs/r/run.yaml").read_text()
    logs = sorted((tmp_path / "logs").iterdir())
    assert len(logs) == 2
    for log in logs:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", int(log.stem.removeprefix("server-"))), 1)


def test_the_example_passes_a_signal_on_to_the_run(
    tmp_path: Path, script: Callable[..., subprocess.Popen[str]]
) -> None:
    process = script("--set=plan.items=5000", "--set=name=r", LATENCY="--latency=0.5")
    wait_for_outcomes(tmp_path, 1, process)
    process.terminate()
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 75, output + errors
    assert "Run the same command again" in errors


def test_the_example_says_why_a_server_did_not_start(
    script: Callable[..., subprocess.Popen[str]],
) -> None:
    process = script(LATENCY="--no-such-option")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "unrecognized arguments: --no-such-option" in errors

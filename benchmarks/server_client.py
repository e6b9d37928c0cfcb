"""What the pipeline costs in front of a server: documents and CPU a second, against a bare client.

A local server in a process of its own gives canned answers after 30 ms. Two clients, each in a
process of its own, have the same two-stage documents written by it, 256 requests in flight: the
whole pipeline (plan, prompts, routing, checks, journal), and a bare aiohttp loop that sends bodies
made beforehand and reads the answers. Where a second core is there, the server has it to itself.

    python benchmarks/server_client.py
    python benchmarks/server_client.py --items 2000 --profile
"""

import argparse
import asyncio
import cProfile
import itertools
import json
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from pydantic import BaseModel

from exempla.execute import job_of
from exempla.project import Project, load_project
from generator.engine import EngineSettings, Message, Request, SamplingParams, find_engine
from generator.engines.openai_api import Dialect
from generator.engines.readiness import ODD
from generator.engines.scripted import ScriptedEngine
from generator.engines.structured import structured_output
from generator.folder import RunFolder
from generator.run import Tally, write_part
from prompts.answer import read_answer
from prompts.constraint import ChoiceConstraint, Constraint, JsonConstraint, ProseConstraint

LATENCY = 0.03
IN_FLIGHT = 256
CANNED = 512
"""Answers for each constraint, and documents whose bodies the bare client has."""
PROSE = structured_output(ProseConstraint())


class CannedServer(asyncio.Protocol):
    """Just enough HTTP: answers of the right form, one after the other, each after 30 ms."""

    answers: dict[bytes, Iterator[bytes]] = {}  # noqa: RUF012 - of all connections

    def connection_made(self, transport: Any) -> None:
        """Keep the connection."""
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self._received += data
        while True:
            head, found, rest = self._received.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if not found or len(rest) < length:
                return
            self._received = rest[length:]
            if head.startswith(b"GET"):
                self._transport.write(response({"data": [{"id": "canned"}]}))
                continue
            answer = self._answer(orjson.loads(rest[:length]))
            asyncio.get_running_loop().call_later(LATENCY, self._transport.write, answer)

    def _answer(self, body: dict[str, Any]) -> bytes:
        wanted = body.get("structured_outputs")
        if "response_format" in body:
            wanted = {"json": body["response_format"]["json_schema"]["schema"]}
        key = orjson.dumps(wanted)
        if key not in self.answers:
            self.answers[key] = itertools.cycle(list(canned(constraint(wanted))))
        return next(self.answers[key])


def constraint(wanted: dict[str, Any] | None) -> Constraint | None:
    """The constraint that a body asks for."""
    match wanted:
        case {"json": schema}:
            return JsonConstraint(orjson.dumps(schema).decode(), BaseModel)
        case output if output == PROSE:
            return ProseConstraint()
        case {"choice": _} | {"grammar": _} | {"regex": _}:
            return ChoiceConstraint((ODD,))
    return None


def canned(wanted: Constraint | None) -> Iterator[bytes]:
    """Responses with different answers."""
    engine = ScriptedEngine(EngineSettings(name="scripted"))
    for seed in range(CANNED):
        sampling = SamplingParams(1.0, 1.0, 4000, seed)
        completion = asyncio_free(engine.answer(Request((), wanted, sampling)))
        message = {"role": "assistant", "content": completion.text}
        usage = {"prompt_tokens": 600, "completion_tokens": completion.completion_tokens}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        yield response({"object": "chat.completion", "choices": choices, "usage": usage})


def asyncio_free(coroutine: Any) -> Any:
    """The result of a coroutine that never waits, also inside of a loop."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("it waited")


def response(value: dict[str, Any]) -> bytes:
    """A whole HTTP response."""
    body = orjson.dumps(value)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


async def serve() -> None:
    """Say where, then answer until killed."""
    server = await asyncio.get_running_loop().create_server(CannedServer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


def project(url: str, items: int) -> Project:
    """The built-in content with that server."""
    return load_project(
        Path(),
        [
            "engine.name=server",
            "engine.model=canned",
            f'engine.servers=["{url}"]',
            f"engine.in_flight={IN_FLIGHT}",
            f"plan.items={items}",
            "plan.seed=1",
        ],
    )


def pipeline(url: str, items: int) -> None:
    """A whole run, without what is made from the journal afterwards."""
    loaded = project(url, items)
    job = job_of(loaded)
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        cpu = time.process_time()
        engine = find_engine(loaded.engine)
        asyncio.run(write_part(job, engine, RunFolder(Path(folder) / "run"), tally))
        report(items, tally.seconds, time.process_time() - cpu)


def bodies(url: str) -> list[tuple[bytes, ...]]:
    """The two bodies of each of some documents, as the pipeline would send them."""
    loaded = project(url, CANNED)
    dialect = Dialect("canned")
    engine = ScriptedEngine(EngineSettings(name="scripted"))
    made = []
    for index in range(CANNED):
        item = loaded.plan.item(index)
        answers: dict[str, Any] = {}
        pair = []
        for stage in loaded.library.kinds[item.kind].stages:
            messages: tuple[Message, ...] = loaded.prompter.messages(item, stage, answers)
            sampling = SamplingParams(1.0, 0.95, stage.max_tokens, index)
            request = Request(messages, stage.constraint, sampling)
            pair.append(dialect.body(request))
            text = asyncio_free(engine.answer(request)).text
            answers[stage.name] = read_answer(stage.constraint, text)
        made.append(tuple(pair))
    return made


async def bare(url: str, items: int) -> None:
    """The reference: send, read, send, read."""
    made = bodies(url)
    documents = iter(range(items))
    headers = {"Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def lane() -> None:
            for index in documents:
                for body in made[index % CANNED]:
                    async with session.post(f"{url}/chat/completions", data=body) as answer:
                        orjson.loads(await answer.read())["choices"][0]["message"]["content"]

        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(lane() for _ in range(IN_FLIGHT)))
        report(items, time.perf_counter() - began, time.process_time() - cpu)


def report(items: int, seconds: float, cpu: float) -> None:
    """One line of JSON."""
    figures = {
        "items": items,
        "per_second": round(items / seconds),
        "cpu_ms_each": round(1000 * cpu / items, 3),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures))


def inside(role: str, url: str, items: int, profile: bool) -> None:
    """One process of the three."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[-1] if role == "serve" else cores[0]})
    if role == "serve":
        asyncio.run(serve())
    elif role == "bare":
        asyncio.run(bare(url, items))
    elif profile:
        profiled = cProfile.Profile()
        profiled.runcall(pipeline, url, items)
        pstats.Stats(profiled).sort_stats("tottime").print_stats(40)
    else:
        pipeline(url, items)


def main() -> None:
    """Run the server and both clients, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true", help="where the pipeline's time goes")
    parser.add_argument("--inside", choices=("serve", "pipeline", "bare"), help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        inside(arguments.inside, arguments.url, arguments.items, arguments.profile)
        return
    again = [sys.executable, __file__, "--items", str(arguments.items), "--inside"]
    with subprocess.Popen([*again, "serve"], stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        try:
            url = ["--url", next(iter(server.stdout or ())).strip()]
            if arguments.profile:
                subprocess.run([*again, "pipeline", *url, "--profile"], check=True)  # noqa: S603
                return
            rates = {}
            for client in ("bare", "pipeline"):
                done = subprocess.run(  # noqa: S603 - this file
                    [*again, client, *url], check=True, stdout=subprocess.PIPE, text=True
                )
                print(client, done.stdout.strip())
                rates[client] = json.loads(done.stdout)["per_second"]
            print(json.dumps({"ratio": round(rates["pipeline"] / rates["bare"], 2)}))
        finally:
            server.kill()


if __name__ == "__main__":
    main()

"""A server in a process of its own that answers with filler, and goes wrong as it is told.

    python tests/end_to_end/fault_server.py --port 8000 --error 0.05 --reset 0.05

It writes its base URL on standard output once it listens, and tells what it did at /counts.
"""

import argparse
import asyncio
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import blake2b
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel

from generator.engine import EngineSettings, Message, Request, SamplingParams
from generator.engines.readiness import ODD, ODDER, TRIAL_TOKENS
from generator.engines.scripted import ScriptedEngine
from generator.engines.structured import structured_output
from prompts.constraint import (
    ChatConstraint,
    ChoiceConstraint,
    Constraint,
    JsonConstraint,
    ProseConstraint,
    RegexConstraint,
)

FAULTS = {
    "crowded": "429, with Retry-After in seconds",
    "crowded_until": "429, with Retry-After as a date",
    "error": "500",
    "reset": "the connection is reset",
    "garble": "200, and HTML",
    "stall": "no answer at all",
    "cut_off": "half an answer, with finish reason `length`",
    "broken": "the second half of an answer",
    "trickle": "an answer in small pieces",
}
ANSWERS_ANYWAY = ("cut_off", "broken", "trickle")
PROSE = structured_output(ProseConstraint())
EXCHANGES = re.compile(r"start: exchange \(BREAK exchange\)\{(\d+),(\d+)\}")
"""How the grammar of a chat begins."""


@dataclass(frozen=True)
class Sent:
    """What a request asks for."""

    body: dict[str, Any]
    raw: bytes

    @property
    def messages(self) -> tuple[Message, ...]:
        if "prompt" in self.body:
            return (Message("user", self.body["prompt"]),)
        return tuple(Message(m["role"], m["content"]) for m in self.body["messages"])

    @property
    def seed(self) -> int:
        digest = blake2b(self.raw, digest_size=8).digest()
        return int(self.body.get("seed", int.from_bytes(digest)))

    @property
    def structured(self) -> dict[str, Any]:
        if "response_format" in self.body:
            return {"json": self.body["response_format"]["json_schema"]["schema"]}
        return dict(self.body.get("structured_outputs", {}))

    @property
    def constraint(self) -> Constraint | None:
        match self.structured:
            case {"json": schema}:
                return JsonConstraint(orjson.dumps(schema).decode(), BaseModel)
            case {"choice": options}:
                return ChoiceConstraint(tuple(options))
            case output if output == PROSE:
                return ProseConstraint()
            case {"regex": pattern}:
                return RegexConstraint(pattern)
            case {"grammar": str(grammar)} if found := EXCHANGES.match(grammar):
                least, most = map(int, found.groups())
                return ChatConstraint((2 * least + 2, 2 * most + 2))
            case {"grammar": _}:
                return ChoiceConstraint((ODD, ODDER))
        return None


class FaultServer:
    """Answers like vLLM, but for the share of its answers that it was told to spoil."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._engine = ScriptedEngine(EngineSettings(name="scripted"))
        self._draw = random.Random(options.seed)
        self._slots = asyncio.Semaphore(options.slots)
        self.counts: Counter[str] = Counter()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/counts", self._tell)
        app.router.add_get("/health", self._tell)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_post("/v1/completions", self._complete)
        return app

    async def _tell(self, request: web.Request) -> web.Response:
        return web.json_response(self.counts)

    async def _models(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        return web.json_response({"object": "list", "data": [{"id": self._options.model}]})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.counts["requests"] += 1
        sent = Sent(orjson.loads(await request.read()), await request.read())
        if refusal := self._refusal(request) or self._bad_request(request, sent):
            return refusal
        fault = self._fault(sent)
        self.counts[fault or "well"] += 1
        if fault and fault not in ANSWERS_ANYWAY:
            return await self._fail(request, fault)
        answer = await self._answer(request, sent, fault)
        if fault == "trickle":
            return await _trickle(request, answer)
        return web.Response(body=answer, content_type="application/json")

    def _refusal(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "")
        if self._options.key and given != f"Bearer {self._options.key}":
            return _error(401, f"wrong key: {given}")
        return None

    def _bad_request(self, request: web.Request, sent: Sent) -> web.Response | None:
        given = request.headers.get("Authorization", "")
        if sent.body["model"] != self._options.model:
            return _error(404, f"The model `{sent.body['model']}` does not exist. {given}")
        if self._options.refuse_structured and "structured_outputs" in sent.body:
            return _error(400, "Unknown field: structured_outputs")
        if self._options.bad_requests and sent.body["max_tokens"] > TRIAL_TOKENS:
            return _error(400, f"I do not like this request. {given}")
        return None

    def _fault(self, sent: Sent) -> str | None:
        fate = self._draw.random()
        for fault in FAULTS:
            share = getattr(self._options, fault)
            if fate < share:
                # A real server keeps its constraints or does not; it does not draw lots.
                spares = fault in ANSWERS_ANYWAY and sent.body["max_tokens"] <= TRIAL_TOKENS
                return None if spares else fault
            fate -= share
        return None

    async def _fail(self, request: web.Request, fault: str) -> web.Response:
        given = request.headers.get("Authorization", "")
        match fault:
            case "crowded":
                return _error(429, "slow down", {"Retry-After": str(self._options.retry_after)})
            case "crowded_until":
                date = formatdate(time.time() + self._options.retry_after, usegmt=True)
                return _error(429, "slow down", {"Retry-After": date})
            case "reset":
                assert request.transport
                request.transport.abort()
            case "garble":
                return web.Response(text=f"<html>Welcome, {given}</html>", content_type="text/html")
            case "stall":
                await asyncio.sleep(3600)
        return _error(500, f"out of order; you sent {given}")

    async def _answer(self, request: web.Request, sent: Sent, fault: str | None) -> bytes:
        options, body = self._options, sent.body
        sampling = SamplingParams(1.0, 1.0, body["max_tokens"], sent.seed)
        obeys = not (options.drop_structured and "structured_outputs" in body)
        constraint = sent.constraint if obeys and not options.drop_all else None
        completion = await self._engine.answer(Request(sent.messages, constraint, sampling))
        async with self._slots:
            tokens = completion.completion_tokens
            await asyncio.sleep(options.latency + tokens * options.seconds_per_token)
        text, reason = completion.text, completion.finish_reason
        if fault == "cut_off":
            text, reason = text[: len(text) // 2], "length"
        elif fault == "broken":
            text = text[len(text) // 2 :]
        if options.echo and not isinstance(constraint, ChoiceConstraint):
            given = request.headers["Authorization"]
            text = text.replace(". ", f", {given}. ", 1)
        choice: dict[str, Any] = {"index": 0, "finish_reason": reason}
        choice |= {"text": text} if "prompt" in body else {"message": {"content": text}}
        usage = {
            "prompt_tokens": completion.prompt_tokens,
            "completion_tokens": completion.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": completion.prompt_tokens // 2},
        }
        return orjson.dumps({"object": "x", "choices": [choice], "usage": usage})


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    error = {"message": message, "type": "x", "param": None, "code": status}
    return web.json_response({"error": error}, status=status, headers=headers)


async def _trickle(request: web.Request, answer: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for start in range(0, len(answer), 256):
        await response.write(answer[start : start + 256])
        await asyncio.sleep(0.01)
    await response.write_eof()
    return response


async def serve(options: argparse.Namespace) -> None:
    runner = web.AppRunner(FaultServer(options).app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", options.port, reuse_address=True)
    await site.start()
    port = runner.addresses[0][1]
    sys.stdout.write(f"http://127.0.0.1:{port}/v1\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for fault, what in FAULTS.items():
        option = f"--{fault.replace('_', '-')}"
        parser.add_argument(option, type=float, default=0.0, metavar="SHARE", help=what)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--model", default="filler", help="what it serves")
    parser.add_argument("--seed", type=int, default=0, help="of which answers are spoiled")
    parser.add_argument("--retry-after", type=int, default=0, help="seconds, with a 429")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds for any answer")
    parser.add_argument("--seconds-per-token", type=float, default=0.0)
    parser.add_argument("--slots", type=int, default=100_000, help="answers at once; others queue")
    parser.add_argument("--key", help="the key that it expects")
    parser.add_argument("--echo", action="store_true", help="say the key in answers")
    parser.add_argument("--drop-structured", action="store_true", help="as if it were not there")
    parser.add_argument("--drop-all", action="store_true", help="response_format too")
    parser.add_argument("--refuse-structured", action="store_true", help="400")
    parser.add_argument("--bad-requests", action="store_true", help="400 for all but short ones")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()

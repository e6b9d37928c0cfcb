"""The engine for OpenAI-compatible servers that are already up, one or many."""

import asyncio
import logging
import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import NoReturn

from pydantic import BaseModel, ConfigDict, Field

from exempla.errors import BadInput, Problem
from generator.engine import (
    Completion,
    EngineFailed,
    EngineInfo,
    EngineSettings,
    NoAnswer,
    PromptTooLong,
    Refused,
    Request,
    checked_args,
)
from generator.engines.allowance import Allowance
from generator.engines.client import Client
from generator.engines.discovery import agreed_model, discover, remedy
from generator.engines.exchange import Declined, Fault, Secret
from generator.engines.fleet import Fleet, Server
from generator.engines.openai_api import Dialect, Served
from generator.engines.readiness import Unenforced, examine
from generator.engines.retry import persist
from prompts.constraint import Constraint

IN_FLIGHT = 256
"""Requests at once by default: what one vLLM server writes together on a large GPU."""
TO_SPARE = 1.25
"""Items for each request in flight: some wait for the disk, and some stand ready."""
REFUSED_IN_A_ROW = 20
"""After which it is not the requests that are wrong."""
log = logging.getLogger(__name__)


class ServerArgs(BaseModel):
    """What `engine.args` may hold for this engine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connect_seconds: float = Field(default=10.0, gt=0)
    """For making a connection."""
    answer_seconds: float = Field(default=600.0, gt=0)
    """For a whole answer, from the request to its last byte."""
    retries: int = Field(default=8, ge=0)
    """How often a request is sent again before its item is rejected."""
    give_up_seconds: float = Field(default=1800.0, gt=0)
    """How long all servers may be down before the run ends."""
    unenforced: Unenforced = "refuse"
    """What to do where a server does not keep a constraint: `refuse` it at the start, or let the
    `check` of each answer find out, at the price of answers that are thrown away."""


class ServerEngine:
    """Spreads requests over servers and tries again where one fails."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._arguments = checked_args(ServerArgs, settings)
        urls = [server.url for server in settings.servers]
        twice = sorted({url for url in urls if urls.count(url) > 1})
        if not urls or twice:
            raise BadInput(
                Problem(
                    f"named more than once: {', '.join(twice)}" if twice else "no server is named",
                    "List each base URL once, such as http://127.0.0.1:8000/v1; a 'weight' gives "
                    "a server more of the requests.",
                    setting="engine.servers",
                )
            )
        self._constraints: tuple[Constraint, ...] = ()
        self._client: Client | None = None
        self._fleet: Fleet | None = None
        self._dialect = Dialect("")
        self._model = Served("", "")
        self._left_out: dict[Server, frozenset[Constraint]] = {}
        """For each server that has been examined, the constraints that it is not sent."""
        self._refused = 0

    async def open(self, constraints: Collection[Constraint] = ()) -> None:
        """Find the servers, agree on a model, and see that each keeps the constraints."""
        settings, arguments = self._settings, self._arguments
        self._constraints = tuple(constraints)
        self._client = Client(
            Secret.from_environment(settings.api_key_env),
            arguments.connect_seconds,
            arguments.answer_seconds,
            arguments.retries,
        )
        limit = settings.in_flight or IN_FLIGHT
        servers = {
            server.url: Server(server.url, server.weight, Allowance(limit))
            for server in settings.servers
        }
        self._fleet = Fleet(tuple(servers.values()), self._is_back, arguments.give_up_seconds)
        found = await discover(self._client, tuple(servers), arguments.give_up_seconds)
        self._model = agreed_model(found.listed, settings.model)
        self._dialect = Dialect(
            self._model.name, settings.prompts, settings.chat_template_kwargs, settings.seeded
        )
        silent = await self._examine_all([servers[url] for url in found.listed])
        for url, fault in (found.absent | silent).items():
            self._fleet.rest(servers[url], str(fault))

    async def close(self) -> None:
        """Close the connections; what is still waiting fails."""
        fleet, self._fleet = self._fleet, None
        if fleet is not None:
            fleet.close()
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def describe(self) -> EngineInfo:
        """Say which model the servers have; its weights are known to them alone."""
        limit = self._settings.in_flight or IN_FLIGHT
        return EngineInfo(
            "server",
            self._model.name,
            self._model.root or "as served",
            in_flight=math.ceil(TO_SPARE * limit * len(self._settings.servers)),
        )

    async def answer(self, request: Request) -> Completion:
        """Have one request answered, at another server where one fails."""
        used: list[Server] = []
        try:
            return await self._send(request, used)
        except Fault as fault:
            first = fault

        async def again(tried: int) -> Completion:
            return replace(await self._send(request, used), retries=tried)

        try:
            return await persist(again, self._arguments.retries, first)
        except Fault as fault:
            raise NoAnswer(
                f"sent {len(used)} times, the last time to {used[-1].url}: {fault}"
            ) from fault

    async def _send(self, request: Request, used: list[Server]) -> Completion:
        client, fleet = self._opened()
        slot = await fleet.take(request.priority, avoid=used[-1] if used else None)
        server, dialect = slot.server, self._dialect
        used.append(server)
        constrained = request.constraint not in self._left_out[server]
        body = dialect.body(request, constrained=constrained)
        try:
            completion = await client.complete(server.url, dialect.path, body)
        except Fault as fault:
            fleet.failed(slot, fault)
            raise
        except Declined as declined:
            fleet.declined(slot)
            self._turn_down(request, server, declined)
        except Refused:
            fleet.declined(slot)
            raise
        except BaseException:
            fleet.free(slot)
            raise
        fleet.answered(slot, completion.completion_tokens)
        self._refused = 0
        return completion

    def _turn_down(self, request: Request, server: Server, declined: Declined) -> NoReturn:
        if declined.status in (400, 413, 422) and declined.words.too_long:
            raise PromptTooLong(declined.words.message) from declined
        what = f"{server.url} refuses {request.tag or 'a request'}: {declined}"
        if declined.status in (400, 413, 422) or declined.status > 405:
            self._refused += 1
            if self._refused < REFUSED_IN_A_ROW:
                raise Refused(what) from declined
            what = f"{self._refused} requests in a row were refused; {what}"
        raise EngineFailed(Problem(what, remedy(declined.status))) from declined

    async def _examine_all(self, servers: Sequence[Server]) -> dict[str, Fault]:
        """Examine servers; the faults of those that do not answer after all, by URL."""
        outcomes = await asyncio.gather(*map(self._examine, servers), return_exceptions=True)
        problems: list[Problem] = []
        silent: dict[str, Fault] = {}
        for server, outcome in zip(servers, outcomes, strict=True):
            if isinstance(outcome, BadInput):
                problems.extend(outcome.problems)
            elif isinstance(outcome, Fault):
                silent[server.url] = outcome
            elif outcome is not None:
                raise outcome
        if problems:
            raise BadInput(*problems)
        if len(silent) == len(servers):
            words = "; ".join(f"{url}: {fault}" for url, fault in silent.items())
            raise EngineFailed(Problem(f"no server answers a first request: {words}"))
        return silent

    async def _examine(self, server: Server) -> None:
        client, _ = self._opened()
        try:
            terms = await examine(
                server.url,
                partial(client.ask, server.url, self._dialect.path),
                self._dialect,
                self._constraints,
                self._arguments.unenforced,
            )
        except Declined as declined:
            problem = Problem(
                f"{server.url} refuses a plain request: {declined}", remedy(declined.status)
            )
            kind = BadInput if declined.status in (400, 422) else EngineFailed
            raise kind(problem) from declined
        server.allowance.reference = terms.reading
        self._left_out[server] = terms.left_out

    async def _is_back(self, server: Server) -> bool:
        """Whether a resting server is there, with the model, and examined like the others."""
        client, _ = self._opened()
        try:
            agreed_model({server.url: await client.models(server.url)}, self._model.name)
            if server not in self._left_out:
                await self._examine(server)
        except (Fault, Declined) as error:
            server.words = str(error)
            return False
        except (BadInput, EngineFailed) as error:
            server.words = error.problems[0].what
            log.warning("%s is left out for now: %s", server.url, server.words)
            return False
        return True

    def _opened(self) -> tuple[Client, Fleet]:
        if self._client is None or self._fleet is None:
            raise EngineFailed(Problem("the engine is not open"))
        return self._client, self._fleet

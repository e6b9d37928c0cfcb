"""Which server takes the next request, and which of them are given a rest.

The least busy of those that are up takes it; who waits is served by priority, then by arrival. A
server that fails several times in a row rests, for longer each time, and is then put on trial: it
gets one request, and is up again once it has answered one. While none is up the run pauses.
"""

import asyncio
import heapq
import itertools
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from exempla.errors import Problem
from generator.engine import EngineFailed
from generator.engines.allowance import Allowance, Sent
from generator.engines.exchange import Fault

FAULTS_IN_A_ROW = 3
FIRST_REST, LONGEST_REST = 1.0, 60.0

log = logging.getLogger(__name__)


class Standing(Enum):
    """Whether a server gets requests."""

    UP = "up"
    RESTING = "resting"
    ON_TRIAL = "on trial"


@dataclass(slots=True, eq=False)
class Server:
    """One server and how it has been doing."""

    url: str
    weight: float
    allowance: Allowance
    standing: Standing = Standing.UP
    words: str = ""
    """Of its last fault."""
    faults: int = 0
    """In a row."""
    rests: int = 0
    """Since it last answered."""
    turns: int = 0
    """How often its standing has changed; what was sent before the last time no longer counts."""
    taken: int = 0
    trial: "Slot | None" = None

    @property
    def room(self) -> bool:
        """Whether it may have one more request."""
        if self.standing is Standing.UP:
            return self.allowance.room
        return self.standing is Standing.ON_TRIAL and self.trial is None

    @property
    def load(self) -> tuple[float, float]:
        """How busy it would be with one more request; the second decides between equals."""
        return (self.allowance.outstanding + 1) / self.weight, self.taken / self.weight


class Slot(NamedTuple):
    """The right to send one request to a server."""

    server: Server
    sent: Sent
    turn: int
    since: float


class Fleet:
    """Hands out slots. Each is given back by one of `answered`, `declined`, `failed`, `free`."""

    def __init__(
        self,
        servers: Sequence[Server],
        probe: Callable[[Server], Awaitable[bool]],
        give_up_seconds: float,
        first_rest: float = FIRST_REST,
    ) -> None:
        """Make a fleet of servers that are up.

        Args:
            servers: In any order.
            probe: Asks a resting server whether it is there again.
            give_up_seconds: How long all servers may be down.
            first_rest: Seconds; each rest is twice as long as the one before, until the server
                has answered.
        """
        self.servers = servers
        self._probe = probe
        self._give_up_seconds = give_up_seconds
        self._first_rest = first_rest
        self._waiting: list[tuple[int, int, Server | None, asyncio.Future[Slot]]] = []
        self._arrivals = itertools.count()
        self._resting: dict[Server, asyncio.Task[None]] = {}
        self._giving_up: asyncio.TimerHandle | None = None
        self._failure: BaseException | None = None

    def close(self) -> None:
        """Stop probing; whoever waits is told that the engine was closed."""
        for task in self._resting.values():
            task.cancel()
        self._resting.clear()
        self._go_on()
        self._fail(EngineFailed(Problem("the engine was closed")))

    async def take(self, priority: int, avoid: Server | None = None) -> Slot:
        """Wait for a slot, at another server than `avoid` if one has room.

        Raises:
            EngineFailed: all servers were down for too long.
        """
        if self._failure:
            raise self._failure
        if not self._waiting and (server := self._choose(avoid)):
            return self._slot(server)
        future: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._arrivals), avoid, future))
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and not future.exception():
                self.free(future.result())
            raise

    def answered(self, slot: Slot, tokens: int) -> None:
        """The server answered, with so many tokens."""
        server = slot.server
        seconds = asyncio.get_running_loop().time() - slot.since
        server.allowance.answered(slot.sent, seconds, tokens)
        self._alive(slot)

    def declined(self, slot: Slot) -> None:
        """The server is well and will not have this request."""
        slot.server.allowance.give_back()
        self._alive(slot)

    def failed(self, slot: Slot, fault: Fault) -> None:
        """The request was not answered."""
        server = slot.server
        if fault.crowded:
            server.allowance.crowded(slot.sent)
        else:
            server.allowance.give_back()
        if slot is server.trial:
            server.trial = None
        # A server that turns away even a single request is as good as down.
        failing = fault.failing or server.allowance.allowed == 1
        if failing and slot.turn == server.turns and server.standing is not Standing.RESTING:
            server.faults += 1
            server.words = str(fault)
            if server.standing is Standing.ON_TRIAL or server.faults >= FAULTS_IN_A_ROW:
                self.rest(server, str(fault), fault.least_wait)
        self._serve()

    def free(self, slot: Slot) -> None:
        """The request was not sent, or nobody waits for its answer any more."""
        slot.server.allowance.give_back()
        if slot is slot.server.trial:
            slot.server.trial = None
        self._serve()

    def rest(self, server: Server, words: str, least: float = 0.0) -> None:
        """Send a server no requests for a while, then see whether it is there."""
        server.words = words
        self._turn(server, Standing.RESTING)
        task = asyncio.get_running_loop().create_task(self._rest(server, least))
        task.add_done_callback(self._rested)
        self._resting[server] = task
        log.warning("%s does not answer and is given a rest: %s", server.url, words)
        if self._giving_up is None and not self._any_up():
            self._pause()

    async def _rest(self, server: Server, least: float) -> None:
        while True:
            length = min(LONGEST_REST, self._first_rest * 2 ** min(server.rests, 30))
            server.rests += 1
            await asyncio.sleep(max(least, length * random.uniform(0.5, 1.0)))  # noqa: S311
            if await self._probe(server):
                break
        self._turn(server, Standing.ON_TRIAL)
        self._serve()

    def _rested(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._fail(error)

    def _alive(self, slot: Slot) -> None:
        server = slot.server
        if slot is server.trial:
            server.trial = None
        if server.standing is not Standing.UP:
            if task := self._resting.pop(server, None):
                task.cancel()
            self._turn(server, Standing.UP)
            log.info("%s answers again", server.url)
            self._go_on()
        server.faults = server.rests = 0
        if self._waiting:
            self._serve()

    def _turn(self, server: Server, standing: Standing) -> None:
        server.standing = standing
        server.turns += 1
        server.faults = 0
        server.trial = None

    def _any_up(self) -> bool:
        return any(server.standing is Standing.UP for server in self.servers)

    def _choose(self, avoid: Server | None) -> Server | None:
        free = [server for server in self.servers if server.room]
        if len(free) > 1:
            return min(free, key=lambda server: (server is avoid, server.load))
        return free[0] if free else None

    def _slot(self, server: Server) -> Slot:
        now = asyncio.get_running_loop().time()
        slot = Slot(server, server.allowance.take(), server.turns, now)
        server.taken += 1
        if server.standing is Standing.ON_TRIAL:
            server.trial = slot
        return slot

    def _serve(self) -> None:
        while self._waiting:
            _, _, avoid, future = self._waiting[0]
            if not future.done():
                server = self._choose(avoid)
                if server is None:
                    return
                future.set_result(self._slot(server))
            heapq.heappop(self._waiting)

    def _pause(self) -> None:
        loop = asyncio.get_running_loop()
        self._giving_up = loop.call_later(self._give_up_seconds, self._give_up)
        log.warning(
            "no server answers: the run pauses until one does, for at most %.0f s",
            self._give_up_seconds,
        )

    def _go_on(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _give_up(self) -> None:
        words = "; ".join(f"{server.url}: {server.words}" for server in self.servers)
        self._fail(
            EngineFailed(
                Problem(
                    f"no server has answered for {self._give_up_seconds:.0f} s: {words}",
                    "What is finished is kept. See to the servers, then run the same command "
                    "again to go on; engine.args.give_up_seconds is how long it waits.",
                )
            )
        )

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        for *_, future in self._waiting:
            if not future.done():
                future.set_exception(error)
        self._waiting.clear()

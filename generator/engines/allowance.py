"""How many requests a server may have at once, found out from how it answers.

A server that refuses (429, 503) has its allowance halved; one that answers well has it raised step
by step, up to the limit that was set. A server that queues instead of refusing shows it by its
latency alone. But batching makes an answer take longer too, and there the tokens a second are
worth it, so a high latency is only a reason to try with less: if as many tokens come, what was
above was a queue.
"""

from dataclasses import dataclass
from typing import NamedTuple

TOO_SLOW = 2.0
"""Times the reference from which a token's latency is looked into."""
LESS = 0.7
"""The share of the allowance that a trial leaves."""
AS_MANY = 0.9
"""The share of the tokens a second that a trial must keep to show that there was a queue."""
STEPS = 32
"""From nothing to the limit by additive increase, one step an epoch."""
SHORTEST_EPOCH = 16
"""Answers; with fewer the latencies of two epochs could not be compared."""


class Sent(NamedTuple):
    """When a request was sent."""

    epoch: int
    full: bool
    """Whether the server then had all that it was allowed."""


@dataclass(slots=True)
class Epoch:
    """Sums over about as many answers as are allowed at once.

    Only requests count that were sent within it and at the full allowance. So tokens a second are
    the allowance by the seconds that each waits for a token (Little's law), which needs fewer
    answers to be sure of than counting them by the clock.
    """

    number: int
    answers: int = 0
    tokens: int = 0
    seconds: float = 0.0

    @property
    def latency(self) -> float:
        """Seconds a token, of one request."""
        return self.seconds / self.tokens


@dataclass(frozen=True, slots=True)
class Before:
    """What was allowed and seen before a trial."""

    allowed: float
    latency: float
    rate: float


class Allowance:
    """The requests that one server has and may have; additive increase, multiplicative decrease.

    Every `take` is followed by one `answered`, `crowded` or `give_back`.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.outstanding = 0
        self.reference: float | None = None
        """Seconds a token that are no sign of a queue; by default what the first epoch shows."""
        self._allowed = float(limit)
        self._before: Before | None = None
        self._epoch = Epoch(0)
        self._refused_in = -1

    @property
    def allowed(self) -> int:
        """Requests that the server may have at once."""
        return max(1, int(self._allowed))

    @property
    def room(self) -> bool:
        """Whether it may have one more."""
        return self.outstanding < self.allowed

    def take(self) -> Sent:
        """Let the server have one more request; the result is to be given back with it."""
        self.outstanding += 1
        return Sent(self._epoch.number, self.outstanding >= self.allowed)

    def give_back(self) -> None:
        """A request ended in a way that says nothing about load."""
        self.outstanding -= 1

    def crowded(self, sent: Sent) -> None:
        """A request was refused for load, or took too long.

        Requests that were out already when the allowance was last halved do not halve it again.
        """
        self.outstanding -= 1
        if sent.epoch <= self._refused_in:
            return
        self._refused_in = self._epoch.number
        self._allowed = max(1.0, self._allowed / 2)
        self._before = None
        self._epoch = Epoch(self._epoch.number + 1)

    def answered(self, sent: Sent, seconds: float, tokens: int) -> None:
        """A request was answered."""
        self.outstanding -= 1
        epoch = self._epoch
        if sent.epoch != epoch.number or not sent.full:
            return
        epoch.answers += 1
        epoch.seconds += seconds
        epoch.tokens += tokens or 1
        if epoch.answers >= max(SHORTEST_EPOCH, self.allowed):
            self._judge(epoch.latency, self.allowed / epoch.latency)
            self._epoch = Epoch(epoch.number + 1)

    def _judge(self, latency: float, rate: float) -> None:
        before, self._before = self._before, None
        reference = self.reference = min(self.reference or latency, latency)
        if before is not None and rate < AS_MANY * before.rate:
            self._allowed = before.allowed
            self.reference = before.latency
        elif latency > TOO_SLOW * reference and self.allowed > 1:
            # Against the best rate so far: ten trials may not lose a tenth each.
            self._before = Before(self._allowed, latency, max(rate, before.rate if before else 0))
            self._allowed *= LESS
        else:
            self._allowed = min(self.limit, self._allowed + max(1.0, self.limit / STEPS))

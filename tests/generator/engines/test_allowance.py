import heapq
import itertools
import random
from collections.abc import Callable

from generator.engines.allowance import Allowance, Sent

TOKENS = 200
Answer = tuple[float, float, int, Sent]
"""When it comes, when it was asked for, its tokens, what `take` gave."""


class Simulation:
    """A server that always has all the requests that it is allowed, on a clock of its own."""

    def __init__(self, limit: int, seconds: "Seconds") -> None:
        self.now = 0.0
        self.allowance = Allowance(limit)
        self.capacity = limit
        """Requests beyond which it refuses."""
        self.refused = 0
        self.least = limit
        self._seconds = seconds
        self._draw = random.Random(1)
        self._out: list[Answer] = []

    def answer(self, count: int) -> None:
        answered = 0
        while answered < count:
            while self.allowance.room:
                self._send()
            self.now, began, tokens, sent = heapq.heappop(self._out)
            if tokens:
                self.allowance.answered(sent, self.now - began, tokens)
                answered += 1
            else:
                self.allowance.crowded(sent)
                self.refused += 1
            self.least = min(self.least, self.allowance.allowed)

    def _send(self) -> None:
        sent = self.allowance.take()
        if self.allowance.outstanding > self.capacity:
            heapq.heappush(self._out, (self.now + 0.01, self.now, 0, sent))
            return
        tokens = round(TOKENS * self._draw.uniform(0.8, 1.2))
        done = self.now + self._seconds(self, tokens / TOKENS)
        heapq.heappush(self._out, (done, self.now, tokens, sent))


Seconds = Callable[[Simulation, float], float]
"""What a request takes, given its share of the usual length."""


def alone(seconds: float) -> Seconds:
    """Time in a server to which it does not matter how much it has to do."""
    return lambda _, length: seconds * length


def queue_of(slots: int, seconds: float) -> Seconds:
    """Time in a server that works on so many requests at once and lets the others wait."""
    free = [0.0] * slots

    def time(simulation: Simulation, length: float) -> float:
        end = max(simulation.now, heapq.heappop(free)) + seconds * length
        heapq.heappush(free, end)
        return end - simulation.now

    return time


def batch(seconds: float, slower: float) -> Seconds:
    """Time in a server that works on all requests together, each slowing down the others."""
    return lambda simulation, length: (
        seconds * length * (1 + slower * simulation.allowance.outstanding)
    )


def test_a_server_that_answers_at_once_keeps_the_whole_limit() -> None:
    simulation = Simulation(256, alone(2.0))
    simulation.answer(20_000)
    assert simulation.least == 256


def test_a_queue_is_noticed_and_what_stands_in_it_is_held_back() -> None:
    slots = 16
    simulation = Simulation(8 * slots, queue_of(slots, 2.0))
    simulation.allowance.reference = 2.0 / TOKENS
    simulation.answer(200 * slots)
    ends = []
    for _ in range(200):
        simulation.answer(slots)
        ends.append(simulation.allowance.allowed)
    assert sorted(ends)[100] <= 2.5 * slots
    assert min(ends) >= 0.9 * slots


def test_holding_back_a_queue_costs_no_throughput() -> None:
    slots, count = 16, 6400
    simulation = Simulation(8 * slots, queue_of(slots, 2.0))
    simulation.allowance.reference = 2.0 / TOKENS
    simulation.answer(count)
    assert simulation.now < 1.05 * count / slots * 2.0


def test_a_server_that_batches_is_tried_with_less_once_and_then_left_at_its_limit() -> None:
    limit = 64
    simulation = Simulation(limit, batch(1.0, 1.5 / limit))
    simulation.allowance.reference = 1.0 / TOKENS
    allowed = []
    for _ in range(200):
        simulation.answer(limit // 4)
        allowed.append(simulation.allowance.allowed)
    assert min(allowed) == int(0.7 * limit)
    trials = sum(before > after for before, after in itertools.pairwise(allowed))
    assert trials == 1
    assert allowed[-100:] == [limit] * 100


def test_a_refusal_halves_the_allowance_once_for_all_requests_that_were_out() -> None:
    allowance = Allowance(64)
    sent = [allowance.take() for _ in range(64)]
    for number in sent[:40]:
        allowance.crowded(number)
    assert allowance.allowed == 32
    assert not allowance.room or allowance.outstanding < 32
    allowance.crowded(allowance.take())
    assert allowance.allowed == 16


def test_a_server_that_refuses_beyond_its_capacity_is_held_near_it() -> None:
    simulation = Simulation(256, alone(1.0))
    simulation.capacity = 40
    simulation.answer(2000)
    before = simulation.refused
    simulation.answer(4000)
    assert simulation.least >= 20
    assert simulation.allowance.allowed <= 48
    assert simulation.refused - before < 0.2 * 4000


def test_a_server_that_recovers_gets_its_limit_back() -> None:
    simulation = Simulation(256, alone(1.0))
    simulation.capacity = 10
    simulation.answer(1000)
    assert simulation.allowance.allowed < 32
    simulation.capacity = 256
    simulation.answer(10_000)
    assert simulation.allowance.allowed == 256


def test_a_server_whose_queue_goes_away_gets_its_limit_back() -> None:
    server = queue_of(8, 2.0)
    simulation = Simulation(64, lambda simulation, length: server(simulation, length))
    simulation.allowance.reference = 2.0 / TOKENS
    simulation.answer(2000)
    assert simulation.allowance.allowed <= 24
    server = alone(2.0)
    simulation.answer(4000)
    assert simulation.allowance.allowed == 64


def test_one_request_at_a_time_is_the_least() -> None:
    allowance = Allowance(4)
    for _ in range(10):
        allowance.crowded(allowance.take())
    assert allowance.allowed == 1
    assert allowance.room


def test_answers_of_a_server_that_had_room_left_say_nothing_about_queues() -> None:
    allowance = Allowance(32)
    allowance.reference = 0.01
    for _ in range(200):
        allowance.answered(allowance.take(), 4.0, 100)
    assert allowance.allowed == 32

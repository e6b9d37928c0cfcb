import asyncio

import pytest
from tenacity import Future, RetryCallState, Retrying

from generator.engines.exchange import Declined, Fault
from generator.engines.openai_api import Words
from generator.engines.retry import LONGEST_ASKED, persist, wait


def waits(fault: Fault, attempt: int) -> float:
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempt
    state.outcome = Future.construct(attempt, fault, True)
    return wait(state)


def test_the_waits_grow_and_differ() -> None:
    lengths = [[waits(Fault("no"), attempt) for _ in range(20)] for attempt in range(1, 12)]
    least = [min(same) for same in lengths[2:8]]
    assert least == sorted(least)
    assert all(len(set(same)) > 1 for same in lengths)
    assert max(map(max, lengths)) < 61


def test_a_server_that_says_when_is_not_asked_before() -> None:
    for attempt in range(1, 10):
        assert waits(Fault("no", least_wait=40), attempt) >= 40
    assert waits(Fault("no", least_wait=1e9), 1) < LONGEST_ASKED + 1


def test_what_succeeds_at_last_succeeds() -> None:
    async def attempt(tried: int) -> int:
        if tried < 2:
            raise Fault("not yet")
        return tried

    assert asyncio.run(persist(attempt, 3, Fault("the first"))) == 2


def test_when_all_is_tried_the_last_fault_is_raised() -> None:
    tries = []

    async def attempt(tried: int) -> None:
        tries.append(tried)
        raise Fault(f"fault {tried}")

    with pytest.raises(Fault, match="fault 1"):
        asyncio.run(persist(attempt, 1))
    assert tries == [0, 1]
    with pytest.raises(Fault, match="the first"):
        asyncio.run(persist(attempt, 0, Fault("the first")))
    assert tries == [0, 1]


def test_what_is_declined_is_not_tried_again() -> None:
    tries = []

    async def attempt(tried: int) -> None:
        tries.append(tried)
        raise Declined(400, Words("no"))

    with pytest.raises(Declined):
        asyncio.run(persist(attempt, 5))
    assert tries == [0]

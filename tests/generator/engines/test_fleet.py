import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from generator.engine import EngineFailed
from generator.engines.allowance import Allowance
from generator.engines.exchange import Fault
from generator.engines.fleet import Fleet, Server, Slot, Standing

REST = 0.02
BROKEN = Fault("connection reset")
Probe = Callable[[Server], Awaitable[bool]]


async def there(server: Server) -> bool:
    return True


async def gone(server: Server) -> bool:
    return False


def fleet(
    *weights: float, limit: int = 8, probe: Probe = there, give_up_seconds: float = 60.0
) -> Fleet:
    servers = [
        Server(f"http://{name}/v1", weight, Allowance(limit))
        for name, weight in zip("abcdef", weights, strict=False)
    ]
    return Fleet(servers, probe, give_up_seconds, REST)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 10))


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def standing(server: Server) -> Standing:
    return server.standing


async def break_down(servers: Fleet, server: Server) -> None:
    """Let a server fail until it rests."""
    while server.standing is Standing.UP:
        slots = [await servers.take(0) for _ in servers.servers]
        for slot in slots:
            if slot.server is server:
                servers.failed(slot, BROKEN)
            else:
                servers.free(slot)


def test_requests_go_to_the_least_busy_server_by_weight() -> None:
    async def test() -> None:
        servers = fleet(1, 3, limit=100)
        for _ in range(40):
            await servers.take(0)
        assert [server.allowance.outstanding for server in servers.servers] == [10, 30]
        servers.close()

    run(test())


def test_idle_servers_of_equal_weight_take_turns() -> None:
    async def test() -> None:
        servers = fleet(1, 1, 1)
        for _ in range(30):
            servers.answered(await servers.take(0), 10)
        assert [server.taken for server in servers.servers] == [10, 10, 10]
        servers.close()

    run(test())


def test_who_waits_is_served_by_priority_and_then_by_arrival() -> None:
    async def test() -> None:
        servers = fleet(1, limit=1)
        held = await servers.take(0)
        served = []

        async def wait(name: str, priority: int) -> None:
            slot = await servers.take(priority)
            served.append(name)
            servers.answered(slot, 10)

        waiting = [("first", 0), ("second", 0), ("later stage", -1), ("urgent", -2)]
        tasks = [asyncio.create_task(wait(*who)) for who in waiting]
        await asyncio.sleep(0)
        servers.answered(held, 10)
        await asyncio.gather(*tasks)
        assert served == ["urgent", "later stage", "first", "second"]
        servers.close()

    run(test())


def test_one_who_gives_up_waiting_takes_no_slot_with_him() -> None:
    async def test() -> None:
        servers = fleet(1, limit=1)
        held = await servers.take(0)
        before = asyncio.create_task(servers.take(0))
        granted = asyncio.create_task(servers.take(0))
        await asyncio.sleep(0)
        before.cancel()
        servers.answered(held, 10)
        granted.cancel()
        await asyncio.gather(before, granted, return_exceptions=True)
        assert servers.servers[0].allowance.outstanding == 0
        assert isinstance(await servers.take(0), Slot)
        servers.close()

    run(test())


def test_a_request_that_failed_goes_elsewhere_where_it_can() -> None:
    async def test() -> None:
        servers = fleet(1, 1)
        first = await servers.take(0)
        servers.failed(first, BROKEN)
        again = await servers.take(0, avoid=first.server)
        assert again.server is not first.server
        servers.close()

    run(test())


def test_a_server_that_keeps_failing_rests_and_one_answer_brings_it_back() -> None:
    async def test() -> None:
        servers = fleet(1, 1)
        bad, good = servers.servers
        await break_down(servers, bad)
        assert standing(bad) is Standing.RESTING
        slots = [await servers.take(0) for _ in range(4)]
        assert {slot.server for slot in slots} == {good}
        await until(lambda: standing(bad) is Standing.ON_TRIAL)
        trial = await servers.take(0)
        assert trial.server is bad
        assert (await servers.take(0)).server is good, "a server on trial has one request"
        servers.answered(trial, 10)
        assert standing(bad) is Standing.UP
        assert bad.rests == 0
        servers.close()

    run(test())


def test_a_server_that_fails_its_trial_rests_longer_each_time() -> None:
    async def test() -> None:
        servers = fleet(1)
        (server,) = servers.servers
        await break_down(servers, server)
        lengths = []
        for _ in range(3):
            began = asyncio.get_running_loop().time()
            trial = await servers.take(0)
            lengths.append(asyncio.get_running_loop().time() - began)
            servers.failed(trial, BROKEN)
            assert standing(server) is Standing.RESTING
        for number, length in enumerate(lengths):
            assert length > REST / 2 * 2**number * 0.9
        servers.close()

    run(test())


def test_faults_of_requests_from_before_a_rest_do_not_count_after_it() -> None:
    async def test() -> None:
        servers = fleet(1)
        (server,) = servers.servers
        old = [await servers.take(0) for _ in range(5)]
        for slot in old[:3]:
            servers.failed(slot, BROKEN)
        await until(lambda: standing(server) is Standing.ON_TRIAL)
        servers.failed(old[3], BROKEN)
        assert standing(server) is Standing.ON_TRIAL
        servers.answered(old[4], 10)
        assert standing(server) is Standing.UP, "an answer is an answer"
        servers.close()

    run(test())


def test_a_server_that_asks_for_patience_lowers_its_share_and_does_not_rest() -> None:
    async def test() -> None:
        servers = fleet(1, limit=64)
        (server,) = servers.servers
        for _ in range(5):
            slot = await servers.take(0)
            servers.failed(slot, Fault("slow down", crowded=True, failing=False))
        assert server.allowance.allowed == 2
        assert standing(server) is Standing.UP
        servers.close()

    run(test())


def test_a_server_that_turns_away_even_a_single_request_rests() -> None:
    async def test() -> None:
        servers = fleet(1, limit=1)
        (server,) = servers.servers
        for _ in range(3):
            slot = await servers.take(0)
            servers.failed(slot, Fault("slow down", crowded=True, failing=False))
        assert standing(server) is Standing.RESTING
        servers.close()

    run(test())


def test_while_no_server_is_there_requests_wait_and_then_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "generator")
    back = False

    async def probe(server: Server) -> bool:
        return back

    async def test() -> None:
        nonlocal back
        servers = fleet(1, 1, probe=probe)
        for server in servers.servers:
            servers.rest(server, "connection refused")
        waiting = asyncio.create_task(servers.take(0))
        await asyncio.sleep(5 * REST)
        assert not waiting.done()
        back = True
        servers.answered(await waiting, 10)
        servers.close()

    run(test())
    assert caplog.text.count("the run pauses") == 1
    assert "connection refused" in caplog.text
    assert "answers again" in caplog.text


def test_servers_that_stay_away_for_too_long_end_the_wait_with_their_words() -> None:
    async def test() -> None:
        servers = fleet(1, 1, probe=gone, give_up_seconds=5 * REST)
        for server in servers.servers:
            servers.rest(server, "connection refused")
        with pytest.raises(EngineFailed, match=r"http://b/v1: connection refused.*\n.*is kept"):
            await servers.take(0)
        with pytest.raises(EngineFailed):
            await servers.take(0)
        servers.close()

    run(test())


def test_a_server_that_only_seems_to_be_there_does_not_stop_the_giving_up() -> None:
    async def test() -> None:
        servers = fleet(1, give_up_seconds=10 * REST)
        servers.rest(servers.servers[0], "engine dead")

        async def fail_again_and_again() -> None:
            while True:
                servers.failed(await servers.take(0), Fault("engine dead"))

        with pytest.raises(EngineFailed, match="engine dead"):
            await fail_again_and_again()
        servers.close()

    run(test())


def test_a_mistake_in_probing_surfaces_where_slots_are_waited_for() -> None:
    async def probe(server: Server) -> bool:
        raise ZeroDivisionError

    async def test() -> None:
        servers = fleet(1, probe=probe)
        servers.rest(servers.servers[0], "connection refused")
        with pytest.raises(ZeroDivisionError):
            await servers.take(0)
        servers.close()

    run(test())


def test_closing_tells_who_waits() -> None:
    async def test() -> None:
        servers = fleet(1, limit=1)
        await servers.take(0)
        waiting = asyncio.create_task(servers.take(0))
        await asyncio.sleep(0)
        servers.close()
        with pytest.raises(EngineFailed, match="closed"):
            await waiting

    run(test())

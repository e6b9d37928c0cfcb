import asyncio
from collections.abc import Iterator

import pytest

from generator.window import in_window


def test_every_item_is_worked_on_once_and_never_more_than_the_window_at_a_time() -> None:
    running, most, done = 0, 0, []

    async def work(item: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        done.append(item)
        running -= 1

    asyncio.run(in_window(iter(range(100)), 7, work))
    assert sorted(done) == list(range(100))
    assert most == 7


def test_items_are_taken_only_as_room_appears() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(1000):
            taken += 1
            yield item

    async def work(item: int) -> None:
        assert taken - item <= 5
        await asyncio.sleep(0)

    asyncio.run(in_window(items(), 5, work))


def test_a_slow_item_holds_up_nobody_else() -> None:
    done: list[int] = []
    release = asyncio.Event()

    async def work(item: int) -> None:
        if item == 0:
            await release.wait()
        done.append(item)
        if len(done) == 9:
            release.set()

    asyncio.run(in_window(iter(range(10)), 2, work))
    assert done[-1] == 0


def test_the_first_error_cancels_the_rest_and_is_raised() -> None:
    cancelled = []

    async def work(item: int) -> None:
        if item == 3:
            raise ValueError("three")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(item)
            raise

    with pytest.raises(ValueError, match="three"):
        asyncio.run(in_window(iter(range(100)), 4, work))
    assert sorted(cancelled) == [0, 1, 2]

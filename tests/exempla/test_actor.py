import asyncio

from exempla.actor import Desk


def test_deaths_are_counted_until_the_journal_grows() -> None:
    async def deaths() -> list[int]:
        desk = Desk()
        return [await desk.begin(1, size) for size in (0, 0, 0, 90, 90, 120)]

    assert asyncio.run(deaths()) == [0, 1, 2, 0, 1, 0]


def test_the_parts_are_counted_apart_and_a_lost_actor_is_told() -> None:
    async def told() -> list[str]:
        desk = Desk()
        assert [await desk.begin(part, 0) for part in (1, 2, 2)] == [0, 0, 1]
        said = [text for _, text in await desk.said()]
        assert await desk.said() == []
        return said

    assert asyncio.run(told()) == ["the actor of part 2 was lost; another goes on"]


def test_those_who_wait_are_told_to_stop() -> None:
    async def stopped() -> bool:
        desk = Desk()
        waiting = asyncio.create_task(desk.stopped())
        await asyncio.sleep(0)
        assert not await desk.is_stopped()
        assert not waiting.done()
        await desk.stop()
        await waiting
        return await desk.is_stopped()

    assert asyncio.run(stopped())

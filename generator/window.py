"""A bounded number of items in flight."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


async def in_window(items: Iterator[T], size: int, work: Callable[[T], Awaitable[None]]) -> None:
    """Work on every item, at most `size` at once, each begun as soon as another ends.

    There is no barrier: an item's later stages run beside the first ones of the next. The first
    error cancels the rest and is raised.
    """

    async def lane() -> None:
        for item in items:
            await work(item)

    lanes = [asyncio.create_task(lane()) for _ in range(size)]
    try:
        await asyncio.gather(*lanes)
    finally:
        for task in lanes:
            task.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)

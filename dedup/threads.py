"""Work that gives way to other threads, shared out among some."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

ValueT = TypeVar("ValueT")
ResultT = TypeVar("ResultT")


def in_order(
    function: Callable[[ValueT], ResultT], values: Iterable[ValueT], threads: int | None = None
) -> Iterator[ResultT]:
    """The result for each value, in order, while a few values are worked on ahead.

    Args:
        function: Called in the threads.
        values: Taken in the thread of the caller, no more of them than are worked on.
        threads: By default as many as there are cores for this process.
    """
    threads = threads or len(os.sched_getaffinity(0))
    waiting: deque[Future[ResultT]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for value in values:
            waiting.append(pool.submit(function, value))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

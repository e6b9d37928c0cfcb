"""Work that gives way to other threads, shared out among some."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
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


def aside(work: Callable[[], None]) -> None:
    """Do some compiled work in a thread, so that this one can answer signals meanwhile.

    Where a signal raises an error here, the work is left to itself and ends with the process.
    """
    done: Future[None] = Future()

    def run() -> None:
        try:
            work()
            done.set_result(None)
        except BaseException as error:  # noqa: BLE001 - raised to who waits for the result
            done.set_exception(error)

    Thread(target=run, daemon=True).start()
    done.result()

"""How long a request is tried again after faults: exponential back-off with jitter."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from generator.engines.exchange import Fault

LONGEST_WAIT = 60.0
LONGEST_ASKED = 600.0
"""Seconds; a server that asks for more than this is asked again all the same."""

T = TypeVar("T")

# All who met the same fault, or were told the same moment, shall not come back together.
_jitter = wait_random(0, 0.5)
_backoff = wait_exponential(multiplier=0.25, max=LONGEST_WAIT) + _jitter


async def persist(
    attempt: Callable[[int], Awaitable[T]], retries: int, first: Fault | None = None
) -> T:
    """Try until it succeeds, or has been tried again `retries` times.

    Args:
        attempt: Given how often it was tried before.
        retries: After the first try.
        first: The first try's fault, where it has been made already: most requests have none,
            and are spared what it costs to set this up.

    Raises:
        Fault: of the last try.
    """
    async for trying in AsyncRetrying(
        retry=retry_if_exception_type(Fault),
        stop=stop_after_attempt(retries + 1),
        wait=wait,
        reraise=True,
    ):
        with trying:
            tried = trying.retry_state.attempt_number - 1
            if first is not None and tried == 0:
                raise first
            return await attempt(tried)
    raise AssertionError("tenacity ends with a result or an error")


def wait(state: RetryCallState) -> float:
    """Seconds before the next try: more each time, and at least what the server asks."""
    fault = state.outcome.exception() if state.outcome else None
    asked = min(fault.least_wait, LONGEST_ASKED) if isinstance(fault, Fault) else 0.0
    return max(_backoff(state), asked + _jitter(state))

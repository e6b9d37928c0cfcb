"""Puts bodies to servers and reads what comes back; what cannot be read is a fault."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from yarl import URL

from generator.engine import Completion, Refused
from generator.engines.exchange import Exchange, Fault, Secret
from generator.engines.openai_api import Garbled, Served, read_completion, read_models
from generator.engines.retry import persist

ReadT = TypeVar("ReadT")


class Client:
    """The API of servers, by their base URLs."""

    def __init__(
        self, secret: Secret, connect_seconds: float, answer_seconds: float, retries: int
    ) -> None:
        self._secret = secret
        self._exchange = Exchange(secret, connect_seconds, answer_seconds)
        self._retries = retries

    async def close(self) -> None:
        """Close all connections."""
        await self._exchange.close()

    async def models(self, url: str) -> tuple[Served, ...]:
        """The models that a server lists. Raises Fault or Declined."""
        return self._read(read_models, await self._exchange.get(URL(f"{url}/models")))

    async def complete(self, url: str, path: str, body: bytes) -> Completion:
        """Put a body to a server once. Raises Fault, Declined or Refused."""
        raw = await self._exchange.post(URL(url + path), body)
        completion = self._read(read_completion, raw)
        text = self._secret.hide_text(completion.text)
        return completion if text == completion.text else replace(completion, text=text)

    async def ask(self, url: str, path: str, body: bytes) -> Completion:
        """Put a body to this one server until it answers. Raises Fault or Declined."""

        async def attempt(tried: int) -> Completion:
            try:
                return replace(await self.complete(url, path, body), retries=tried)
            except Refused:
                return Completion("", "stop", 0, 0)

        return await persist(attempt, self._retries)

    def _read(self, read: Callable[[bytes], ReadT], raw: bytes) -> ReadT:
        try:
            return read(raw)
        except Garbled as error:
            raise Fault(self._secret.hide_text(str(error))) from None

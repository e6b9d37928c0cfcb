"""One HTTP exchange with a server: the bytes of its answer, or what went wrong.

The key is known here alone. It is taken out of whatever a server sends before anybody reads it,
because some servers put it into their errors.
"""

import asyncio
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import orjson
from yarl import URL

from exempla.errors import BadInput, Problem
from generator.engines.openai_api import Words, server_words

WORTH_ANOTHER_TRY = frozenset({408, 409, 425, 429})
IDLE_SECONDS = 4
"""For which a connection is kept. vLLM closes it after 5, and a request that crosses with that
would be lost."""
SHORTEST_SECRET = 8
"""Characters. What is shorter, such as `EMPTY`, is for servers that want any key at all, and
cannot be told from a word of an answer."""


class Fault(Exception):
    """A request was not answered for a reason that may pass."""

    def __init__(
        self, words: str, *, least_wait: float = 0.0, crowded: bool = False, failing: bool = True
    ) -> None:
        super().__init__(words)
        self.least_wait = least_wait
        """Seconds that the server asks to wait."""
        self.crowded = crowded
        """Whether the server seems to have too much to do."""
        self.failing = failing
        """Whether it speaks against the server; a well-behaved refusal for load does not."""


class Unreachable(Fault):
    """Nobody is at the address."""


class Declined(Exception):
    """The server will not have this request, now or later."""

    def __init__(self, status: int, words: Words) -> None:
        super().__init__(f"{words.message} (status {status})")
        self.status = status
        self.words = words


class Secret:
    """The servers' key, and how it is kept out of what they say."""

    def __init__(self, key: str | None) -> None:
        self.key = key
        if key is None:
            self._hidden: tuple[bytes, ...] = ()
        elif len(key) < SHORTEST_SECRET:
            self._hidden = (f"Bearer {key}".encode(),)
        else:
            self._hidden = tuple(dict.fromkeys((key.encode(), orjson.dumps(key)[1:-1])))

    @classmethod
    def from_environment(cls, name: str | None) -> "Secret":
        """The key that the variable holds; none where no variable is named.

        Raises:
            BadInput: the variable is not set, or holds what cannot be a key.
        """
        if name is None:
            return cls(None)
        key = os.environ.get(name, "").strip()
        if key and key.isascii() and key.isprintable():
            return cls(key)
        what = "holds no key: it has characters that no header may have" if key else "is not set"
        raise BadInput(
            Problem(
                f"the environment variable {name} {what}",
                f"Set it to the servers' key: export {name}=…",
                setting="engine.api_key_env",
            )
        )

    def hide(self, raw: bytes) -> bytes:
        """The same without the key."""
        for hidden in self._hidden:
            raw = raw.replace(hidden, b"***")
        return raw

    def hide_text(self, text: str) -> str:
        """The same without the key, also where a server had written it with escapes."""
        for hidden in self._hidden:
            text = text.replace(hidden.decode(), "***")
        return text


class Exchange:
    """A pool of connections to all servers."""

    def __init__(self, secret: Secret, connect_seconds: float, answer_seconds: float) -> None:
        self._secret = secret
        self._connect_seconds = connect_seconds
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if secret.key is not None:
            headers["Authorization"] = f"Bearer {secret.key}"
        self._session = aiohttp.ClientSession(
            # How many there may be is each server's allowance.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=answer_seconds, connect=connect_seconds),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def post(self, url: URL, body: bytes) -> bytes:
        """Send a body. Raises Fault or Declined."""
        return await self._exchange("POST", url, body)

    async def get(self, url: URL) -> bytes:
        """Ask for what needs no thinking. Raises Fault or Declined."""
        try:
            async with asyncio.timeout(self._connect_seconds):
                return await self._exchange("GET", url)
        except TimeoutError as error:
            raise Fault(f"no answer within {self._connect_seconds:g} s") from error

    async def _exchange(self, method: str, url: URL, body: bytes | None = None) -> bytes:
        try:
            # A redirect would carry the key to an address that nobody named.
            async with self._session.request(
                method, url, data=body, allow_redirects=False
            ) as response:
                raw = self._secret.hide(await response.read())
                if response.status == 200:
                    return raw
                raise self._error(response.status, response.headers, raw)
        except aiohttp.ConnectionTimeoutError as error:
            raise Unreachable(f"no connection within {self._connect_seconds:g} s") from error
        except TimeoutError as error:
            seconds = self._session.timeout.total or 0.0
            raise Fault(f"no answer within {seconds:g} s", crowded=True) from error
        except (aiohttp.ClientError, OSError) as error:
            # Its words may hold what the server sent.
            words = self._secret.hide_text(str(error)) or type(error).__name__
            kind = Unreachable if isinstance(error, aiohttp.ClientConnectorError) else Fault
            raise kind(" ".join(words.split())) from None

    def _error(self, status: int, headers: Mapping[str, str], raw: bytes) -> Fault | Declined:
        words = server_words(raw)
        words = Words(self._secret.hide_text(words.message), self._secret.hide_text(words.code))
        if status in WORTH_ANOTHER_TRY or status >= 500 or 200 < status < 300:
            return Fault(
                f"{words.message} (status {status})",
                least_wait=retry_after(headers),
                crowded=status in (429, 503),
                failing=status != 429,
            )
        return Declined(status, words)


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the server asks to wait, in either form of the header; 0 where it does not."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
        # By the server's own clock where it tells the time.
        date = headers.get("Date")
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return max(0.0, (then - now).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a time zone
        return 0.0

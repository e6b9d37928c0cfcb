import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from yarl import URL

from exempla.errors import BadInput
from generator.engines.exchange import (
    Declined,
    Exchange,
    Fault,
    Secret,
    Unreachable,
    retry_after,
)

KEY = 'sk-"lantern"-4711'
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[URL]:
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield URL(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    finally:
        await runner.cleanup()


def post(handler: Handler, answer_seconds: float = 5.0, key: str | None = KEY) -> bytes:
    """What one request to such a server comes to."""

    async def exchange() -> bytes:
        async with serving(handler) as url:
            client = Exchange(Secret(key), 5.0, answer_seconds)
            try:
                return await client.post(url, b"{}")
            finally:
                await client.close()

    return asyncio.run(exchange())


def fault(handler: Handler, answer_seconds: float = 5.0) -> Fault:
    with pytest.raises(Fault) as caught:
        post(handler, answer_seconds)
    return caught.value


def says(status: int, text: str = "", **headers: str) -> Handler:
    async def handle(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    return handle


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 599, 204])
def test_what_may_pass_is_a_fault(status: int) -> None:
    assert f"(status {status})" in str(fault(says(status)))


@pytest.mark.parametrize("status", [307, 400, 401, 403, 404, 405, 413, 422, 451])
def test_what_will_not_pass_is_declined_with_the_servers_words(status: int) -> None:
    with pytest.raises(Declined, match="no, never") as caught:
        post(says(status, '{"error":{"message":"no, never"}}', Location="http://127.0.0.1:1/"))
    assert caught.value.status == status


def test_a_server_with_too_much_to_do_is_told_from_one_that_fails() -> None:
    kinds = {status: fault(says(status)) for status in (429, 500, 503)}
    assert {status: (f.crowded, f.failing) for status, f in kinds.items()} == {
        429: (True, False),
        500: (False, True),
        503: (True, True),
    }


def test_a_connection_that_is_reset_is_a_fault() -> None:
    async def reset(request: web.BaseRequest) -> web.Response:
        assert request.transport
        request.transport.abort()
        return web.Response()

    assert not isinstance(fault(reset), Unreachable)


def test_an_answer_that_breaks_off_is_a_fault() -> None:
    async def break_off(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half of ")
        assert request.transport
        request.transport.close()
        return response

    assert fault(break_off).failing


def test_an_answer_that_takes_too_long_is_a_sign_of_too_much_to_do() -> None:
    async def stall(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    found = fault(stall, 0.05)
    assert found.crowded
    assert str(found) == "no answer within 0.05 s"


def test_an_address_where_nobody_is_is_unreachable() -> None:
    async def exchange() -> None:
        async with serving(says(200)) as url:
            pass
        client = Exchange(Secret(None), 5.0, 5.0)
        try:
            with pytest.raises(Unreachable, match="onnect"):
                await client.post(url, b"{}")
        finally:
            await client.close()

    asyncio.run(exchange())


def test_the_key_is_sent_and_comes_out_of_nothing_that_a_server_says() -> None:
    seen = []

    async def echo(request: web.BaseRequest) -> web.Response:
        seen.append(request.headers["Authorization"])
        escaped = KEY.replace('"', '\\"')
        return web.Response(text=f"you are {KEY} or {escaped}")

    assert post(echo) == b"you are *** or ***"
    assert seen == [f"Bearer {KEY}"]


@pytest.mark.parametrize("status", [401, 500])
def test_the_key_comes_out_of_no_error(status: int) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    for text in (f"not {KEY}", f'{{"error":{{"message":"not {escaped}","code":"{escaped}"}}}}'):
        with pytest.raises((Fault, Declined), match=r"not \*\*\*") as caught:
            post(says(status, text))
        assert "lantern" not in str(caught.value) + repr(vars(caught.value))


def test_the_key_comes_out_of_no_answer_that_is_not_even_http() -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {KEY} {KEY}\r\n{KEY}\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def exchange() -> None:
        server = await asyncio.start_server(speak, "127.0.0.1", 0)
        client = Exchange(Secret(KEY), 5.0, 5.0)
        try:
            url = URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
            with pytest.raises(Fault) as caught:
                await client.post(url, b"{}")
            assert "lantern" not in str(caught.value)
            assert caught.value.__suppress_context__
        finally:
            await client.close()
            server.close()
            await server.wait_closed()

    asyncio.run(exchange())


def test_a_key_too_short_to_be_secret_is_not_taken_out_of_texts() -> None:
    secret = Secret("EMPTY")
    assert secret.hide(b"The EMPTY barn") == b"The EMPTY barn"
    assert secret.hide(b"Bearer EMPTY") == b"***"


@pytest.mark.parametrize("value", [None, "", "  ", "two\nlines", "schlüssel"])
def test_a_variable_that_holds_no_key_is_refused_without_saying_what_it_holds(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LANTERN_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("LANTERN_KEY", value)
    with pytest.raises(BadInput, match="the environment variable LANTERN_KEY") as caught:
        Secret.from_environment("LANTERN_KEY")
    assert caught.value.problems[0].setting == "engine.api_key_env"
    assert "lines" not in str(caught.value)


def test_the_key_is_read_without_the_blanks_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTERN_KEY", f" {KEY}\n")
    assert Secret.from_environment("LANTERN_KEY").key == KEY
    assert Secret.from_environment(None).key is None


def test_retry_after_is_read_in_both_forms() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert retry_after({"Retry-After": "7"}) == 7
    assert 25 < retry_after({"Retry-After": soon}) <= 30


def test_a_date_is_read_by_the_servers_clock() -> None:
    wrong = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    later = format_datetime(wrong + timedelta(seconds=9), usegmt=True)
    headers = {"Retry-After": later, "Date": format_datetime(wrong, usegmt=True)}
    assert retry_after(headers) == 9


@pytest.mark.parametrize("text", ["", "soon", "-3", "Wed, 21 Oct 2015 07:28:00 GMT", "inf"])
def test_what_is_no_time_to_wait_is_none(text: str) -> None:
    assert retry_after({"Retry-After": text}) == 0

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiohttp import web

from exempla.errors import BadInput
from generator.engine import (
    Completion,
    EngineFailed,
    EngineSettings,
    Message,
    NoAnswer,
    PromptTooLong,
    Refused,
    Request,
    SamplingParams,
)
from generator.engines.server import REFUSED_IN_A_ROW, ServerEngine
from prompts.constraint import ChoiceConstraint, Constraint, ProseConstraint, json_constraint
from prompts.field import TextField

JSON = json_constraint("note", {"place": TextField(type="text", max=20)})
TEXT = "The boats were in before the rain."
Rule = Callable[[dict[str, Any]], web.Response | str | None]


def error(status: int, message: str, **headers: str) -> web.Response:
    return web.json_response({"error": {"message": message}}, status=status, headers=headers)


class Server:
    """Obeys constraints and answers with one sentence, where a rule does not say otherwise."""

    def __init__(self, *rules: Rule, models: Collection[str] = ("m",), port: int = 0) -> None:
        self.rules = list(rules)
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._models = models
        self._port = port
        self.url = ""

    async def handle(self, request: web.BaseRequest) -> web.Response:
        self.headers.append(dict(request.headers))
        if request.method == "GET":
            return web.json_response({"data": [{"id": model} for model in self._models]})
        body = orjson.loads(await request.read())
        self.bodies.append(body)
        for rule in self.rules:
            if (said := rule(body)) is not None:
                return said if isinstance(said, web.Response) else completion(said)
        return completion(obedient(body))

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Server"]:
        runner = web.ServerRunner(web.Server(self.handle), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        self._port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}/v1"
        try:
            yield self
        finally:
            await runner.cleanup()


def completion(text: str) -> web.Response:
    choice = {"message": {"content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 5, "completion_tokens": 8}
    return web.json_response({"choices": [choice], "usage": usage})


def obedient(body: dict[str, Any]) -> str:
    if "response_format" in body:
        fields = body["response_format"]["json_schema"]["schema"]["properties"].items()
        return orjson.dumps({name: spec.get("enum", ["x"])[0] for name, spec in fields}).decode()
    match body.get("structured_outputs"):
        case {"choice": options}:
            return str(options[0])
        case {"regex": _} | {"grammar": _}:
            return "vkw-87"
    return TEXT


def first(times: int, said: Callable[[], web.Response]) -> Rule:
    """A rule for the first questions of a run, after those that are asked at its start."""
    left = times

    def rule(body: dict[str, Any]) -> web.Response | None:
        nonlocal left
        if not asked(body) or not left:
            return None
        left -= 1
        return said()

    return rule


def asked(body: dict[str, Any]) -> bool:
    return bool(body["max_tokens"] == 200)


def dropping(field: str) -> Rule:
    return lambda body: TEXT if field in body else None


def question(constraint: Constraint | None = None, tag: str = "item/draft") -> Request:
    sampling = SamplingParams(1.0, 0.9, 200, 7)
    return Request((Message("user", "Write."),), constraint, sampling, tag=tag)


@asynccontextmanager
async def engine(
    *servers: Server, constraints: Collection[Constraint] = (), **settings: Any
) -> AsyncIterator[ServerEngine]:
    urls = tuple({"url": server.url} for server in servers)
    opened = ServerEngine(EngineSettings.model_validate({"servers": urls} | settings))
    try:
        await opened.open(constraints)
        yield opened
    finally:
        await opened.close()


def outcome(
    server: Server,
    *requests: Request,
    constraints: Collection[Constraint] = (),
    **settings: Any,
) -> list[Completion]:
    """The answers of an engine with that one server, one after the other."""

    async def ask() -> list[Completion]:
        async with (
            server.up(),
            engine(server, constraints=constraints, **settings) as opened,
        ):
            return [await opened.answer(request) for request in requests]

    return asyncio.run(ask())


def test_a_request_is_answered() -> None:
    server = Server()
    assert outcome(server, question()) == [Completion(TEXT, "stop", 5, 8)]
    assert server.bodies[-1]["messages"] == [{"role": "user", "content": "Write."}]
    assert server.bodies[-1]["model"] == "m"
    assert "seed" not in server.bodies[-1]


def test_it_says_which_model_it_found_and_keeps_every_server_busy() -> None:
    async def test() -> None:
        one, two = Server(), Server()
        async with one.up(), two.up(), engine(one, two, in_flight=40) as opened:
            info = opened.describe()
        assert (info.engine, info.model, info.in_flight) == ("server", "m", 100)

    asyncio.run(test())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "no server is named"),
        ({"servers": ["http://a/v1", "http://a/v1/"]}, "named more than once: http://a/v1"),
        ({"servers": ["http://a/v1"], "args": {"retry": 3}}, r"engine\.args\.retry"),
        ({"servers": ["http://a/v1"], "args": {"unenforced": "ignore"}}, "unenforced"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_asked(
    settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        ServerEngine(EngineSettings.model_validate(settings))


def test_a_key_that_is_not_set_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANTERN_KEY", raising=False)
    with pytest.raises(BadInput, match="LANTERN_KEY is not set"):
        outcome(Server(), api_key_env="LANTERN_KEY")


def test_the_key_is_sent_and_taken_out_of_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTERN_KEY", "sk-lantern-4711")
    server = Server(lambda body: "Hello sk-lantern-4711." if asked(body) else None)
    assert outcome(server, question(), api_key_env="LANTERN_KEY")[0].text == "Hello ***."
    assert {headers["Authorization"] for headers in server.headers} == {"Bearer sk-lantern-4711"}


def test_after_any_fault_the_request_is_sent_again_and_that_is_counted() -> None:
    async def test() -> None:
        server = Server(
            first(1, lambda: error(429, "slow down", **{"Retry-After": "0"})),
            first(1, lambda: error(500, "oh")),
            first(1, lambda: web.Response(text="<html>")),
            first(1, lambda: web.json_response({"choices": []})),
        )
        async with server.up(), engine(server, in_flight=64) as opened:
            answers = await asyncio.gather(*(opened.answer(question()) for _ in range(30)))
        assert {answer.text for answer in answers} == {TEXT}
        assert sorted(answer.retries for answer in answers) == [0] * 26 + [1] * 4

    asyncio.run(test())


def test_a_request_that_fails_every_time_is_given_up_alone() -> None:
    server = Server(first(2, lambda: error(500, "out of order")))
    with pytest.raises(NoAnswer, match=r"sent 2 times, .*/v1: out of order \(status 500\)"):
        outcome(server, question(), args={"retries": 1})


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (lambda: error(400, "maximum context length is 9"), PromptTooLong, "maximum context"),
        (lambda: error(422, "no such thing"), Refused, "refuses item/draft: no such thing"),
        (lambda: error(451, "not here"), Refused, "not here"),
        (lambda: error(401, "who are you"), EngineFailed, "who are you"),
        (lambda: error(404, "no such model"), EngineFailed, "no such model"),
        (lambda: error(402, "pay first"), EngineFailed, "pay first"),
    ],
)
def test_what_will_not_be_answered_ends_the_item_or_the_run(
    said: Callable[[], web.Response], kind: type[Exception], words: str
) -> None:
    server = Server(first(1, said))
    with pytest.raises(kind, match=words):
        outcome(server, question())
    assert sum(map(asked, server.bodies)) == 1


def test_many_refusals_without_an_answer_between_them_end_the_run() -> None:
    refuses = True

    async def kinds(opened: ServerEngine, times: int) -> set[type]:
        requests = [opened.answer(question()) for _ in range(times)]
        return {type(answer) for answer in await asyncio.gather(*requests, return_exceptions=True)}

    async def test() -> None:
        nonlocal refuses
        server = Server(lambda body: error(400, "no") if asked(body) and refuses else None)
        async with server.up(), engine(server) as opened:
            assert await kinds(opened, REFUSED_IN_A_ROW - 1) == {Refused}
            refuses = False
            assert await kinds(opened, 1) == {Completion}
            refuses = True
            assert await kinds(opened, REFUSED_IN_A_ROW - 1) == {Refused}
            with pytest.raises(EngineFailed, match=r"20 requests in a row were refused; .*: no"):
                await opened.answer(question())

    asyncio.run(test())


def test_a_request_goes_to_another_server_when_its_own_dies() -> None:
    async def test() -> None:
        dead = Server(first(99, lambda: error(500, "dead")))
        async with dead.up(), Server().up() as well, engine(dead, well) as opened:
            answers = await asyncio.gather(*(opened.answer(question()) for _ in range(40)))
            assert {answer.text for answer in answers} == {TEXT}
            assert max(answer.retries for answer in answers) <= 2

    asyncio.run(test())


def test_a_server_that_is_not_there_at_the_start_joins_later() -> None:
    async def test() -> None:
        late = Server()
        async with late.up():
            pass
        async with Server().up() as early, engine(early, late, constraints=[JSON]) as opened:
            assert (await opened.answer(question())).text == TEXT
            async with late.up():
                while not any(map(asked, late.bodies)):
                    await opened.answer(question())
                    await asyncio.sleep(0.01)
                assert any("response_format" in body for body in late.bodies)

    asyncio.run(test())


def test_where_nobody_is_the_run_does_not_wait_for_long() -> None:
    async def test() -> None:
        server = Server()
        async with server.up():
            pass
        with pytest.raises(EngineFailed, match=r"no server answers after 0 s: http://127.*onnect"):
            async with engine(server, args={"give_up_seconds": 0.1}):
                pass

    asyncio.run(test())


def test_a_server_that_does_not_list_models_is_at_the_wrong_address() -> None:
    async def test() -> None:
        server = Server()

        async def lost(request: web.BaseRequest) -> web.Response:
            return error(404, "not found")

        server.handle = lost  # type: ignore[method-assign]
        async with server.up():
            with pytest.raises(BadInput, match=r"up to and with /v1"):
                async with engine(server):
                    pass

    asyncio.run(test())


@pytest.mark.parametrize(
    ("constraint", "field", "form"),
    [
        (JSON, "response_format", "json"),
        (ChoiceConstraint(("yes", "no")), "structured_outputs", "choice"),
        (ProseConstraint(), "structured_outputs", "(regex|grammar)"),
    ],
)
def test_a_server_that_drops_a_constraint_in_silence_is_found_out_at_the_start(
    constraint: Constraint, field: str, form: str
) -> None:
    server = Server(dropping(field))
    with pytest.raises(BadInput, match=rf"/v1 does not keep .* '{form}'[^$]*unenforced: check"):
        outcome(server, constraints=[constraint])


def test_a_dropped_constraint_may_be_left_to_the_check_of_the_answers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server(dropping("structured_outputs"))
    args = {"unenforced": "check"}
    constraints: list[Constraint] = [ProseConstraint(), JSON]
    outcome(server, question(ProseConstraint()), constraints=constraints, args=args)
    assert "does not keep constraints of the form" in caplog.text
    assert "structured_outputs" in server.bodies[-1]


def test_a_refused_constraint_is_left_out_where_answers_are_checked() -> None:
    def refuse(body: dict[str, Any]) -> web.Response | None:
        return error(400, "unknown field") if "structured_outputs" in body else None

    args = {"unenforced": "check"}
    constraints: list[Constraint] = [ProseConstraint(), JSON]
    server = Server(refuse)
    requests = question(ProseConstraint()), question(JSON)
    outcome(server, *requests, constraints=constraints, args=args)
    assert "structured_outputs" not in server.bodies[-2]
    assert "response_format" in server.bodies[-1]
    with pytest.raises(BadInput, match=r"refuses constraints .*: unknown field"):
        outcome(Server(refuse), constraints=constraints)


def test_a_schema_that_the_server_cannot_use_is_an_error_at_the_start_in_its_words() -> None:
    def refuse(body: dict[str, Any]) -> web.Response | None:
        return error(400, "no maxLength here") if b"maxLength" in orjson.dumps(body) else None

    with pytest.raises(BadInput, match=r"cannot use the constraint .*no maxLength here"):
        outcome(Server(refuse), constraints=[JSON])


def test_a_model_that_thinks_for_long_is_given_room_to_show_that_it_obeys() -> None:
    def think(body: dict[str, Any]) -> web.Response | None:
        if body["max_tokens"] > 64:
            return None
        choice = {"message": {"content": None}, "finish_reason": "length"}
        return web.json_response({"choices": [choice]})

    outcome(Server(think), constraints=[JSON, ProseConstraint()])
    with pytest.raises(BadInput, match="does not keep"):
        outcome(Server(think, dropping("structured_outputs")), constraints=[ProseConstraint()])


def test_a_model_without_a_chat_template_is_told_of_raw_prompts() -> None:
    server = Server(lambda body: error(400, "no chat template") if "messages" in body else None)
    with pytest.raises(BadInput, match=r"no chat template[^$]*engine.prompts: raw"):
        outcome(server)


def test_an_answer_that_takes_too_long_is_asked_for_again() -> None:
    async def test() -> None:
        server = Server()
        quick = server.handle

        async def slow(request: web.BaseRequest) -> web.Response:
            response = await quick(request)
            if sum(map(asked, server.bodies)) == 1:
                await asyncio.sleep(0.5)
            return response

        server.handle = slow  # type: ignore[method-assign]
        async with server.up(), engine(server, args={"answer_seconds": 0.2}) as opened:
            assert (await opened.answer(question())).retries >= 1

    asyncio.run(test())


def test_it_can_be_closed_at_any_time_and_then_answers_no_more() -> None:
    async def test() -> None:
        async with Server().up() as server:
            async with engine(server) as opened:
                pass
            await opened.close()
            with pytest.raises(EngineFailed, match="not open"):
                await opened.answer(question())
        await ServerEngine(EngineSettings.model_validate({"servers": ["http://a/v1"]})).close()

    asyncio.run(test())


def test_a_cancelled_request_gives_its_place_back() -> None:
    async def test() -> None:
        server = Server()
        quick = server.handle

        async def stall(request: web.BaseRequest) -> web.Response:
            response = await quick(request)
            if sum(map(asked, server.bodies)) == 1:
                await asyncio.sleep(0.3)
            return response

        server.handle = stall  # type: ignore[method-assign]
        async with server.up(), engine(server, in_flight=1) as opened:
            stalled = asyncio.create_task(opened.answer(question()))
            await asyncio.sleep(0.05)
            stalled.cancel()
            assert (await asyncio.wait_for(opened.answer(question()), 5)).text == TEXT

    asyncio.run(test())

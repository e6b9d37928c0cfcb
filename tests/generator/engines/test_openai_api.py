from typing import Any

import orjson
import pytest

from generator.engine import Completion, Message, Refused, Request, SamplingParams
from generator.engines.openai_api import (
    LONGEST_WORDS,
    Dialect,
    Garbled,
    Served,
    read_completion,
    read_models,
    server_words,
)
from generator.engines.structured import structured_output
from prompts.constraint import (
    ChoiceConstraint,
    Constraint,
    ProseConstraint,
    RegexConstraint,
    json_constraint,
)
from prompts.field import TextField

JSON = json_constraint("note", {"place": TextField(type="text", max=20)})
MESSAGES = (Message("system", "You write."), Message("user", "A harbour."))


def request(constraint: Constraint | None = None) -> Request:
    return Request(MESSAGES, constraint, SamplingParams(0.7, 0.9, 300, 42), tag="secret-tag")


def body(dialect: Dialect, constraint: Constraint | None = None, **more: bool) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(dialect.body(request(constraint), **more))
    return value


def response(**changes: Any) -> bytes:
    choice = {"index": 0, "message": {"content": "Boats."}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 9, "completion_tokens": 3}
    return orjson.dumps({"choices": [choice], "usage": usage} | changes)


def answered(**choice: Any) -> bytes:
    return response(choices=[{"message": {"content": "Boats."}, "finish_reason": "stop"} | choice])


def test_a_chat_request_has_the_messages_and_the_sampling_and_nothing_else() -> None:
    assert body(Dialect("m")) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "You write."},
            {"role": "user", "content": "A harbour."},
        ],
        "max_tokens": 300,
        "temperature": 0.7,
        "top_p": 0.9,
    }
    assert Dialect("m").path == "/chat/completions"


def test_a_raw_request_has_the_bare_text_and_no_template_arguments() -> None:
    dialect = Dialect("m", "raw", {"enable_thinking": False})
    sent = body(dialect)
    assert sent["prompt"] == "You write.\n\nA harbour."
    assert not {"messages", "chat_template_kwargs"} & set(sent)
    assert dialect.path == "/completions"


def test_template_arguments_and_the_seed_are_sent_where_they_are_wanted() -> None:
    sent = body(Dialect("m", "chat", {"enable_thinking": False}, seeded=True))
    assert sent["chat_template_kwargs"] == {"enable_thinking": False}
    assert sent["seed"] == 42


def test_a_json_constraint_goes_through_response_format_with_its_fields_in_order() -> None:
    form = body(Dialect("m"), JSON)["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    assert orjson.dumps(form["json_schema"]["schema"]).decode() == JSON.schema


@pytest.mark.parametrize(
    "constraint", [RegexConstraint("[ab]+"), ChoiceConstraint(("yes", "no")), ProseConstraint()]
)
def test_other_constraints_go_through_structured_outputs(constraint: Constraint) -> None:
    assert body(Dialect("m"), constraint)["structured_outputs"] == structured_output(constraint)


def test_a_constraint_can_be_left_out_for_a_server_that_does_not_take_it() -> None:
    assert body(Dialect("m"), JSON, constrained=False) == body(Dialect("m"))


def test_a_response_becomes_a_completion() -> None:
    details = {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": None}
    assert read_completion(response()) == Completion("Boats.", "stop", 9, 3)
    assert read_completion(response(usage=details)).cached_tokens is None
    details["prompt_tokens_details"] = {"cached_tokens": 8}  # type: ignore[assignment]
    assert read_completion(response(usage=details)).cached_tokens == 8
    assert read_completion(response(usage=None)).completion_tokens == 0
    raw = response(choices=[{"text": "Boats.", "finish_reason": "length"}])
    assert read_completion(raw) == Completion("Boats.", "length", 9, 3)


def test_an_answer_that_was_cut_off_while_the_model_thought_is_empty() -> None:
    message = {"content": None, "reasoning_content": "Let me think"}
    completion = read_completion(answered(message=message, finish_reason="length"))
    assert (completion.text, completion.finish_reason) == ("", "length")


def test_an_end_that_is_not_known_counts_as_an_end() -> None:
    for reason in ("tool_calls", "eos_token", None):
        assert read_completion(answered(finish_reason=reason)).finish_reason == "stop"


def test_what_the_servers_filter_withheld_is_refused() -> None:
    with pytest.raises(Refused, match="content filter"):
        read_completion(answered(finish_reason="content_filter"))


@pytest.mark.parametrize(
    "raw",
    [
        b"<html>Welcome</html>",
        b"",
        b"[]",
        b"{}",
        response(choices=[]),
        response(choices=None),
        response(usage=7),
        answered(message=None),
        answered(message={"content": ["Boats."]}),
        answered(finish_reason="abort"),
        response()[:-20],
    ],
)
def test_anything_but_a_completion_is_called_garbled(raw: bytes) -> None:
    with pytest.raises(Garbled):
        read_completion(raw)


def test_the_models_are_read_with_where_they_are_from() -> None:
    raw = b'{"object":"list","data":[{"id":"big","root":"org/big"},{"id":"small"}]}'
    assert read_models(raw) == (Served("big", "org/big"), Served("small", ""))
    with pytest.raises(Garbled, match="Welcome"):
        read_models(b"<html>Welcome</html>")


@pytest.mark.parametrize(
    ("raw", "message", "code"),
    [
        (b'{"error":{"message":"no  such\\nthing","code":"gone"}}', "no such thing", "gone"),
        (b'{"error":{"message":"no","type":"BadRequestError","code":400}}', "no", "400"),
        (b'{"object":"error","message":"no"}', "no", ""),
        (b'{"error":"no"}', "no", ""),
        (b'{"detail":[{"loc":["body"]}]}', '[{"loc":["body"]}]', ""),
        (b"Bad Gateway\n", "Bad Gateway", ""),
        (b"", "nothing", ""),
        (b"\xff\xfe", "��", ""),
        (b"null", "null", ""),
    ],
)
def test_a_servers_words_are_found_in_every_shape_of_error(
    raw: bytes, message: str, code: str
) -> None:
    assert server_words(raw) == (message, code)


def test_a_page_of_html_is_cut_short() -> None:
    assert len(server_words(b"<p>" * 10_000).message) < LONGEST_WORDS + 5


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 2048 tokens. However, your prompt contains at least"
        " 2049 input tokens, which exceeds this limit even without any output tokens. Please reduce"
        " the length of the input prompt. (parameter=input_tokens, value=2049)",
        "The decoder prompt (length 3000) is longer than the maximum model length of 2048. Make"
        " sure that `max_model_len` is no smaller than the number of text tokens.",
        "Input length (3000) exceeds model's maximum context length (2048).",
        "the request exceeds the available context size, try increasing it",
        "The input (3000 tokens) is longer than the model's context length (2048 tokens).",
    ],
)
def test_a_prompt_that_is_too_long_is_known_by_any_servers_words(message: str) -> None:
    assert server_words(orjson.dumps({"error": {"message": message}})).too_long


def test_a_prompt_that_is_too_long_is_known_by_its_code() -> None:
    error = {"message": "Too many.", "code": "context_length_exceeded"}
    assert server_words(orjson.dumps({"error": error})).too_long
    assert not server_words(b'{"error":{"message":"Invalid schema","code":400}}').too_long

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from exempla.errors import BadInput
from generator import engine
from generator.engine import EngineSettings, Message, NotInstalled, find_engine, raw_prompt


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretends that vLLM and a GPU are there, or not."""

    def pretend(*, vllm: bool, gpu: bool) -> None:
        monkeypatch.setattr(engine, "find_spec", lambda name: object() if vllm else None)
        monkeypatch.setattr(engine, "gpu_present", lambda: gpu)

    return pretend


@pytest.mark.parametrize(
    ("vllm", "gpu", "settings", "chosen"),
    [
        (True, True, {}, "vllm"),
        (True, False, {}, "transformers"),
        (False, True, {}, "transformers"),
        (True, True, {"servers": ["http://127.0.0.1:8000/v1"]}, "server"),
        (True, True, {"name": "scripted"}, "scripted"),
    ],
)
def test_auto_takes_servers_then_vllm_on_a_gpu_then_transformers(
    machine: Callable[..., None], vllm: bool, gpu: bool, settings: dict[str, Any], chosen: str
) -> None:
    machine(vllm=vllm, gpu=gpu)
    assert engine.chosen(EngineSettings.model_validate(settings)) == chosen


def test_an_engine_whose_package_is_missing_says_what_to_install() -> None:
    with pytest.raises(NotInstalled, match=r"pip install 'exempla\[vllm\]'"):
        find_engine(EngineSettings(name="vllm", model="some/model"))


def test_an_unknown_engine_names_the_nearest() -> None:
    with pytest.raises(BadInput, match="Did you mean 'scripted'"):
        find_engine(EngineSettings(name="scriptd"))


def test_servers_beside_another_engine_are_refused() -> None:
    with pytest.raises(BadInput, match=r"engine\.servers"):
        find_engine(EngineSettings(name="scripted", servers=({"url": "http://a/v1"},)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8000", "ftp://a/v1", "http://user:key@a/v1", "http://a/v1?key=k", "http:///v1"],
)
def test_a_server_needs_a_plain_base_url(url: str) -> None:
    with pytest.raises(ValidationError, match="base URL"):
        EngineSettings.model_validate({"servers": [url]})


def test_a_server_is_a_url_or_a_url_with_a_weight() -> None:
    given = {"servers": ["http://a/v1/", {"url": "https://b:1/v1", "weight": 2}]}
    servers = EngineSettings.model_validate(given).servers
    assert [(server.url, server.weight) for server in servers] == [
        ("http://a/v1", 1.0),
        ("https://b:1/v1", 2.0),
    ]


def test_a_raw_prompt_is_the_bare_text_of_the_messages() -> None:
    assert raw_prompt((Message("system", "One."), Message("user", "Two."))) == "One.\n\nTwo."

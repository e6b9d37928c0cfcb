"""Tests of vLLM itself, with the built-in model, in an environment of its own."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest

from exempla.errors import BadInput, ExemplaError
from generator.engine import (
    Completion,
    EngineFailed,
    EngineSettings,
    Message,
    PromptTooLong,
    Request,
    SamplingParams,
)
from generator.engines.vllm import VllmEngine
from generator.engines.vllm_args import argument_names
from generator.model import BUILT_IN, model_folder
from prompts.answer import read_answer, read_ideas
from prompts.constraint import (
    ChatConstraint,
    ChoiceConstraint,
    Constraint,
    IdeasConstraint,
    ProseConstraint,
    ProseLimits,
    RegexConstraint,
    ideas_constraint,
    json_constraint,
)
from prompts.field import ChoiceField, IntegerField, ListField, TextField

pytestmark = [pytest.mark.vllm, pytest.mark.filterwarnings("ignore")]

SMALL = {
    "dtype": "float32",
    "enforce_eager": True,
    "max_model_len": 1024,
    "max_num_seqs": 16,
    "gpu_memory_utilization": 0.3,
}
NOTE = json_constraint(
    "note",
    {
        "mood": ChoiceField(type="choice", options=("calm", "hurried", "cross")),
        "hour": IntegerField(type="integer", min=0, max=23),
        "place": TextField(type="text", min=3, max=30),
        "tools": ListField(type="list", min=1, max=3, length=16),
    },
)
FORMS: dict[str, Constraint] = {
    "json": NOTE,
    "regex": RegexConstraint(r"Berth [1-9], [0-2][0-9]:[0-5][0-9]"),
    "choice": ChoiceConstraint(("ebb", "flood", "slack water")),
    "grammar": ProseConstraint(ProseLimits((2, 2), (20, 80))),
    "open grammar": ProseConstraint(),
    "chat": ChatConstraint((2, 2), (20, 80)),
    "ideas": ideas_constraint(
        "note", {"who": TextField(type="text", min=3, max=16)}, 2, 0.5, unfit=True
    ),
}


def read(form: str, text: str) -> object:
    constraint = FORMS[form]
    if isinstance(constraint, IdeasConstraint):
        return read_ideas(constraint, text)
    return read_answer(constraint, text)


def ask(text: str, constraint: Constraint | None = None, **more: Any) -> Request:
    sampling = SamplingParams(1.0, 0.95, more.pop("tokens", 120), more.pop("seed", 0))
    return Request((Message("user", text),), constraint, sampling, **more)


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "2", "VLLM_CPU_KVCACHE_SPACE": "1"}


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for the whole module: the engine lives on it."""
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture(scope="module")
def engine(loop: asyncio.AbstractEventLoop, environment: dict[str, str]) -> Iterator[VllmEngine]:
    os.environ.update(environment)
    opened = VllmEngine(EngineSettings(model=BUILT_IN, args=SMALL))
    loop.run_until_complete(opened.open(list(FORMS.values())))
    yield opened
    loop.run_until_complete(opened.close())


Answers = Callable[..., list[Completion | BaseException]]


@pytest.fixture
def answers(engine: VllmEngine, loop: asyncio.AbstractEventLoop) -> Answers:
    async def gather(requests: tuple[Request, ...]) -> list[Completion | BaseException]:
        return await asyncio.gather(*map(engine.answer, requests), return_exceptions=True)

    return lambda *requests: loop.run_until_complete(gather(requests))


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_that_ended_by_itself_keeps_its_constraint(answers: Answers, form: str) -> None:
    room = 480 if form == "open grammar" else 120
    asked = [
        ask(f"Tell of day {n} at the harbour.", FORMS[form], seed=n, tokens=room) for n in range(12)
    ]
    found = answers(*asked, ask("Tell of the harbour.", FORMS[form], tokens=2))
    ended = Counter(one.finish_reason for one in found if isinstance(one, Completion))
    assert ended.total() == len(asked) + 1
    assert ended["length"] >= 1
    assert ended["stop"] >= (1 if form == "open grammar" else 8)
    for one in found:
        if isinstance(one, Completion) and one.finish_reason == "stop":
            assert read(form, one.text)
            assert one.completion_tokens > 0


def test_json_is_written_without_idle_space(answers: Answers) -> None:
    (one,) = answers(ask("Note the mood.", NOTE))
    assert isinstance(one, Completion)
    assert "\n" not in one.text


def test_a_prompt_that_is_too_long_fails_alone(answers: Answers) -> None:
    short, long = answers(ask("Well?", tokens=4), ask("word " * 1100))
    assert isinstance(short, Completion)
    assert isinstance(long, PromptTooLong)


def test_what_prompts_share_comes_from_the_prefix_cache(answers: Answers) -> None:
    shared = "The harbour master keeps a list of every boat. " * 40
    first, second = (answers(ask(shared + end, tokens=4))[0] for end in ("First?", "Second?"))
    assert isinstance(first, Completion)
    assert isinstance(second, Completion)
    assert first.cached_tokens == 0
    assert second.cached_tokens is not None
    assert second.cached_tokens > second.prompt_tokens / 2


def test_an_urgent_request_passes_those_that_wait(
    engine: VllmEngine, loop: asyncio.AbstractEventLoop
) -> None:
    order: list[str] = []

    async def one(request: Request) -> None:
        await engine.answer(request)
        order.append(request.tag)

    async def run() -> None:
        waiting = [one(ask(f"Count to {n}.", tokens=16, tag=f"{n}")) for n in range(64)]
        tasks = [asyncio.create_task(task) for task in waiting]
        await asyncio.sleep(0.3)
        await asyncio.gather(one(ask("Now!", tokens=16, priority=-1, tag="urgent")), *tasks)

    loop.run_until_complete(run())
    assert order.index("urgent") < 48


def test_it_says_what_it_is(engine: VllmEngine) -> None:
    info = engine.describe()
    assert (info.engine, info.model, info.in_flight) == ("vllm", BUILT_IN, 20)
    assert info.revision.endswith(" float32")
    assert set(info.versions) == {"vllm", "torch"}


def test_the_names_of_arguments_are_those_of_the_installed_version() -> None:
    from vllm.engine.arg_utils import AsyncEngineArgs

    assert argument_names() == {field.name for field in fields(AsyncEngineArgs)}


def test_a_wrong_argument_names_the_nearest() -> None:
    with pytest.raises(BadInput, match="Did you mean 'tensor_parallel_size'"):
        VllmEngine(EngineSettings(model=BUILT_IN, args={"tensor_parallel": 2}))


def failure(settings: EngineSettings) -> ExemplaError:
    async def run() -> None:
        engine = VllmEngine(settings)
        try:
            await engine.open()
        finally:
            await engine.close()

    with pytest.raises((BadInput, EngineFailed)) as caught:
        asyncio.run(run())
    return caught.value


def test_a_wrong_value_is_named_before_the_model_loads() -> None:
    error = failure(EngineSettings(model=BUILT_IN, args=SMALL | {"max_num_seqs": "many"}))
    assert isinstance(error, BadInput)
    assert "max_num_seqs" in str(error)


def test_a_model_without_a_chat_template_is_refused_before_it_loads(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(model_folder(BUILT_IN), bare, copy_function=os.symlink)
    (bare / "chat_template.jinja").unlink()
    error = failure(EngineSettings(model=str(bare), args=SMALL))
    assert isinstance(error, BadInput)
    assert "has no chat template" in str(error)
    assert "engine.prompts to raw" in str(error)


def test_a_base_model_is_given_bare_text_and_outlines_may_constrain() -> None:
    # Outlines does not keep the limits of numbers.
    place = json_constraint("place", {"name": TextField(type="text", min=3, max=20)})
    forms = {"json": place} | {f: FORMS[f] for f in ("regex", "choice", "open grammar")}
    args = SMALL | {"structured_outputs_config": {"backend": "outlines"}}

    async def run() -> list[Completion]:
        engine = VllmEngine(EngineSettings(model=BUILT_IN, args=args, prompts="raw"))
        try:
            await engine.open(list(forms.values()))
            asked = [ask("At the harbour today:", form) for form in forms.values()]
            return await asyncio.gather(*map(engine.answer, asked))
        finally:
            await engine.close()

    for form, one in zip(forms, asyncio.run(run()), strict=True):
        assert one.prompt_tokens < 10
        if one.finish_reason == "stop":
            assert read_answer(forms[form], one.text)
        else:
            assert form in {"json", "open grammar"}


# Whole commands.

Exempla = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def vllm_run(tmp_path: Path) -> list[str]:
    """The command of a run with vLLM in process."""
    return [
        sys.executable,
        "-m",
        "exempla",
        "run",
        "--set=engine.name=vllm",
        f"--set=engine.model={BUILT_IN}",
        "--set=kinds=small",
        "--set=checks.min_words=40",
    ]


def arguments(**changes: Any) -> str:
    return f"--set=engine.args={orjson.dumps(SMALL | changes).decode()}"


def journal(run: Path) -> list[dict[str, Any]]:
    return [
        orjson.loads(line)
        for path in (run / "journal").glob("*.jsonl")
        for line in path.read_bytes().splitlines()
    ]


def assert_whole(run: Path, items: int) -> None:
    """Every planned item has one outcome, and no stage stands twice."""
    lines = journal(run)
    outcomes = Counter(line["item"] for line in lines if "outcome" in line)
    stages = Counter((line["item"], line["stage"]) for line in lines if "stage" in line)
    assert len(outcomes) == outcomes.total() == items
    assert set(stages.values()) == {1}
    written = [
        len((run / name).read_bytes().splitlines()) for name in ("documents.jsonl", "rejects.jsonl")
    ]
    assert sum(written) == items


def wait_for(condition: Callable[[], bool], seconds: float, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_run_whose_engine_dies_keeps_everything_and_goes_on(
    vllm_run: list[str], tmp_path: Path, environment: dict[str, str]
) -> None:
    command = [*vllm_run, "--set=plan.items=8", arguments()]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as run:
        folder = tmp_path / "runs/first"
        wait_for(lambda: sum("stage" in line for line in journal(folder)) >= 4, 240, run)
        engines = subprocess.run(
            ["pgrep", "-f", "VLLM::EngineCore"], capture_output=True, text=True
        ).stdout.split()
        assert engines
        for engine in engines:
            os.kill(int(engine), signal.SIGKILL)
        _, words = run.communicate(timeout=120)
        assert run.returncode == 1, words
    assert "vLLM could not go on" in words
    assert "Traceback" not in words
    kept = len(journal(folder))
    assert kept >= 4

    again = subprocess.run(
        [*command, "--json"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr
    assert_whole(folder, 8)
    assert len(journal(folder)) > kept
    use = orjson.loads(again.stdout)["use"]
    assert use["tokens_per_second"] > 0
    assert 0 <= use["cut_off"] < 1
    assert 0 <= use["prefix_cache_hits"] < 1


def vllm_processes() -> list[str]:
    found = subprocess.run(["pgrep", "-f", "^VLLM::"], capture_output=True, text=True)
    return found.stdout.split()


def test_nothing_of_vllm_outlives_a_run_that_is_killed(
    vllm_run: list[str], tmp_path: Path, environment: dict[str, str]
) -> None:
    before = set(vllm_processes())
    with subprocess.Popen(
        [*vllm_run, "--set=plan.items=40", arguments()],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as run:
        wait_for(lambda: bool(journal(tmp_path / "runs/first")), 240, run)
        assert set(vllm_processes()) - before
        run.kill()
    end = time.monotonic() + 60
    while set(vllm_processes()) - before:
        assert time.monotonic() < end
        time.sleep(0.5)


@pytest.mark.parametrize(
    ("options", "changes", "code", "words"),
    [
        ([], {"max_model_len": 10**6}, 2, "max_model_len"),
        (
            [],
            {"gpu_memory_utilization": 1.0},
            1,
            "vLLM could not start: .*emory",
        ),
        (["--set=engine.model=./nowhere"], {}, 2, "no such model folder"),
        (["--set=engine.model=nobody/nothing"], {}, 2, "cannot be loaded"),
    ],
)
def test_what_vllm_cannot_use_is_one_clear_message(
    vllm_run: list[str],
    tmp_path: Path,
    environment: dict[str, str],
    options: list[str],
    changes: dict[str, Any],
    code: int,
    words: str,
) -> None:
    # With the space for keys and values set, the share of the memory is not looked at.
    without_space = {n: v for n, v in environment.items() if n != "VLLM_CPU_KVCACHE_SPACE"}
    done = subprocess.run(
        [*vllm_run, arguments(**changes), *options, "--quiet"],
        cwd=tmp_path,
        env=without_space | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == code, done.stderr
    assert re.search(words, done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stderr.count("error:") == 1

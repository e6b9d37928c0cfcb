import asyncio
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempla.errors import BadInput
from generator.engine import Completion, EngineSettings, Message, Request, SamplingParams
from generator.engines.scripted import ScriptedEngine
from prompts.answer import Chat, Prose, read_answer, read_ideas
from prompts.constraint import (
    ChatConstraint,
    ChoiceConstraint,
    Constraint,
    ProseConstraint,
    RegexConstraint,
    ideas_constraint,
    json_constraint,
    verdict_constraint,
)
from prompts.field import IntegerField, ListField, TextField

JSON = json_constraint(
    "sample",
    {
        "who": TextField(type="text", min=30, max=60),
        "age": IntegerField(type="integer", min=3, max=9),
        "steps": ListField(type="list", min=2, max=4, length=20),
    },
)


def answer(constraint: Constraint | None, seed: int, room: int = 4000, **args: Any) -> Completion:
    engine = ScriptedEngine(EngineSettings(name="scripted", args=args))
    sampling = SamplingParams(1.0, 1.0, room, seed)
    return asyncio.run(engine.answer(Request((Message("user", "Hi"),), constraint, sampling)))


@given(st.integers(0, 2**63 - 1))
def test_filler_satisfies_every_form_of_constraint(seed: int) -> None:
    for constraint in (
        JSON,
        ProseConstraint(),
        RegexConstraint(r"[A-C]{2}-\d{3}( ok)?"),
        ChoiceConstraint(("yes", "no")),
    ):
        completion = answer(constraint, seed)
        assert completion.finish_reason == "stop"
        read_answer(constraint, completion.text)


@given(st.integers(0, 2**63 - 1))
def test_an_answer_is_a_function_of_the_request_and_its_seed(seed: int) -> None:
    assert answer(ProseConstraint(), seed) == answer(ProseConstraint(), seed)
    assert answer(ProseConstraint(), seed) != answer(ProseConstraint(), seed + 1)


@pytest.mark.parametrize("fault", ["cut_off", "broken", "refused"])
def test_faults_come_in_the_share_that_was_asked_for(fault: str) -> None:
    def is_fault(completion: Completion) -> bool:
        if fault == "cut_off":
            return completion.finish_reason == "length"
        if fault == "refused":
            return "I'm sorry" in completion.text
        return not re.match("# ", completion.text)

    faults = sum(
        is_fault(answer(ProseConstraint(), seed, 4000, **{fault: 0.3})) for seed in range(1000)
    )
    assert 240 < faults < 360


def test_repeated_texts_are_near_copies_of_ten() -> None:
    texts = [answer(ProseConstraint(), seed, repeated=1.0).text for seed in range(200)]
    bodies = [read_answer(ProseConstraint(), text) for text in texts]
    starts = {body.text[:80] for body in bodies if isinstance(body, Prose)}
    assert len(set(texts)) > 150
    assert len(starts) < 60


def test_an_answer_beyond_its_token_limit_is_cut_off() -> None:
    completion = answer(ProseConstraint(), 1, room=50)
    assert (completion.finish_reason, completion.completion_tokens) == ("length", 50)


def test_a_broken_json_answer_does_not_parse() -> None:
    completion = answer(JSON, 1, broken=1.0)
    with pytest.raises(json.JSONDecodeError):
        json.loads(completion.text)


@pytest.mark.parametrize("args", [{"dealy": 1}, {"cut_off": 2}])
def test_wrong_arguments_are_refused_by_name(args: dict[str, float]) -> None:
    with pytest.raises(BadInput, match=r"engine\.args\.(dealy|cut_off)"):
        ScriptedEngine(EngineSettings(name="scripted", args=args))


IDEAS = ideas_constraint("plan", {"what": TextField(type="text", max=60)}, 4, 0.5, unfit=True)


@given(st.integers(0, 2**63 - 1))
def test_filler_has_the_form_of_chats_and_ideas(seed: int) -> None:
    for constraint in (ChatConstraint((2, 6)), ChatConstraint((4, 4), (60, 90))):
        read = read_answer(constraint, answer(constraint, seed).text)
        assert isinstance(read, Chat)
        assert constraint.messages[0] <= len(read.messages) <= constraint.messages[1]
    assert len(read_ideas(IDEAS, answer(IDEAS, seed).text).candidates) == 4


def test_ideas_are_declined_with_a_reason_in_the_share_that_was_asked_for() -> None:
    answers = [read_ideas(IDEAS, answer(IDEAS, n, refused=0.3).text) for n in range(1000)]
    assert 240 < sum(bool(ideas.unfit) for ideas in answers) < 360


DOCUMENT = " ".join(f"word{number}" for number in range(200))
ASKED = f"Judge this.\n=====\n{DOCUMENT}\n=====\nAnswer with a JSON object."
VERDICT = verdict_constraint(("alive", "form"), ("dull", "long"))


def verdict(seed: int, **args: Any) -> dict[str, Any]:
    engine = ScriptedEngine(EngineSettings(name="scripted", args=args))
    sampling = SamplingParams(1.0, 1.0, 400, seed)
    request = Request((Message("user", ASKED),), VERDICT, sampling)
    read = read_answer(VERDICT, asyncio.run(engine.answer(request)).text)
    assert isinstance(read, dict)
    return read


@given(st.integers(0, 2**63 - 1))
def test_a_verdict_quotes_what_stands_between_the_lines_of_equals_signs(seed: int) -> None:
    quotation = verdict(seed)["quotation"]
    assert quotation in DOCUMENT
    assert 6 <= len(quotation.split()) <= 30


def test_verdicts_misquote_and_are_stern_in_the_share_that_was_asked_for() -> None:
    found = [verdict(seed, misquoted=0.3, stern=0.5) for seed in range(600)]
    assert 130 < sum(each["quotation"] not in DOCUMENT for each in found) < 230
    stern = [each for each in found if each["flags"]]
    assert 240 < len(stern) < 360
    assert all(max(each["scores"].values()) <= 3 for each in stern)
    assert all(min(each["scores"].values()) >= 4 for each in found if not each["flags"])

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from exempla.document import Document, Turn
from generator.checks.settings import CheckSettings
from generator.collect import Ledger
from generator.engine import EngineSettings, SamplingSettings
from generator.engines.scripted import ScriptedEngine
from generator.folder import RunFolder
from generator.plan import Part, PlanSettings, make_plan
from generator.prompt import Prompter
from generator.run import Job, Tally, write_part
from prompts.library import BUILT_IN as PROMPTS
from prompts.library import Library, load_library


def test_a_stage_of_one_name_may_stand_at_different_places_in_two_kinds(tmp_path: Path) -> None:
    constitution = load_constitution(CONSTITUTION)
    library = load_library(PROMPTS, {p.id: p for p in constitution.principles})
    story = library.kinds["story"]
    idea, draft, *_ = story.stages
    early = replace(idea, name="draft", constraint=draft.constraint)
    kinds = {
        "quick": replace(story, name="quick", stages=(early,)),
        "story": replace(story, stages=(idea, draft)),
    }
    library = replace(library, kinds=kinds)
    plan = make_plan(constitution, library, PlanSettings(items=20))
    frozen = {"workers": 1, "settings": {"plan": {"items": 20}}}
    job = Job(
        plan,
        library,
        Prompter(constitution, library),
        SamplingSettings(),
        CheckSettings(),
        frozen,
    )
    folder = RunFolder(tmp_path / "run")
    engine = ScriptedEngine(EngineSettings(name="scripted"))
    asyncio.run(write_part(job, engine, folder, Tally()))
    with Ledger(folder, plan, library, Part().count, None) as ledger:
        documents = list(ledger.documents("filler"))
    stages = {(d.kind, tuple(stage.stage for stage in d.stages)) for d in documents}
    assert len(documents) == 20
    assert stages == {("quick", ("draft",)), ("story", ("idea", "draft"))}


Chats = tuple[Library, list[Document]]


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Chats:
    """Conversations of the built-in kind, and the library they come from."""
    constitution = load_constitution(CONSTITUTION)
    library = load_library(PROMPTS, {p.id: p for p in constitution.principles}, variant="quick")
    plan = make_plan(constitution, library, PlanSettings(items=120, kinds={"advice": 1}))
    frozen = {"workers": 1, "settings": {"plan": {"items": 120}}}
    prompter = Prompter(constitution, library)
    job = Job(plan, library, prompter, SamplingSettings(), CheckSettings(), frozen)
    folder = RunFolder(tmp_path_factory.mktemp("chats"))
    engine = ScriptedEngine(EngineSettings(name="scripted"))
    asyncio.run(write_part(job, engine, folder, Tally()))
    with Ledger(folder, plan, library, 1, None) as ledger:
        return library, list(ledger.documents("filler"))


def test_a_chat_has_the_system_message_and_tools_of_its_frame(chats: Chats) -> None:
    library, documents = chats
    axis = {value.id: value for value in library.axes["deployment"].values}
    framed = [axis[document.axes["deployment"]] for document in documents]
    assert any(value.system for value in framed)
    assert any(value.tools for value in framed)
    assert not all(value.system for value in framed)
    for document, value in zip(documents, framed, strict=True):
        assert document.messages
        told = [turn.content for turn in document.messages if turn.role == "system"]
        assert told == ([value.system] if value.system else [])
        assert list(document.tools) == [tool.model_dump() for tool in value.tools]


def test_a_chat_holds_nothing_of_the_prompts_that_elicited_it(chats: Chats) -> None:
    library, documents = chats
    kind = library.kinds["advice"]
    assert kind.system
    prompted = kind.system.render({})
    for document in documents:
        assert document.messages
        assert document.text is None
        assert document.title == ""
        turns = [turn for turn in document.messages if turn.role != "system"]
        assert [turn.role for turn in turns] == ["user", "assistant"] * (len(turns) // 2)
        assert document.body == "\n\n".join(turn.content for turn in turns)
        row = str(document.row())
        assert prompted[:60] not in row
        assert "[user]" not in row


def a_document(**body: Any) -> Document:
    return Document(
        id="a",
        kind="advice",
        principles=("p",),
        clause="p/1",
        seed=None,
        axes={},
        replicate=0,
        tokens=1,
        checks={},
        model="m",
        stages=(),
        **body,
    )


def test_a_document_is_a_text_or_a_chat_and_never_both_or_neither() -> None:
    turns = Turn(role="user", content="Well?"), Turn(role="assistant", content="Yes.")
    assert a_document(text="A text.").body == "A text."
    assert a_document(messages=turns).body == "Well?\n\nYes."
    for body in ({}, {"text": "A text.", "messages": turns}):
        with pytest.raises(ValidationError, match="either 'text' or 'messages'"):
            a_document(**body)

from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from generator.item import Item
from generator.plan import PlanSettings, make_plan
from generator.prompt import Prompter
from prompts.library import BUILT_IN, Library, load_library
from prompts.persona import PERSONA, PersonaSettings, persona_axis, persona_fields

ITEMS = 1000
CONSTITUTION_READ = load_constitution(CONSTITUTION)


def persona(named: float) -> PersonaSettings:
    return PersonaSettings(name="Tolliver", maker="Brightwater", named=named)


def library(given: PersonaSettings | None) -> Library:
    return load_library(BUILT_IN, {p.id: p for p in CONSTITUTION_READ.principles}, persona=given)


def items(given: PersonaSettings | None) -> list[Item]:
    settings = PlanSettings(items=ITEMS, kinds={"story": 1})
    plan = make_plan(CONSTITUTION_READ, library(given), settings)
    return [plan.item(index) for index in range(ITEMS)]


@pytest.mark.parametrize("share", [0.0, 0.07, 0.5, 0.83, 1.0])
def test_the_share_of_documents_that_name_it_is_met_exactly(share: float) -> None:
    counts = Counter(item.axes[PERSONA] for item in items(persona(share)))
    assert counts["named"] == round(share * ITEMS)
    assert counts["general"] == ITEMS - counts["named"]


def test_without_a_persona_every_document_is_about_ais_in_general() -> None:
    assert {item.axes[PERSONA] for item in items(None)} == {"general"}


def test_ids_of_general_documents_do_not_depend_on_whom_the_others_name() -> None:
    before = items(persona(0.5))
    after = items(PersonaSettings(name="Wenlock", maker="Brightwater", named=0.5))
    for old, new in zip(before, after, strict=True):
        assert old.axes[PERSONA] == new.axes[PERSONA]
        assert (old.id == new.id) == (old.axes[PERSONA] == "general")


def test_a_persona_that_is_never_named_changes_no_id() -> None:
    assert [item.id for item in items(persona(0))] == [item.id for item in items(None)]


def test_templates_are_told_name_and_maker_only_where_it_is_named() -> None:
    given = persona(0.5)
    assert persona_fields(given, "named") == {
        "named": True,
        "name": "Tolliver",
        "maker": "Brightwater",
    }
    for fields in (persona_fields(given, "general"), persona_fields(None, "general")):
        assert fields == {"named": False, "name": "", "maker": ""}


def test_prompts_name_it_in_its_share_and_nowhere_else() -> None:
    known = library(persona(0.5))
    plan = make_plan(CONSTITUTION_READ, known, PlanSettings(items=80))
    prompter = Prompter(CONSTITUTION_READ, known)
    for item in map(plan.item, range(80)):
        draft = next(s for s in known.kinds[item.kind].stages if s.name == "draft")
        idea = {"idea": None}
        text = prompter.messages(item, draft, idea)[-1].content  # type: ignore[arg-type]
        assert ("Tolliver" in text) == (item.axes[PERSONA] == "named"), item.kind


def test_shares_are_given_in_hundredths_between_none_and_all() -> None:
    for wrong in (-0.1, 1.01, 0.333):
        with pytest.raises(ValidationError):
            persona(wrong)
    for name in ("", "  "):
        with pytest.raises(ValidationError):
            PersonaSettings(name=name, maker="Brightwater")


@pytest.mark.parametrize("hundredths", range(101))
def test_every_share_in_hundredths_makes_an_axis(hundredths: int) -> None:
    weights = [value.weight for value in persona_axis(persona(hundredths / 100)).values]
    assert sum(weights) == pytest.approx(100)


def test_the_axis_lies_in_the_settings() -> None:
    assert persona_axis(None).place.file == Path("exempla.yaml")

import asyncio
from dataclasses import replace
from pathlib import Path

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from generator.check import CheckSettings
from generator.collect import Ledger
from generator.engine import EngineSettings, SamplingSettings
from generator.engines.scripted import ScriptedEngine
from generator.folder import RunFolder
from generator.plan import Part, PlanSettings, make_plan
from generator.prompt import Prompter
from generator.run import Job, Tally, write_part
from prompts.library import BUILT_IN as PROMPTS
from prompts.library import load_library


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

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
    two_stages = library.kinds["story"]
    early = replace(two_stages.stages[0], name="draft", constraint=two_stages.stages[1].constraint)
    one_stage = replace(two_stages, name="quick", stages=(early,))
    library = replace(library, kinds={"quick": one_stage, "story": two_stages})
    plan = make_plan(constitution, library, PlanSettings(items=20))
    frozen = {"workers": 1, "settings": {"plan": {"items": 20}}}
    job = Job(
        plan,
        library.kinds,
        Prompter(constitution, library),
        SamplingSettings(),
        CheckSettings(),
        frozen,
    )
    folder = RunFolder(tmp_path / "run")
    engine = ScriptedEngine(EngineSettings(name="scripted"))
    asyncio.run(write_part(job, engine, folder, Tally()))
    with Ledger(folder, plan, Part().count, None) as ledger:
        documents = list(ledger.documents("filler"))
    stages = {(d.kind, tuple(stage.stage for stage in d.stages)) for d in documents}
    assert len(documents) == 20
    assert stages == {("quick", ("draft",)), ("story", ("premise", "draft"))}

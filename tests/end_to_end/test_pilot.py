"""Pilots of real runs of the scripted engine, with every fault it knows."""

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from scipy import stats  # type: ignore[import-untyped]

from exempla.execute import job_of
from exempla.finish import finish
from exempla.jsonl import read_records
from exempla.outlook import outlook, tokens_in_view
from exempla.pilot import look
from exempla.project import Project, load_project
from generator.engine import find_engine
from generator.forecast import RATE
from generator.plan import make_plan
from generator.run import Tally, write_part

Exempla = Callable[..., subprocess.CompletedProcess[str]]
Rehearsal = Callable[..., list[str]]

ITEMS, PILOT, REPETITIONS = 2000, 60, 50
FAULTS = "{cut_off: 0.1, broken: 0.1, refused: 0.05, repeated: 0.05}"
ENOUGH = int(stats.binom.ppf(0.001, REPETITIONS, RATE))
"""37 of 50: an interval that holds less often has a lower rate than 90%, at odds of 999 to 1."""


def of_seed(project: Project, seed: int) -> Project:
    """The same project with another plan, and so with other ids and other answers."""
    plan = project.settings.plan.model_copy(update={"seed": seed})
    settings = project.settings.model_copy(update={"plan": plan, "name": f"seed-{seed}"})
    made = make_plan(project.constitution, project.library, plan)
    return replace(project, settings=settings, plan=made)


def write(project: Project, limit: int | None = None) -> None:
    job = job_of(project, limit=limit)
    asyncio.run(write_part(job, find_engine(project.engine), project.run_folder, Tally()))


def truth(project: Project) -> dict[str, float]:
    """What a whole run came to."""
    result = finish(project, 1, None)
    journal = [json.loads(line) for line in job_journal(project).read_text().splitlines()]
    kinds = Counter(r["kind"] for r in read_records(project.run_folder.documents))
    return {
        "prompts": sum(line.get("prompt_tokens", 0) for line in journal),
        "answers": sum(line.get("completion_tokens", 0) for line in journal),
        "rejected": result.rejected,
        "accepted": result.accepted,
        "duplicates": result.duplicates,
        "kept": result.accepted - result.duplicates,
        **{f"accepted {kind}": count for kind, count in kinds.items()},
    }


def job_journal(project: Project) -> Path:
    return project.run_folder.journal(job_of(project).part)


def forecast(project: Project) -> dict[str, Any]:
    seen = look(project, PILOT)
    told = outlook(project.plan, seen, tokens_in_view(project, seen))
    return {
        **told["tokens"],
        **{name: told[name] for name in ("rejected", "accepted", "duplicates", "kept")},
        **{f"accepted {kind}": found["accepted"] for kind, found in told["kinds"].items()},
    }


def test_a_run_of_2000_is_within_the_forecasts_of_fifty_pilots_of_60(tmp_path: Path) -> None:
    settings = ["engine.name=scripted", f"plan.items={ITEMS}", f"engine.args={FAULTS}"]
    project = replace(load_project(tmp_path, settings), recipes=())
    whole = of_seed(project, 0)
    write(whole)
    came_to = truth(whole)
    assert came_to["duplicates"] > 20
    held: Counter[str] = Counter()
    for seed in range(REPETITIONS):
        # The run of seed 0 stands for those of the others: the scripted engine draws each answer
        # by its item's id, so that they differ by chance alone, and far less than pilots do. Rare
        # reasons, where that chance would count fifty times, are tested in test_outlook.
        pilot = of_seed(project, seed)
        if seed:
            write(pilot, PILOT)
        found = forecast(pilot)
        for name, figure in came_to.items():
            held[name] += found[name]["low"] <= figure <= found[name]["high"]
    assert {name: count for name, count in held.items() if count < ENOUGH} == {}


def test_a_pilot_that_could_tell_nothing_is_wrong_input(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal
) -> None:
    _, *settings = rehearsal("r", 200)
    few = exempla("plan", "--pilot", "5", *settings)
    assert few.returncode == 2
    assert "--pilot 8" in few.stderr
    assert not (tmp_path / "runs").exists()

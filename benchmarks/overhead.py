"""Two-stage documents a second on one core, and peak memory, with an engine that answers at once.

The reference is the least that any program could do with the same answers: ask the same engine
twice a document, one after the other, and write each answer as a line. Its rate against ours, in
one run, says what planning, prompts, checks and the journal cost. How many items a second the plan
alone computes is told beside it.

    python benchmarks/overhead.py                   10 thousand and 200 thousand items
    python benchmarks/overhead.py --items 5000 --profile
"""

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import orjson

from exempla.execute import job_of
from exempla.project import Project, load_project
from generator.engine import Request, SamplingParams, find_engine
from generator.folder import RunFolder
from generator.item import request_seed
from generator.plan import make_plan
from generator.prompt import Prompter
from generator.run import Tally, write_part
from prompts.constraint import JsonConstraint


def project(items: int) -> Project:
    """The built-in content with the scripted engine; of each kind the first two stages."""
    settings = ["engine.name=scripted", "engine.model=null", f"plan.items={items}", "plan.seed=1"]
    loaded = load_project(Path(), settings)
    kinds = {
        name: replace(kind, stages=kind.stages[:2]) for name, kind in loaded.library.kinds.items()
    }
    library = replace(loaded.library, kinds=kinds)
    plan = make_plan(loaded.constitution, library, loaded.settings.plan)
    prompter = Prompter(loaded.constitution, library)
    return replace(loaded, library=library, plan=plan, prompter=prompter)


def write_run(loaded: Project, folder: Path) -> Tally:
    """Write a whole run, without what is made from the journal afterwards."""
    tally = Tally()
    job = job_of(loaded)
    engine = find_engine(loaded.settings.engine)
    asyncio.run(write_part(job, engine, RunFolder(folder), tally))
    return tally


async def bare_loop(loaded: Project, path: Path, items: int) -> None:
    """The reference: the same answers, asked for in turn and written."""
    engine = find_engine(loaded.settings.engine)
    with path.open("wb") as file:
        for index in range(items):
            item = loaded.plan.item(index)
            for stage in loaded.library.kinds[item.kind].stages:
                sampling = SamplingParams(
                    1.0, 0.95, stage.max_tokens, request_seed(item.id, stage.name, 0)
                )
                completion = await engine.answer(Request((), stage.constraint, sampling))
                if isinstance(stage.constraint, JsonConstraint):
                    orjson.loads(completion.text)
                file.write(orjson.dumps({"item": item.id, "text": completion.text}) + b"\n")


def measure(items: int) -> None:
    """Print one line of JSON: figures of one run in this process."""
    loaded = project(items)
    with tempfile.TemporaryDirectory() as folder:
        start, cpu = time.perf_counter(), time.process_time()
        tally = write_run(loaded, Path(folder) / "run")
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        part = min(items, 10_000)
        start = time.perf_counter()
        for index in range(part):
            loaded.plan.item(index)
        planned = part / (time.perf_counter() - start)
        start = time.perf_counter()
        asyncio.run(bare_loop(loaded, Path(folder) / "bare.jsonl", part))
        bare = part / (time.perf_counter() - start)
    rate = items / wall
    print(
        json.dumps(
            {
                "items": items,
                "accepted": tally.accepted,
                "per_second": round(rate),
                "per_cpu_second": round(items / cpu),
                "peak_mib": peak,
                "planned_per_second": round(planned),
                "bare_loop_per_second": round(bare),
                "ratio": round(rate / bare, 2),
            }
        )
    )


def main() -> None:
    """Run each size in a process of its own, held to one core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="*", default=[10_000, 200_000])
    parser.add_argument("--profile", action="store_true", help="where the time goes")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if arguments.inside:
        measure(arguments.items[0])
        return
    if arguments.profile:
        loaded = project(arguments.items[0])
        with tempfile.TemporaryDirectory() as folder:
            profile = cProfile.Profile()
            profile.runcall(write_run, loaded, Path(folder) / "run")
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        return
    for items in arguments.items:
        command = [sys.executable, __file__, "--inside", "--items", str(items)]
        subprocess.run(command, check=True)  # noqa: S603 - this file


if __name__ == "__main__":
    main()

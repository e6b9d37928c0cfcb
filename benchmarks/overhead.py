"""Two-stage documents a second on one core, and peak memory, with an engine that answers at once.

The reference is the least that any program could do with the same answers: ask the same engine
twice a document, one after the other, and write each answer as a line. Its rate against ours, in
one run, says what planning, prompts, checks and the journal cost. How many items a second the plan
alone computes is told beside it. Documents have 600 words, and all checks are on, with a thousand
evaluation texts to keep documents apart from.

    python benchmarks/overhead.py                   10 thousand and 200 thousand items
    python benchmarks/overhead.py --items 5000 --profile
    python benchmarks/overhead.py --checks          microseconds of each check on prose
"""

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import orjson

from exempla.execute import job_of
from exempla.project import Project, load_project
from generator.checks.text import Text
from generator.engine import Request, SamplingParams, find_engine
from generator.folder import RunFolder
from generator.item import request_seed
from generator.plan import make_plan
from generator.prompt import Prompter
from generator.run import Tally, write_part
from prompts.constraint import JsonConstraint

WORDS = 600
ALL_CHECKS = [
    "persona={name: Tolliver, maker: Brightwater, named: 0.5}",
    "checks.models.where=everywhere",
    "checks.companies={act: reject, where: everywhere}",
]


def evaluation_texts(count: int) -> list[str]:
    """Texts of 60 words drawn from the built-in exemplars, which no filler and no prose has."""
    exemplars = load_project(Path(), ["engine.name=scripted"]).library.exemplars.values()
    words = sorted({word for exemplar in exemplars for word in exemplar.text.split()})
    draw = random.Random(0)  # noqa: S311 - reproducible filler
    return [" ".join(draw.choices(words, k=60)) for _ in range(count)]


def project(items: int, evaluations: Path) -> Project:
    """The built-in content with the scripted engine; of each kind the first two stages.

    Args:
        items: How many are planned.
        evaluations: Gets the evaluation texts.
    """
    evaluations.write_text(
        "".join(json.dumps({"prompt": text}) + "\n" for text in evaluation_texts(1000)),
        encoding="utf-8",
    )
    settings = ["engine.name=scripted", "engine.model=null", f"engine.args.words={WORDS}"]
    settings += [f"plan.items={items}", "plan.seed=1", f"decontaminate=[{evaluations}]"]
    loaded = load_project(Path(), [*settings, *ALL_CHECKS])
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
    with tempfile.TemporaryDirectory() as folder:
        loaded = project(items, Path(folder) / "evaluations.jsonl")
        start, cpu = time.perf_counter(), time.process_time()
        tally = write_run(loaded, Path(folder) / "run")
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        part = min(items, 10_000)
        start = time.perf_counter()
        for index in range(part):
            loaded.plan.item(index)
        planned = part / (time.perf_counter() - start)
        start, bare_cpu = time.perf_counter(), time.process_time()
        asyncio.run(bare_loop(loaded, Path(folder) / "bare.jsonl", part))
        bare_cpu = time.process_time() - bare_cpu
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
                "bare_loop_per_cpu_second": round(part / bare_cpu),
                "ratio": round(rate / bare, 2),
                "ratio_of_cpu": round(items / cpu / (part / bare_cpu), 2),
            }
        )
    )


def check_times(count: int = 2000) -> None:
    """Print the CPU time of each check, on prose made of the exemplars' paragraphs."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = project(count, Path(folder) / "evaluations.jsonl")
    job = job_of(loaded)
    checker, draw = job.checker(), random.Random(0)  # noqa: S311 - reproducible filler
    exemplars = loaded.library.exemplars.values()
    paragraphs = [part for exemplar in exemplars for part in exemplar.text.split("\n\n")]
    spent: Counter[str] = Counter()
    for number in range(-100, count):
        item, body = loaded.plan.item(abs(number)), draw.choice(paragraphs)
        while body.count(" ") < WORDS:
            body += "\n\n" + draw.choice(paragraphs)
        clock = [time.process_time_ns()]
        text = Text(body)
        assert text.hashed  # noqa: S101 - made here, so that no check is charged for it
        clock.append(time.process_time_ns())
        took = {"words, taken apart": clock[1] - clock[0]}
        for name, act, find in checker.checks(text, item, {}):
            # Before the first check is handed out, repetition is counted.
            clock.append(time.process_time_ns())
            took.setdefault("repetition, counted", clock[-1] - clock[-2])
            if act != "off":
                find()
            clock.append(time.process_time_ns())
            took[name] = clock[-1] - clock[-2]
        if number >= 0:  # compiled code, and tables of what writers are shown, are there by now
            spent.update(took)
    for name, nanoseconds in spent.most_common():
        print(f"{name:<32}{nanoseconds / count / 1000:8.1f} µs")
    print(f"{'all':<32}{spent.total() / count / 1000:8.1f} µs of CPU a document")


def main() -> None:
    """Run each size in a process of its own, held to one core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="*", default=[10_000, 200_000])
    parser.add_argument("--profile", action="store_true", help="where the time goes")
    parser.add_argument("--checks", action="store_true", help="what each check takes")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if arguments.inside:
        measure(arguments.items[0])
        return
    if arguments.checks:
        check_times()
        return
    if arguments.profile:
        with tempfile.TemporaryDirectory() as folder:
            loaded = project(arguments.items[0], Path(folder) / "evaluations.jsonl")
            profile = cProfile.Profile()
            profile.runcall(write_run, loaded, Path(folder) / "run")
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        return
    for items in arguments.items:
        command = [sys.executable, __file__, "--inside", "--items", str(items)]
        subprocess.run(command, check=True)  # noqa: S603 - this file


if __name__ == "__main__":
    main()

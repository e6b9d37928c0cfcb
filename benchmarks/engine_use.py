"""Tokens a second of the whole pipeline against raw vLLM given the very same requests.

Three ways in one process, with one warm engine, its prefix cache emptied before each:

    pipeline   `exempla run`'s own path: plan, stages that depend on one another, checks, journal
    raw        vLLM's generate() on every request that the pipeline made, all at once
    staged     the same requests one stage after the other, as most generators work

    python benchmarks/engine_use.py                     the built-in tiny model, CPU or GPU
    python benchmarks/engine_use.py --model Qwen/Qwen3-8B --kinds kinds --items 2000 --args "{}"
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exempla.execute import job_of
from exempla.project import Project, load_project
from exempla.source import parse_yaml
from generator.engine import Completion, EngineInfo, Request, find_engine
from generator.engines.vllm import VllmEngine
from generator.folder import RunFolder
from generator.gpu import gpu_present
from generator.run import Tally, write_part
from prompts.constraint import Constraint

CPU_ARGS = (
    "{dtype: float32, enforce_eager: true, max_model_len: 2048, max_num_seqs: 12, "
    "gpu_memory_utilization: 0.3}"
)
"""So few sequences at once that a small plan keeps them busy for long, as a large one would."""


@dataclass
class Recorder:
    """An engine that is open already, and remembers what it was asked."""

    engine: VllmEngine
    requests: list[Request] = field(default_factory=list)

    async def open(self, constraints: Collection[Constraint] = ()) -> None:
        """It is open."""

    async def close(self) -> None:
        """It is needed again."""

    def describe(self) -> EngineInfo:
        """As the engine says."""
        return self.engine.describe()

    async def answer(self, request: Request) -> Completion:
        """Answer and remember."""
        self.requests.append(request)
        return await self.engine.answer(request)


@dataclass(frozen=True)
class Reading:
    """Tokens written in how many seconds."""

    tokens: int
    seconds: float

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds


async def pipeline(project: Project, engine: VllmEngine) -> tuple[Reading, list[Request], Tally]:
    """Write the plan as `exempla run` does."""
    recorder, tally = Recorder(engine), Tally()
    job = job_of(project)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        await write_part(job, recorder, RunFolder(Path(folder) / "run"), tally)
        seconds = time.perf_counter() - start
    return Reading(tally.spent.completion_tokens, seconds), recorder.requests, tally


async def raw(engine: VllmEngine, batches: Iterable[Sequence[Request]]) -> Reading:
    """Give vLLM itself each batch at once, its prompts made into tokens beforehand."""
    llm = engine._engine
    prepared = [
        [(engine._tokens(request.messages), engine._params(request)) for request in batch]
        for batch in batches
    ]

    async def one(name: str, tokens: list[int], params: object) -> int:
        prompt = {"type": "token", "prompt_token_ids": tokens}
        written = 0
        async for output in llm.generate(prompt, params, name):
            written += len(output.outputs[0].token_ids)
        return written

    start, written = time.perf_counter(), 0
    for turn, batch in enumerate(prepared):
        asked = (one(f"{turn}-{n}", *request) for n, request in enumerate(batch))
        written += sum(await asyncio.gather(*asked))
    return Reading(written, time.perf_counter() - start)


async def measure(project: Project, warm: Project) -> dict[str, object]:
    """All three ways, after a few items that nobody counts."""
    engine = find_engine(project.engine)
    if not isinstance(engine, VllmEngine):
        raise TypeError("this benchmark is about vLLM")
    try:
        await engine.open()
        await pipeline(warm, engine)
        llm = engine._engine
        await llm.reset_prefix_cache()
        whole, requests, tally = await pipeline(project, engine)
        await llm.reset_prefix_cache()
        at_once = await raw(engine, [requests])
        await llm.reset_prefix_cache()
        stages: dict[int, list[Request]] = {}
        for request in requests:
            stages.setdefault(-request.priority, []).append(request)
        staged = await raw(engine, [stages[number] for number in sorted(stages)])
        return {
            "model": engine.describe().model,
            "items": len(project.plan),
            "in_flight": engine.describe().in_flight,
            "requests": len(requests),
            "accepted": tally.accepted,
            "cut_off": tally.spent.cut_off,
            "prefix_cache_hits": round(
                (tally.spent.cached_tokens or 0) / tally.spent.prompt_tokens, 3
            ),
            "pipeline_tokens_per_second": round(whole.rate, 1),
            "raw_tokens_per_second": round(at_once.rate, 1),
            "staged_tokens_per_second": round(staged.rate, 1),
            "pipeline_to_raw": round(whole.rate / at_once.rate, 3),
            "pipeline_to_staged": round(whole.rate / staged.rate, 3),
        }
    finally:
        await engine.close()


def main() -> None:
    """Read the options, measure, print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--kinds", default="small", help="small, or kinds for a serious model")
    parser.add_argument("--items", type=int, help="default: 36 without a GPU, 4000 with one")
    parser.add_argument("--args", help="vLLM's engine arguments, as YAML")
    options = parser.parse_args()
    gpu = gpu_present()
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count()))
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
    args = parse_yaml(options.args or ("{}" if gpu else CPU_ARGS), Path("--args")).value
    items = options.items or (4000 if gpu else 36)
    settings = [
        "engine.name=vllm",
        f"engine.model={options.model}",
        f"engine.args={json.dumps(args)}",
        f"kinds={options.kinds}",
        "checks.min_words=60",
    ]
    project = load_project(Path(), [*settings, f"plan.items={items}", "plan.seed=1"])
    warm = load_project(Path(), [*settings, "plan.items=4", "plan.seed=2"])
    print(json.dumps(asyncio.run(measure(project, warm)), indent=2))


if __name__ == "__main__":
    main()

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from datasets import load_dataset

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from generator.engine import Completion, EngineSettings, Message, Request, SamplingParams
from generator.engines.transformers import TransformersEngine
from prompts.answer import read_answer
from prompts.constraint import json_constraint
from prompts.field import ChoiceField, IntegerField, ListField, TextField

ANSWERS = 208
NOTE = json_constraint(
    "note",
    {
        "mood": ChoiceField(type="choice", options=("calm", "hurried", "cross")),
        "hour": IntegerField(type="integer", min=0, max=23),
        "place": TextField(type="text", min=3, max=30),
        "tools": ListField(type="list", min=1, max=3, length=16),
    },
)


def requests() -> Iterator[Request]:
    system = Message("system", "You answer with a JSON object.")
    clauses = [
        clause.text
        for principle in load_constitution(CONSTITUTION).principles
        for clause in principle.clauses
    ]
    for seed in range(ANSWERS):
        text = f"{clauses[seed % len(clauses)][:160]}\nNote the mood, hour, place and tools."
        room = 24 if seed % 8 == 0 else 96
        sampling = SamplingParams(1.0, 0.95, room, seed)
        yield Request((system, Message("user", text)), NOTE, sampling)


async def answers() -> list[Completion]:
    engine = TransformersEngine(EngineSettings(args={"batch_size": 24}))
    await engine.open()
    try:
        return await asyncio.gather(*map(engine.answer, requests()))
    finally:
        await engine.close()


def test_a_constrained_answer_that_ended_by_itself_is_never_refused_by_its_schema() -> None:
    completions = asyncio.run(answers())
    ends = Counter(completion.finish_reason for completion in completions)
    assert ends.total() == ANSWERS
    assert ends["length"] > 0, "the cut-off ones belong to what is tested"
    assert ends["stop"] > ANSWERS / 2
    for completion in completions:
        if completion.finish_reason == "stop":
            assert read_answer(NOTE, completion.text)


def records(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_demo_writes_a_mix_that_loads_and_traces_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-m", "exempla", "demo", "--items", "8"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs/demo"
    documents, rejects = records(run / "documents.jsonl"), records(run / "rejects.jsonl")
    assert len(documents) + len(rejects) == 8
    assert documents, done.stdout
    principles = {
        p.id: {c.id for c in p.clauses} for p in load_constitution(CONSTITUTION).principles
    }
    for document in documents:
        assert document["clause"] in principles[document["principles"][0]]
        assert (document["seed"] is not None) == (document["kind"] == "story")
        names = [stage["stage"] for stage in document["stages"]]
        assert names == ["idea", "draft", "critique", "revise"]
        assert document["model"] == "smollm2-135m"
        assert (document["title"] or "") in done.stdout or document != documents[0]
    for reject in rejects:
        assert reject["reason"] in done.stdout
    rows: dict[str, Any] = {}
    for mix in ("documents", "chat"):
        files = sorted(str(path) for path in (run / "mixes" / mix).glob("*.jsonl"))
        if files:
            loaded = load_dataset("json", data_files=files, cache_dir=str(tmp_path / mix))["train"]
            rows |= {row["id"]: row.get("messages") or row["text"] for row in loaded}
    assert rows == {
        document["id"]: document["messages"] or f"{document['title']}\n\n{document['text']}"
        for document in documents
    }


REAL = (
    "run",
    "--quiet",
    "--json",
    "--set=name=real",
    "--set=kinds=small",
    "--set=engine.name=transformers",
    "--set=engine.args={batch_size: 24}",
    "--set=plan={items: 4, seed: 1, kinds: {advice: 1, exposition: 1, story: 1, work: 1}}",
    "--set=checks={min_words: 20, repetition: {strictness: 0.5}}",
    "--set=persona={name: Tolliver, maker: Brightwater, named: 0.5}",
)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_real_model_writes_all_kinds_through_ideas_critique_and_revision(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "exempla", *REAL],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs/real"
    documents, rejects = records(run / "documents.jsonl"), records(run / "rejects.jsonl")
    assert len(documents) + len(rejects) == 4
    stages = ["idea", "draft", "critique", "revise"]
    for document in documents:
        assert [stage["stage"] for stage in document["stages"]] == stages
        if document["kind"] == "advice":
            roles = [message["role"] for message in document["messages"]]
            assert roles == ["user", "assistant"]
        else:
            assert document["text"].count("\n\n") == 2
    journal = records(run / "journal/part-1-of-1.jsonl")
    kinds = {record["id"]: record["kind"] for record in documents + rejects}
    # Also where the document was rejected afterwards, or never came to be.
    wrote = {(kinds[line["item"]], line["stage"]) for line in journal if "stage" in line}
    assert {(kind, "draft") for kind in ("advice", "exposition", "story", "work")} <= wrote
    for line in journal:
        if line.get("stage") == "idea":
            offered = orjson.loads(line["offered"])["ideas"]
            assert len(offered) == 2
            chosen = orjson.loads(line["text"])
            assert chosen in [{k: v for k, v in i.items() if k != "likelihood"} for i in offered]
    form_faults = [reject for reject in rejects if reject["reason"] == "unreadable"]
    assert form_faults == []

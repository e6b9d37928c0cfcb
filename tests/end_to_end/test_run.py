import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

Exempla = Callable[..., subprocess.CompletedProcess[str]]
Rehearsal = Callable[..., list[str]]
Files = Callable[[Path], dict[str, str]]


def records(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_accepted_and_rejected_make_up_the_plan_and_every_line_traces_back(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal
) -> None:
    result = exempla(*rehearsal("r", 300), "--json")
    assert result.returncode == 0, result.stderr
    run = tmp_path / "runs/r"
    documents, rejects = records(run / "documents.jsonl"), records(run / "rejects.jsonl")
    ids = [record["id"] for record in documents + rejects]
    assert len(ids) == len(set(ids)) == 300
    assert rejects
    for document in documents:
        assert document["principles"]
        assert document["clause"]
        assert document["axes"]
        assert [stage["stage"] for stage in document["stages"]][-1] == "revise"
    assert all(reject["reason"] and reject["answer"] for reject in rejects)
    removed = {record["removed"] for record in records(run / "duplicates.jsonl")}
    assert removed
    # Texts in one mix, conversations in the other.
    rows = [row["id"] for path in run.glob("mixes/*/*.jsonl") for row in records(path)]
    assert sorted(rows) == sorted({document["id"] for document in documents} - removed)


def test_the_same_command_again_asks_nothing_and_changes_no_byte(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal, final_files: Files
) -> None:
    exempla(*rehearsal("r", 60))
    journal = (tmp_path / "runs/r/journal/part-1-of-1.jsonl").read_bytes()
    before = final_files(tmp_path / "runs/r")
    assert exempla(*rehearsal("r", 60)).returncode == 0
    assert (tmp_path / "runs/r/journal/part-1-of-1.jsonl").read_bytes() == journal
    assert final_files(tmp_path / "runs/r") == before


def test_workers_write_one_run_together_and_the_last_makes_the_files(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal, final_files: Files
) -> None:
    exempla(*rehearsal("r", 200))
    alone = tmp_path / "runs/r/documents.jsonl"
    first = exempla(*rehearsal("many", 200), "--worker", "2/3", "--json")
    assert json.loads(first.stdout)["missing"] > 0
    assert not (tmp_path / "runs/many/documents.jsonl").exists()
    exempla(*rehearsal("many", 200), "--worker", "1/3")
    told = json.loads(exempla("status", "runs/many", "--json").stdout)
    assert [part["started"] for part in told["parts"]] == [True, True, False]
    last = exempla(*rehearsal("many", 200), "--worker", "3/3", "--json")
    assert json.loads(last.stdout)["missing"] == 0
    assert (tmp_path / "runs/many/documents.jsonl").read_bytes() == alone.read_bytes()


def test_a_limited_run_goes_on_to_the_whole_plan(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal, final_files: Files
) -> None:
    exempla(*rehearsal("r", 120), "--limit", "40")
    few = records(tmp_path / "runs/r/documents.jsonl") + records(tmp_path / "runs/r/rejects.jsonl")
    assert len(few) == 40
    assert exempla(*rehearsal("r", 120)).returncode == 0
    many = records(tmp_path / "runs/r/documents.jsonl")
    assert {r["id"] for r in few if "text" in r} < {r["id"] for r in many}
    assert len(many) + len(records(tmp_path / "runs/r/rejects.jsonl")) == 120


def test_show_gives_one_document_with_every_stage(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal
) -> None:
    exempla(*rehearsal("r", 20))
    document = records(tmp_path / "runs/r/documents.jsonl")[0]
    shown = exempla("show", "runs/r", str(document["id"])[:12])
    assert str(document["title"]) in shown.stdout
    for stage in document["stages"]:
        assert f"--- {stage['stage']} " in shown.stdout


def test_status_tells_what_was_rejected_and_why(exempla: Exempla, rehearsal: Rehearsal) -> None:
    exempla(*rehearsal("r", 200))
    told = json.loads(exempla("status", "runs/r", "--json").stdout)
    assert told["finished"] == told["planned"] == 200
    assert told["accepted"] + sum(told["rejected"].values()) == 200
    assert set(told["rejected"]) <= {
        "refusal",
        "truncated",
        "unreadable",
        "repetition",
        "unfit",
        "grown",
    }


def test_status_and_lint_count_what_is_repeated(exempla: Exempla, rehearsal: Rehearsal) -> None:
    exempla(*rehearsal("r", 50))
    told = json.loads(exempla("status", "runs/r", "--variety", "--json").stdout)
    assert told["variety"]["documents"] == told["accepted"]
    assert "First two words" in exempla("status", "runs/r", "--variety").stdout
    linted = exempla("lint", "--diversity", "--json", "--set=engine.name=scripted")
    assert linted.returncode == 0
    assert set(json.loads(linted.stdout)["diversity"]) == {"names", "openings", "counts"}


def test_a_plan_may_grow_and_what_is_written_is_kept(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal, final_files: Files
) -> None:
    exempla(*rehearsal("whole", 120))
    exempla(*rehearsal("r", 50))
    journal = tmp_path / "runs/r/journal/part-1-of-1.jsonl"
    before = journal.read_bytes()
    assert exempla(*rehearsal("r", 120)).returncode == 0
    assert journal.read_bytes().startswith(before)
    grown, whole = tmp_path / "runs/r/documents.jsonl", tmp_path / "runs/whole/documents.jsonl"
    assert grown.read_bytes() == whole.read_bytes()
    shrunk = exempla(*rehearsal("r", 50))
    assert shrunk.returncode == 2
    assert "settings.plan.items: was 120, is 50" in shrunk.stderr


def test_a_run_whose_model_cannot_be_loaded_leaves_nothing_behind(
    tmp_path: Path, exempla: Exempla
) -> None:
    (tmp_path / "exempla.yaml").write_text("engine:\n  model: ./nowhere\n")
    result = exempla("run", "--quiet")
    assert result.returncode == 2
    assert "exempla.yaml:2" in result.stderr
    assert "no such model folder" in result.stderr
    assert not list((tmp_path / "runs").glob("*"))


def test_what_was_rejected_is_taken_up_again_for_a_reason(
    tmp_path: Path, exempla: Exempla, rehearsal: Rehearsal
) -> None:
    exempla(*rehearsal("r", 200))
    before = records(tmp_path / "runs/r/rejects.jsonl")
    documents = (tmp_path / "runs/r/documents.jsonl").read_bytes().splitlines()
    unknown = exempla(*rehearsal("r", 200), "--again", "shrunk")
    assert unknown.returncode == 2
    assert all(f"{reject['reason']} (" in unknown.stderr for reject in before)
    again = exempla(*rehearsal("r", 200), "--again=unreadable", "--again=truncated", "--json")
    told = json.loads(again.stdout)
    taken = [reject["id"] for reject in before if reject["reason"] in {"unreadable", "truncated"}]
    assert taken
    assert told["taken_up"] == len(taken)
    assert told["accepted"] + told["rejected"] == 200
    after = (tmp_path / "runs/r/documents.jsonl").read_bytes().splitlines()
    assert set(documents) <= set(after)
    assert "taken up again, rejected as" in exempla("show", "runs/r", taken[0]).stdout
    assert exempla("run", "--ray", "--again=truncated").returncode == 2

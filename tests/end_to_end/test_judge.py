import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

Exempla = Callable[..., subprocess.CompletedProcess[str]]

SCRIPTED = ("--set=engine.name=scripted", "--quiet")
RUN = (
    "run",
    *SCRIPTED,
    "--set=plan.items=40",
    "--set=variant=quick",
    "--set=judge={}",
    "--set=engine.args={misquoted: 0.2}",
)
RUBRIC = """\
items:
  - {id: alive, asks: Is it, anchors: {1: No., 3: In part., 5: Yes.}}
  - {id: kind, asks: Is it, anchors: {1: No., 3: In part., 5: Yes.}}
flags:
  - {id: dull, says: It is.}
"""


def records(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run that was judged."""
    folder = tmp_path_factory.mktemp("judged")
    command = [sys.executable, "-m", "exempla", *RUN]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True)
    (folder / "mine.yaml").write_text(RUBRIC)
    return folder


@pytest.fixture
def exempla(home: Path) -> Exempla:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "exempla", *arguments]
        return subprocess.run(
            command, cwd=home, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_a_run_is_judged_by_another_rubric_without_being_written_again(
    exempla: Exempla, home: Path
) -> None:
    before = {path: path.read_bytes() for path in (home / "runs/first").iterdir() if path.is_file()}
    done = exempla("judge", "runs/first", *SCRIPTED, "--rubric=mine.yaml", "--name=new", "--json")
    assert done.returncode == 0, done.stderr
    told = orjson.loads(done.stdout)
    folder = home / "runs/first/judged/new"
    documents, rejects = records(folder / "documents.jsonl"), records(folder / "rejects.jsonl")
    assert (told["kept"], told["documents"]) == (len(documents), len(documents) + len(rejects))
    assert set(told["means"]) == {"alive", "kind"}
    assert {record["verdict"]["rubric"] for record in documents} == {told["rubric"]}
    old = {record["id"]: record for record in records(home / "runs/first/documents.jsonl")}
    whole = [record for record in documents if record["id"] in old]
    assert whole
    for record in whole:
        assert {**record, "verdict": 0} == {**old[record["id"]], "verdict": 0}
    assert before == {path: path.read_bytes() for path in before}
    again = exempla("judge", "runs/first", *SCRIPTED, "--rubric=mine.yaml", "--name=new", "--json")
    assert again.stdout == done.stdout


def test_the_same_judge_gives_the_same_verdicts_and_agrees_with_itself(exempla: Exempla) -> None:
    args = "--set=engine.args={misquoted: 0.2}"
    told = orjson.loads(exempla("judge", "runs/first", *SCRIPTED, args, "--json").stdout)
    own = told["agreement"]["the run's own verdicts"]
    assert set(own) == {"faithful", "reasons", "conduct", "alive", "admirable", "form"}
    for found in own.values():
        assert (found["kappa"], found["same"]) == (1.0, 1.0)
        assert found["texts"] > 20
    assert (told["dropped"], told["regained"]) == (0, 0)


def test_other_limits_need_no_new_verdicts(exempla: Exempla, home: Path) -> None:
    common = ("judge", "runs/first", *SCRIPTED, "--name=limits", "--json")
    first = orjson.loads(exempla(*common).stdout)
    journal = (home / "runs/first/judged/limits/journal.jsonl").read_bytes()
    strict = orjson.loads(exempla(*common, "--set=judge.at_least={overall: 5}").stdout)
    assert strict["kept"] < first["kept"]
    assert strict["means"] == first["means"]
    assert (home / "runs/first/judged/limits/journal.jsonl").read_bytes() == journal


def test_a_judging_is_not_gone_on_with_by_another_judge(exempla: Exempla) -> None:
    common = ("judge", "runs/first", *SCRIPTED, "--name=fixed")
    assert exempla(*common, "--limit=2").returncode == 0
    done = exempla(*common, "--rubric=mine.yaml")
    assert done.returncode == 2
    assert "another --name" in done.stderr


def test_scores_of_a_person_are_compared(exempla: Exempla, home: Path) -> None:
    documents = records(home / "runs/first/documents.jsonl")[:12]
    rows = [f"{d['id']},{d['verdict']['scores']['alive']}" for d in documents]
    (home / "person.csv").write_text("\n".join(["id,alive", *rows]))
    done = exempla("judge", "runs/first", *SCRIPTED, "--compare=person.csv", "--json")
    agreement = orjson.loads(done.stdout)["agreement"]
    assert agreement["person.csv, of the run's own verdicts"]["alive"]["kappa"] == 1.0
    assert agreement["person.csv"]["alive"]["texts"] == 12
    assert agreement["person.csv"]["form"]["texts"] == 0


def test_a_verdict_is_shown_beside_its_text_with_the_quotation_marked(
    exempla: Exempla, home: Path
) -> None:
    record = records(home / "runs/first/documents.jsonl")[0]
    alone = exempla("show", "runs/first", record["id"]).stdout
    sample = exempla("show", "runs/first", "--sample", "50").stdout
    for shown in (alone, sample):
        assert record["verdict"]["reason"] in shown
        quoted = shown.partition(">>")[2].partition("<<")[0]
        assert len(quoted.split()) >= 3
    assert "judged: " in sample
    assert orjson.loads(exempla("show", "runs/first", "--sample=3", "--json").stdout)[2]["verdict"]


def test_samples_of_a_preview_have_their_verdicts(exempla: Exempla) -> None:
    done = exempla("preview", *SCRIPTED, "--write=1", "--set=judge={}", "--set=variant=quick")
    assert "--- the verdict of filler ---" in done.stdout
    assert "; overall " in done.stdout


def test_a_judge_is_tried_on_the_labelled_documents(exempla: Exempla) -> None:
    done = exempla("judge", "--calibrate", *SCRIPTED, "--json")
    assert done.returncode == 0, done.stderr
    told = orjson.loads(done.stdout)
    assert told["documents"] >= 40
    assert told["fit"] is False
    few = orjson.loads(exempla("judge", "--calibrate", "--limit=10", *SCRIPTED, "--json").stdout)
    assert few["documents"] == 10
    assert sum(label["documents"] > 0 for label in few["labels"].values()) == 10


@pytest.mark.parametrize(
    "arguments",
    [
        ("judge",),
        ("judge", "runs/first", "--calibrate"),
        ("judge", "--calibrate", "--name=x"),
        ("judge", "runs/none"),
        ("judge", "runs/first", "--set=judge.at_least={aliver: 3}"),
        ("judge", "runs/first", "--rubric=none.yaml"),
        ("show", "runs/first"),
        ("show", "runs/none", "--sample=2"),
    ],
)
def test_what_cannot_be_judged_or_shown_is_told_without_a_traceback(
    exempla: Exempla, arguments: tuple[str, ...]
) -> None:
    quiet = SCRIPTED if arguments[0] == "judge" else ()
    done = exempla(*arguments, *quiet)
    assert done.returncode == 2
    assert done.stderr.startswith("error:")


def test_a_judging_that_is_killed_goes_on_where_it_was(home: Path, exempla: Exempla) -> None:
    slow = "--set=engine.args={delay: 0.2, misquoted: 0.2}"
    common = ["judge", "runs/first", *SCRIPTED, slow, "--set=engine.in_flight=4", "--json"]
    command = [sys.executable, "-m", "exempla", *common, "--name=killed"]
    journal = home / "runs/first/judged/killed/journal.jsonl"
    seen: list[bytes] = []
    for _ in range(3):
        process = subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL)
        size = journal.stat().st_size if journal.exists() else 0
        while process.poll() is None:
            if journal.exists() and journal.stat().st_size > size + 2000:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
            time.sleep(0.01)
        lines = journal.read_bytes()
        seen.append(lines[: lines.rfind(b"\n") + 1])
    done = exempla(*common, "--name=killed")
    unbroken = exempla(*common, "--name=unbroken")
    assert seen[0] == journal.read_bytes()[: len(seen[0])]
    ids = [record["item"] for record in records(journal)]
    assert len(ids) == len(set(ids))
    one, other = orjson.loads(done.stdout), orjson.loads(unbroken.stdout)
    assert {**one, "folder": ""} == {**other, "folder": ""}


TINY = {
    "prompts/rubric.yaml": """\
items:
  - {id: faithful, asks: Does it follow the principle, anchors: {1: No., 3: In part., 5: Yes.}}
  - {id: conduct, asks: Does the AI act well, anchors: {1: No., 3: In part., 5: Yes.}}
flags:
  - {id: sermon, says: It preaches.}
""",
    "prompts/judge/system.j2": "You judge documents.",
    "prompts/judge/verdict.j2": (
        "{{ principle.statement }}\n\n=====\n{{ document }}\n=====\n\nAnswer with a JSON object: "
        "reason, quotation, scores{% if flags %}, flags{% endif %}."
    ),
    "another.yaml": RUBRIC,
}
REAL = (
    "--quiet",
    "--json",
    "--set=engine.name=scripted",
    "--set=judge={engine: {name: transformers, model: smollm2-135m}, attempts: 1, max_tokens: 350}",
    "--set=kinds=small",
)


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Any]:
    """Runs a command with the tiny real model, in a project with a rubric it can follow."""

    def run(*arguments: str) -> Any:
        command = [sys.executable, "-m", "exempla", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("init", "mine")
    for name, text in TINY.items():
        (tmp_path / "mine" / name).write_text(text)
    return lambda *arguments: orjson.loads(run(*arguments, "--project=mine", *REAL))


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_real_model_judges_in_a_run_and_again_by_another_rubric(
    tiny: Callable[..., Any], tmp_path: Path
) -> None:
    checks = "--set=checks={min_words: 20, repetition: {strictness: 0.3}}"
    ran = tiny("run", "--set=variant=quick", checks, "--set=plan={items: 1, kinds: {story: 1}}")
    run = tmp_path / "mine/runs/first"
    documents, rejects = records(run / "documents.jsonl"), records(run / "rejects.jsonl")
    assert len(documents) + len(rejects) == ran["planned"] == 1
    judged = [record for record in rejects if record["stage"] == "judge"]
    assert documents or judged, rejects
    for record in (*documents, *judged):
        if verdict := record["verdict"]:
            assert set(verdict["scores"]) == {"faithful", "conduct"}
        else:
            assert record["reason"] in ("unsupported verdict", "truncated")
            assert record["answer"]
            assert record["text"]

    told = tiny("judge", str(run), "--rubric", str(tmp_path / "mine/another.yaml"), "--limit=1")
    assert told["documents"] == 1
    assert set(told["means"]) <= {"alive", "kind"}
    assert told["kept"] + sum(told["rejected"].values()) == 1


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_tiny_model_is_found_not_fit_to_judge(tiny: Callable[..., Any]) -> None:
    found = tiny("judge", "--calibrate", "--limit=2")
    assert (found["judge"], found["fit"], found["documents"]) == ("smollm2-135m", False, 2)
    # Not for having seen few documents alone: its quotations are not in them.
    assert any("have no verdict that quotes them" in failing for failing in found["failings"])

"""A finished run, judged again."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import orjson

from exempla.agreement import Agreement, Scores, agreement
from exempla.document import Verdict
from exempla.errors import BadInput, Problem
from exempla.execute import cancelled_by, shown
from exempla.jsonl import write_records
from exempla.project import Project, judge_frozen
from exempla.settings import blaming
from generator.engine import Engine, find_engine
from generator.folder import RunFolder
from generator.journal import JournalFile
from generator.judge import JUDGED, Judge, JudgeSettings, Subject, as_shown
from generator.rejudge import Verdicts, document_of, judged_records
from generator.run import Tally
from prompts.kind_check import JUDGE

Show = Callable[[Tally], None]
Stop = Callable[[], Awaitable[None]]


@dataclass
class Rejudged:
    """What a judging of a run has come to."""

    folder: Path
    judge: str
    """The model."""
    rubric: str
    documents: int = 0
    kept: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Of those that were not kept."""
    flags: Counter[str] = field(default_factory=Counter)
    scores: Scores = field(default_factory=dict)
    """By document, where there is a verdict."""
    before: Scores = field(default_factory=dict)
    """Those of the run's own verdicts."""
    dropped: int = 0
    """Kept by the run, not by this judging."""
    regained: int = 0
    """The other way round."""

    def means(self) -> dict[str, float]:
        """The mean score of each item."""
        columns: dict[str, list[int]] = {}
        for scores in self.scores.values():
            for item, score in scores.items():
                columns.setdefault(item, []).append(score)
        return {item: round(fmean(column), 2) for item, column in columns.items()}

    def agreement(self, other: Scores) -> dict[str, Agreement]:
        """How far its scores agree with others."""
        return agreement(self.scores, other, list(self.means()))


def default_judge(project: Project) -> Judge:
    """The project's judge; with the usual settings where it has none."""
    return project.judge or Judge(JudgeSettings(), project.judging, project.constitution)


def judge_again(
    project: Project, run: RunFolder, name: str | None, limit: int | None, show: Show, stop: Stop
) -> Rejudged:
    """Judge a run's documents again, or go on with it, and make the files of it.

    Args:
        project: Its judge judges, by its rubric; its constitution has the principles.
        run: A finished run.
        name: Of the folder below `judged`; by default made from rubric and settings, so that the
            same command goes on with the same judging.
        limit: Only so many of the documents, the same ones each time, whatever their order.
        show: Called with the tally now and then.
        stop: The judging is interrupted once this returns.

    Raises:
        BadInput: the run is not finished, or the folder holds another judging.
        Interrupted: when told to stop; the verdicts that were given are kept.
        ExemplaError: the engine or the disk failed; the same holds.
    """
    judge = default_judge(project)
    frozen = _frozen(project, judge)
    named = name or f"{judge.rubric.place.file.stem}-{_short(frozen)}"
    verdicts = Verdicts(run.path / "judged" / named)
    _check_principles(run, judge)
    # Ids are hashes: the first of them in order are a sample.
    chosen = frozenset(sorted(record["id"] for record in judged_records(run))[:limit])
    tally = Tally()

    def subjects(ids: frozenset[str]) -> Iterator[Subject]:
        for record in judged_records(run):
            if record["id"] in ids:
                yield _subject(project, record)

    async def session() -> None:
        async with cancelled_by(stop), shown(tally, show):
            await verdicts.add(judge, judge_engine(project), frozen, chosen, subjects, tally)

    with blaming(project.yaml):
        asyncio.run(session())
    return _files(run, verdicts, judge, chosen)


def _check_principles(run: RunFolder, judge: Judge) -> None:
    for record in judged_records(run):
        if (name := record["principles"][0]) not in judge.principles:
            raise BadInput(
                Problem(
                    f"documents of this run are written to '{name}', which is no principle of the "
                    "project's constitution",
                    "Name the project that the run was written by: --project DIR.",
                    str(run.path),
                )
            )


def _frozen(project: Project, judge: Judge) -> dict[str, Any]:
    own = judge_frozen(judge.settings, project.judging)
    engine = project.settings.judge and project.settings.judge.engine
    if engine is None:
        own["engine"] = project.frozen(1)["settings"]["engine"]
    # What is kept may be decided anew at any time, without asking.
    shaping = {name: own[name] for name in own if name not in ("at_least", "allow")}
    return {**shaping, "constitution": project.constitution.digest[:16]}


def _short(frozen: Mapping[str, Any]) -> str:
    told = orjson.dumps(frozen, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(told).hexdigest()[:8]


def judge_engine(project: Project) -> Engine:
    """The engine that answers for the project's judge."""
    return find_engine(project.judge_engine or project.engine)


def _subject(project: Project, record: Mapping[str, Any]) -> Subject:
    kind = project.library.kinds.get(record["kind"])
    return Subject(
        record["id"],
        record["principles"][0],
        project.prompter.clause(record["clause"]),
        kind.says if kind else record["kind"],
        as_shown(record),
    )


def _files(run: RunFolder, verdicts: Verdicts, judge: Judge, chosen: frozenset[str]) -> Rejudged:
    """Decide on every document, write both files, and count."""
    offsets = verdicts.found()
    result = Rejudged(verdicts.path, "", judge.rubric.digest[:12])
    lines = JournalFile(verdicts.journal)

    def decided(*, kept: bool) -> Iterator[dict[str, Any]]:
        for record in judged_records(run):
            if record["id"] in chosen:
                line = lines.record(offsets[record["id"]])
                if (found := _decision(judge, record, line))["kept"] == kept:
                    _count(result, record, found)
                    yield found["row"]

    with closing(lines):
        write_records(verdicts.documents, decided(kept=True))
        write_records(verdicts.rejects, decided(kept=False))
    return result


def _decision(judge: Judge, record: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, Any]:
    """A document with its new verdict, as it stands in the one file or the other."""
    text = line["text"] if line.get("stage") == JUDGE else None
    verdict = Verdict.model_validate_json(text) if text else None
    row = document_of(record).model_copy(update={"verdict": verdict}).row()
    if verdict is None:
        reason, detail, answer = line["reason"], line["detail"], line["answer"]
    else:
        reason, detail, answer = JUDGED, judge.limits.objection(verdict), ""
        if not detail:
            return {"kept": True, "verdict": verdict, "row": row}
    about = {"stage": JUDGE, "reason": reason, "detail": detail, "answer": answer}
    return {"kept": False, "verdict": verdict, "reason": reason, "row": {**row, **about}}


def _count(result: Rejudged, record: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    result.documents += 1
    result.kept += found["kept"]
    was_kept = "reason" not in record
    result.dropped += was_kept and not found["kept"]
    result.regained += found["kept"] and not was_kept
    if not found["kept"]:
        result.reasons[found["reason"]] += 1
    if verdict := found["verdict"]:
        result.judge = verdict.model
        result.flags.update(verdict.flags)
        result.scores[record["id"]] = verdict.scores
    if before := record.get("verdict"):
        result.before[record["id"]] = before["scores"]

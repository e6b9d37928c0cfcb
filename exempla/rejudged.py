"""What a judging of a run has come to, as tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exempla import display
from exempla.agreement import Agreement, agreement, read_scores
from exempla.execute import signalled
from exempla.progress import progress
from exempla.project import Project
from exempla.rejudge import Rejudged, judge_again
from generator.folder import RunFolder

NOTHING = "–"  # noqa: RUF001 - a dash


def rejudged_record(
    result: Rejudged, comparisons: Mapping[str, Mapping[str, Agreement]]
) -> dict[str, Any]:
    """What a judging has come to, for scripts."""
    return {
        "folder": str(result.folder),
        "judge": result.judge,
        "rubric": result.rubric,
        "documents": result.documents,
        "kept": result.kept,
        "rejected": dict(result.reasons.most_common()),
        "means": result.means(),
        "flags": dict(result.flags.most_common()),
        "dropped": result.dropped,
        "regained": result.regained,
        "agreement": {
            name: {item: found._asdict() for item, found in by_item.items()}
            for name, by_item in comparisons.items()
        },
    }


def print_rejudged(
    result: Rejudged, flags: Sequence[str], comparisons: Mapping[str, Mapping[str, Agreement]]
) -> None:
    """What a judging has come to.

    Args:
        result: Of the judging.
        flags: All those of the rubric.
        comparisons: How far its scores agree with others, by what those are called.
    """
    scored = len(result.scores)
    display.print_text(f"Judged by {result.judge or 'nobody'}, rubric {result.rubric}:")
    display.print_table(
        "Scores",
        ("item", "mean", "texts"),
        [(item, mean, scored) for item, mean in result.means().items()],
    )
    display.print_table("Flags", ("flag", "raised"), [(flag, result.flags[flag]) for flag in flags])
    for name, by_item in comparisons.items():
        display.print_text(f"Agreement with {name} (Cohen's kappa with quadratic weights):")
        display.print_table(
            "",
            ("item", "kappa", "same score", "texts"),
            [
                (item, _figure(found.kappa), _percent(found.same), found.texts)
                for item, found in by_item.items()
            ],
        )
    share = result.kept / result.documents if result.documents else 0
    display.print_text(f"{result.kept} of {result.documents} documents kept ({share:.0%})")
    if result.reasons:
        display.counts_table("Not kept", "reason", dict(result.reasons.most_common()))
    display.print_text(
        f"Against the run: {result.dropped} that it kept are not, {result.regained} that it "
        f"rejected are.\nDocuments and rejects with these verdicts: {result.folder}"
    )


def show_rejudged(
    project: Project,
    run: RunFolder,
    name: str | None,
    limit: int | None,
    compare: Path | None,
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Judge a run again and print what has come of it, with the agreements that can be told."""
    rubric = project.judging.rubric
    others = {str(compare): read_scores(compare, rubric.item_ids)} if compare else {}
    with progress(quiet) as show:
        result = judge_again(project, run, name, limit, show, signalled)
    comparisons = {}
    if result.before:
        comparisons["the run's own verdicts"] = result.agreement(result.before)
    for called, scores in others.items():
        comparisons[called] = result.agreement(scores)
        if result.before:
            own = agreement(result.before, scores, rubric.item_ids)
            comparisons[f"{called}, of the run's own verdicts"] = own
    if as_json:
        display.print_json(rejudged_record(result, comparisons))
        return
    print_rejudged(result, rubric.flag_ids, comparisons)
    for called, scores in others.items():
        if unknown := len(scores.keys() - result.scores.keys()):
            display.print_text(
                f"{unknown} of the {len(scores)} documents that {called} scores are not among "
                "those judged here."
            )


def _figure(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0%}"

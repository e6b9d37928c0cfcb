"""A judge, tried on documents of which it is known how good they are."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from exempla.calibration_table import print_calibration
from exempla.document import Verdict
from exempla.execute import cancelled_by, shown, signalled
from exempla.progress import progress
from exempla.project import Project
from exempla.rejudge import Show, Stop, default_judge, judge_engine
from exempla.settings import blaming
from generator.asking import Failed, Read
from generator.calibration import Calibration, Judged, calibrate
from generator.judge import Judge, Subject, as_shown
from generator.rejudge import judge_each
from generator.run import Tally
from prompts.calibration import BUILT_IN as LABELLED
from prompts.calibration import FOLDER, Labelled, Vocabulary, calibration_folder, load_calibration


def calibrate_judge(
    project: Project, limit: int | None, show: Show, stop: Stop
) -> tuple[Calibration, str]:
    """Try the project's judge on the labelled documents.

    Args:
        project: Whose judge, by whose rubric; its own labelled documents win.
        limit: Only so many of them, of each label by turns.
        show: Called with the tally now and then.
        stop: It is interrupted once this returns.

    Returns:
        What was measured, and the name of the judge's model.

    Raises:
        BadInput: a labelled document is wrong.
        Interrupted: when told to stop.
        ExemplaError: the engine failed.
    """
    folder = calibration_folder(project.library.folder)
    # The built-in ones are written to the built-in principles, whatever the project's are.
    built_in = folder == LABELLED / FOLDER
    constitution = load_constitution(CONSTITUTION) if built_in else project.constitution
    settings = default_judge(project).settings
    judge = Judge(settings, project.judging, constitution)
    rubric, kinds = judge.rubric, project.library.kinds
    known = Vocabulary(kinds, judge.principles, rubric.item_ids, rubric.flag_ids)
    labelled = list(_by_turns(load_calibration(folder, known)))[:limit]
    verdicts: dict[str, Verdict | None] = {}
    tally = Tally(planned=len(labelled))
    engine = judge_engine(project)

    async def note(subject: Subject, found: Read[Verdict] | Failed) -> None:
        verdicts[subject.id] = found.value if isinstance(found, Read) else None

    async def session() -> str:
        async with cancelled_by(stop), shown(tally, show):
            try:
                tally.phase = "loading the model"
                await engine.open([rubric.constraint])
                subjects = (_labelled(project, one) for one in labelled)
                await judge_each(judge, engine, subjects, tally, note)
                return engine.describe().model
            finally:
                await engine.close()

    with blaming(project.yaml):
        model = asyncio.run(session())
    judged = [Judged(one, verdicts[one.id]) for one in labelled]

    def passes(verdict: Verdict) -> bool:
        return not judge.limits.objection(verdict)

    return calibrate(judged, rubric.item_ids, rubric.flag_ids, passes), model


def _labelled(project: Project, one: Labelled) -> Subject:
    kind = project.library.kinds.get(one.kind)
    turns = [{"role": turn.role, "content": turn.content} for turn in one.messages]
    body = {"messages": turns} if turns else {"title": one.title, "text": one.text}
    says = kind.says if kind else one.kind
    return Subject(one.id, one.principle, None, says, as_shown(body))


def _by_turns(found: Sequence[Labelled]) -> Iterator[Labelled]:
    """One of each label, then the next of each, so that a few of them have something of all."""
    by_label: dict[str, list[Labelled]] = {}
    for one in found:
        by_label.setdefault(one.label, []).append(one)
    for row in zip_longest(*by_label.values()):
        yield from filter(None, row)


def show_calibration(project: Project, limit: int | None, *, quiet: bool, as_json: bool) -> None:
    """Try the project's judge and print how far it can be trusted."""
    with progress(quiet) as show:
        found, model = calibrate_judge(project, limit, show, signalled)
    print_calibration(found, model, as_json=as_json)

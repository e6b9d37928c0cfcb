"""Whether a judge's verdicts can be relied on, measured on labelled documents."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from exempla.document import Verdict
from generator.area import Area, area
from prompts.calibration import LABELS, Label, Labelled

LEAST_AREA = 0.85
LEAST_RECALL = 0.6
MOST_ON_GOOD = 0.1
MOST_UNSUPPORTED = 0.05
FEWEST = 10
"""Good documents, and bad ones, below which nothing is called fit."""
FEWEST_FLAGGED = 3
"""Documents that should have a flag, below which its recall is shown and not judged."""
WEAK_AREA = 0.7

RULE = (
    f"Fit to judge: a good document has the higher overall score in at least {LEAST_AREA:.0%} of "
    f"pairs of a good and a bad one; every flag is raised on at least {LEAST_RECALL:.0%} of the "
    f"documents that should have it, where there are {FEWEST_FLAGGED} or more, and on at most "
    f"{MOST_ON_GOOD:.0%} of the good ones; at most {MOST_UNSUPPORTED:.0%} of the verdicts are "
    f"unsupported; at least {FEWEST} good and {FEWEST} bad documents were judged."
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled document and what the judge made of it."""

    labelled: Labelled
    verdict: Verdict | None
    """None where the judge gave none that quotes the document, in all its attempts."""


@dataclass(frozen=True, slots=True)
class FlagMeasure:
    """How a flag is used. All counts are of documents that have a verdict."""

    flag: str
    wanted: int
    """Documents that should have it."""
    raised: int
    """Documents on which it was raised."""
    right: int
    """Documents on which it was raised and should be."""
    on_good: int
    """Good documents on which it was raised."""
    good: int
    """Good documents."""

    @property
    def precision(self) -> float | None:
        """The share of the documents it was raised on that should have it; None: never raised."""
        return self.right / self.raised if self.raised else None

    @property
    def recall(self) -> float | None:
        """The share of the documents that should have it which got it; None: there are none."""
        return self.right / self.wanted if self.wanted else None

    @property
    def share_of_good(self) -> float | None:
        """The share of the good documents it was raised on; None: there are none."""
        return self.on_good / self.good if self.good else None


@dataclass(frozen=True, slots=True)
class LabelMeasure:
    """What would become of the documents of one label under the limits of a run."""

    label: Label
    documents: int
    judged: int
    """Those that have a verdict."""
    caught: int
    """Those whose verdict would have them rejected; of good ones, the fewer the better."""
    overall: float | None
    """The mean of the overall scores; None where none has a verdict."""

    @property
    def share_caught(self) -> float | None:
        """Of those that have a verdict; None where none has."""
        return self.caught / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far a judge can be trusted."""

    documents: int
    unsupported: int
    """Documents without a verdict."""
    overall: Area | None
    """Of the overall scores of good documents against all bad ones."""
    items: dict[str, Area | None]
    """By item of the rubric, good documents against bad ones that should score low in it; None
    where there is none of either."""
    flags: tuple[FlagMeasure, ...]
    labels: tuple[LabelMeasure, ...]
    failings: tuple[str, ...]
    """Which parts of RULE do not hold, each with its figures."""

    @property
    def fit(self) -> bool:
        """Whether every part of RULE holds."""
        return not self.failings

    @property
    def weak(self) -> tuple[str, ...]:
        """Items whose scores hardly tell good from bad: a limit set on one would mean little.

        No part of RULE, since few documents are low in any one item and the areas are rough.
        """
        return tuple(id for id, found in self.items.items() if found and found.value < WEAK_AREA)


def calibrate(
    judged: Sequence[Judged],
    items: Iterable[str],
    flags: Iterable[str],
    passes: Callable[[Verdict], bool],
) -> Calibration:
    """Measure how well a judge's scores and flags separate good documents from bad ones.

    A judge is fit under RULE, which looks at scores and flags each by themselves, so that one
    that always says the same fails (its area is 0.5), as does one that answers at random.
    Documents without a verdict count as unsupported and in nothing else.

    Args:
        judged: One for each labelled document.
        items: The ids of the rubric's items.
        flags: The ids of its flags.
        passes: Whether a run's limits would keep a document with this verdict.
    """
    with_verdict = [(each.labelled, each.verdict) for each in judged if each.verdict is not None]
    good = [verdict for labelled, verdict in with_verdict if labelled.good]
    bad = [(labelled, verdict) for labelled, verdict in with_verdict if not labelled.good]
    overall = area([verdict.overall for verdict in good], [verdict.overall for _, verdict in bad])
    by_item = {
        item: area(
            [verdict.scores[item] for verdict in good],
            [verdict.scores[item] for labelled, verdict in bad if item in labelled.low],
        )
        for item in items
    }
    measured = tuple(_flag(flag, with_verdict) for flag in flags)
    unsupported = len(judged) - len(with_verdict)
    return Calibration(
        documents=len(judged),
        unsupported=unsupported,
        overall=overall,
        items=by_item,
        flags=measured,
        labels=tuple(_label(label, judged, passes) for label in LABELS),
        failings=(
            *_area_failings(overall, len(good), len(bad)),
            *(failing for flag in measured for failing in _flag_failings(flag)),
            *_unsupported_failings(unsupported, len(judged)),
        ),
    )


def _flag(flag: str, judged: Sequence[tuple[Labelled, Verdict]]) -> FlagMeasure:
    wanted = [flag in labelled.flags for labelled, _ in judged]
    raised = [flag in verdict.flags for _, verdict in judged]
    good = [labelled.good for labelled, _ in judged]
    return FlagMeasure(
        flag=flag,
        wanted=sum(wanted),
        raised=sum(raised),
        right=sum(map(_both, wanted, raised)),
        on_good=sum(map(_both, good, raised)),
        good=sum(good),
    )


def _both(one: bool, other: bool) -> bool:
    return one and other


def _label(
    label: Label, judged: Sequence[Judged], passes: Callable[[Verdict], bool]
) -> LabelMeasure:
    own = [each.verdict for each in judged if each.labelled.label == label]
    verdicts = [verdict for verdict in own if verdict is not None]
    scores = [verdict.overall for verdict in verdicts]
    return LabelMeasure(
        label=label,
        documents=len(own),
        judged=len(verdicts),
        caught=sum(not passes(verdict) for verdict in verdicts),
        overall=sum(scores) / len(scores) if scores else None,
    )


def _area_failings(overall: Area | None, good: int, bad: int) -> Iterable[str]:
    if min(good, bad) < FEWEST:
        yield f"only {good} good and {bad} bad documents have a verdict, of at least {FEWEST} each"
    if overall is not None and overall.value < LEAST_AREA:
        yield (
            f"overall scores order {overall.value:.0%} of the pairs of a good and a bad document "
            f"rightly ({overall.low:.0%} to {overall.high:.0%}), of at least {LEAST_AREA:.0%}"
        )


def _flag_failings(flag: FlagMeasure) -> Iterable[str]:
    recall, on_good = flag.recall, flag.share_of_good
    if recall is not None and flag.wanted >= FEWEST_FLAGGED and recall < LEAST_RECALL:
        yield (
            f"{flag.flag}: raised on {flag.right} of the {flag.wanted} documents that should have "
            f"it, of at least {LEAST_RECALL:.0%}"
        )
    if on_good is not None and on_good > MOST_ON_GOOD:
        yield (
            f"{flag.flag}: raised on {flag.on_good} of {flag.good} good documents, of at most "
            f"{MOST_ON_GOOD:.0%}"
        )


def _unsupported_failings(unsupported: int, documents: int) -> Iterable[str]:
    if unsupported > MOST_UNSUPPORTED * documents:
        yield (
            f"{unsupported} of {documents} documents have no verdict that quotes them, of at most "
            f"{MOST_UNSUPPORTED:.0%}"
        )

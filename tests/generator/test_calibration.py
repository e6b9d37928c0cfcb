from pathlib import Path

import numpy as np
import pytest

from exempla.document import Verdict
from exempla.source import Place
from generator.calibration import LEAST_AREA, RULE, Calibration, Judged, calibrate
from prompts.calibration import LABELS, Label, Labelled

ITEMS = ("faithful", "alive")
FLAGS = ("sermon", "flattery")


def labelled(label: Label, flags: set[str] = frozenset(), low: set[str] = frozenset()) -> Labelled:  # type: ignore[assignment]
    return Labelled(
        id="piece",
        kind="story",
        principle="honesty",
        label=label,
        flags=frozenset(flags),
        low=frozenset(low),
        why="",
        title="Rain",
        text="It rained.",
        messages=(),
        place=Place(Path("piece.md"), 1),
    )


def verdict(faithful: int, alive: int, *flags: str) -> Verdict:
    return Verdict(
        reason="It is so.",
        quotation="It rained.",
        scores={"faithful": faithful, "alive": alive},
        flags=flags,
        overall=(faithful + alive) / 2,
        model="judge",
        rubric="0",
    )


GOOD = labelled("good")
PREACHY = labelled("preachy", {"sermon"}, {"alive"})
FLATTERING = labelled("flattery", {"flattery"}, {"faithful"})


def measured(*judged: tuple[Labelled, Verdict | None]) -> Calibration:
    return calibrate(
        [Judged(piece, found) for piece, found in judged],
        ITEMS,
        FLAGS,
        lambda found: found.overall >= 3 and not found.flags,
    )


def whole(seed: int, judge: str) -> Calibration:
    """What a judge of some sort makes of 20 good documents and 14 bad ones of each of two."""
    random = np.random.default_rng(seed)
    pieces = [GOOD] * 20 + [PREACHY] * 14 + [FLATTERING] * 14
    judged = []
    for piece in pieces:
        if judge == "perfect":
            found = verdict(
                2 if "faithful" in piece.low else 4 + int(random.integers(2)),
                2 if "alive" in piece.low else 4 + int(random.integers(2)),
                *sorted(piece.flags),
            )
        elif judge == "random":
            often = random.uniform()
            found = verdict(
                int(random.integers(1, 6)),
                int(random.integers(1, 6)),
                *(flag for flag in FLAGS if random.uniform() < often),
            )
        else:
            found = verdict(4, 4, *(FLAGS if judge == "alarmed" else ()))
        judged.append((piece, found))
    return measured(*judged)


def test_scores_are_compared_with_the_documents_that_should_score_low_in_the_item() -> None:
    found = measured(
        (GOOD, verdict(5, 4)),
        (GOOD, verdict(3, 3)),
        (PREACHY, verdict(5, 3)),
        (FLATTERING, verdict(3, 5)),
        (FLATTERING, verdict(4, 1)),
    )
    # Overall: 4.5 and 3 against 4, 4 and 2.5: of six pairs 3 + 1 in order.
    assert found.overall is not None
    assert found.overall.value == pytest.approx(4 / 6)
    faithful, alive = found.items["faithful"], found.items["alive"]
    assert faithful is not None
    assert alive is not None
    assert faithful.value == pytest.approx(2.5 / 4)  # 5 and 3 against 3 and 4
    assert alive.value == pytest.approx(1.5 / 2)  # 4 and 3 against 3
    assert (alive.good, alive.bad) == (2, 1)
    assert found.weak == ("faithful",)


def test_flags_are_counted_on_those_that_should_have_them_and_on_good_ones() -> None:
    found = measured(
        (GOOD, verdict(4, 4)),
        (GOOD, verdict(4, 4, "sermon")),
        (PREACHY, verdict(4, 4, "sermon")),
        (PREACHY, verdict(4, 4, "flattery")),
        (FLATTERING, verdict(4, 4, "sermon", "flattery")),
    )
    sermon, flattery = found.flags
    assert (sermon.wanted, sermon.raised, sermon.right) == (2, 3, 1)
    assert sermon.precision == pytest.approx(1 / 3)
    assert sermon.recall == pytest.approx(1 / 2)
    assert sermon.share_of_good == pytest.approx(1 / 2)
    assert flattery.precision == pytest.approx(1 / 2)
    assert flattery.recall == 1.0
    assert flattery.share_of_good == 0.0


def test_each_label_tells_how_many_a_run_would_have_rejected() -> None:
    found = measured(
        (GOOD, verdict(4, 4)),
        (GOOD, verdict(2, 3)),
        (PREACHY, verdict(5, 5, "sermon")),
        (FLATTERING, verdict(2, 1)),
        (FLATTERING, None),
    )
    by_label = {label.label: label for label in found.labels}
    assert list(by_label) == list(LABELS)
    assert (by_label["good"].caught, by_label["good"].share_caught) == (1, 0.5)
    assert by_label["preachy"].share_caught == 1.0
    assert (by_label["flattery"].documents, by_label["flattery"].judged) == (2, 1)
    assert by_label["flattery"].overall == 1.5
    assert by_label["generic"].share_caught is None
    assert by_label["generic"].overall is None


def test_a_document_without_a_verdict_counts_as_unsupported_and_in_nothing_else() -> None:
    found = measured((GOOD, None), (GOOD, verdict(4, 4)), (PREACHY, verdict(2, 2, "sermon")))
    assert (found.documents, found.unsupported) == (3, 1)
    assert found.flags[0].good == 1
    assert any("1 of 3 documents have no verdict" in failing for failing in found.failings)


def test_a_judge_of_whom_nothing_came_is_not_fit() -> None:
    found = measured(*[(GOOD, None)] * 12, *[(PREACHY, None)] * 12)
    assert found.overall is None
    assert not found.fit
    assert not measured().fit


@pytest.mark.parametrize("seed", range(5))
def test_a_judge_that_sees_every_fault_is_fit(seed: int) -> None:
    found = whole(seed, "perfect")
    assert found.fit
    assert found.failings == ()


@pytest.mark.parametrize("judge", ["content", "alarmed"])
def test_a_judge_that_always_says_the_same_is_not_fit(judge: str) -> None:
    found = whole(0, judge)
    assert not found.fit
    assert found.overall is not None
    assert found.overall.value == 0.5
    assert any("overall scores order 50%" in failing for failing in found.failings)


def test_a_judge_that_answers_at_random_is_not_fit() -> None:
    assert not any(whole(seed, "random").fit for seed in range(100))


def test_each_part_of_the_rule_can_fail_by_itself() -> None:
    good, bad = [(GOOD, verdict(4, 5))] * 20, [(PREACHY, verdict(3, 2, "sermon"))] * 15
    assert measured(*good, *bad).fit
    for judged, part in (
        ([*good, *bad[:9]], "only 20 good and 9 bad documents"),
        ([*good[:9], *bad], "only 9 good and 15 bad documents"),
        ([*good, *[(PREACHY, verdict(5, 5, "sermon"))] * 15], "overall scores order 0%"),
        ([*good, *bad[:8], *[(PREACHY, verdict(3, 2))] * 7], "sermon: raised on 8 of the 15"),
        (
            [*good, *[(GOOD, verdict(4, 5, "flattery"))] * 3, *bad],
            "flattery: raised on 3 of 23 good",
        ),
        ([*good, *bad, (GOOD, None), (GOOD, None)], "2 of 37 documents have no verdict"),
    ):
        failings = measured(*judged).failings
        assert len(failings) == 1, part
        assert part in failings[0]


def test_a_flag_that_too_few_should_have_is_not_held_against_a_judge() -> None:
    good, bad = [(GOOD, verdict(4, 5))] * 20, [(PREACHY, verdict(3, 2, "sermon"))] * 15
    assert measured(*good, *bad, *[(FLATTERING, verdict(2, 2))] * 2).fit
    assert not measured(*good, *bad, *[(FLATTERING, verdict(2, 2))] * 3).fit


def test_the_rule_is_stated_with_its_figures() -> None:
    assert f"{LEAST_AREA:.0%}" in RULE

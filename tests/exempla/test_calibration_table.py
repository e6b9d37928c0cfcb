from pathlib import Path

import orjson
import pytest

from exempla.calibration_table import print_calibration
from exempla.document import Verdict
from exempla.source import Place
from generator.calibration import RULE, Calibration, Judged, calibrate
from prompts.calibration import LABELS, Label, Labelled


def judged(label: Label, score: int | None, *flags: str) -> Judged:
    bad = frozenset[str]() if label == "good" else frozenset({"alive"})
    piece = Labelled(
        id="piece",
        kind="story",
        principle="honesty",
        label=label,
        flags=frozenset({"sermon"}) if label == "preachy" else frozenset(),
        low=bad,
        why="",
        title="Rain",
        text="It rained.",
        messages=(),
        place=Place(Path("piece.md"), 1),
    )
    if score is None:
        return Judged(piece, None)
    verdict = Verdict(
        reason="",
        quotation="It rained.",
        scores={"alive": score, "form": 4},
        flags=flags,
        overall=(score + 4) / 2,
        model="judge",
        rubric="0",
    )
    return Judged(piece, verdict)


def measure(*documents: Judged) -> Calibration:
    return calibrate(
        documents, ("alive", "form"), ("sermon",), lambda verdict: verdict.overall >= 3.5
    )


@pytest.fixture
def fit() -> Calibration:
    return measure(*[judged("good", 5)] * 20, *[judged("preachy", 2, "sermon")] * 12)


@pytest.fixture
def unfit() -> Calibration:
    return measure(*[judged("good", 3)] * 20, *[judged("preachy", 3)] * 12, judged("good", None))


def test_the_tables_show_areas_flags_labels_and_the_conclusion(
    fit: Calibration, capsys: pytest.CaptureFixture[str]
) -> None:
    print_calibration(fit, "big-judge", as_json=False)
    shown = capsys.readouterr().out
    lines = [line.split() for line in shown.splitlines()]
    assert ["alive", "1.00", "0.87", "to", "1.00", "20", "12"] in lines
    assert ["sermon", "12", "12", "100%", "100%", "0%"] in lines
    assert ["preachy", "12", "12", "12", "100%", "3.00"] in lines
    assert all(label in shown for label in LABELS)
    assert RULE in shown
    assert "big-judge is fit to judge." in shown


def test_what_fails_is_listed_below_the_rule(
    unfit: Calibration, capsys: pytest.CaptureFixture[str]
) -> None:
    print_calibration(unfit, "small-judge", as_json=False)
    shown = capsys.readouterr().out
    assert "small-judge is not fit to judge:\n" in shown
    assert "  overall scores order 50% of the pairs" in shown
    assert "  sermon: raised on 0 of the 12 documents" in shown
    assert "to set no limit on: alive, form." not in shown  # form has no document that is low in it
    assert "to set no limit on: alive." in shown


def test_a_script_gets_the_same_as_json(
    unfit: Calibration, capsys: pytest.CaptureFixture[str]
) -> None:
    print_calibration(unfit, "small-judge", as_json=True)
    row = orjson.loads(capsys.readouterr().out)
    assert (row["judge"], row["fit"], row["rule"]) == ("small-judge", False, RULE)
    assert row["failings"] == list(unfit.failings)
    assert row["items"]["alive"]["value"] == 0.5
    assert row["items"]["form"] is None
    assert row["flags"]["sermon"]["recall"] == 0
    assert row["labels"]["good"]["documents"] == 21
    assert row["labels"]["good"]["judged"] == 20
    assert row["unsupported"] == 1

"""How far a judge can be trusted, as tables."""

from dataclasses import asdict
from typing import Any

from exempla.display import print_json, print_table, print_text
from generator.area import CONFIDENCE, Area
from generator.calibration import RULE, Calibration

NOTHING = "–"  # noqa: RUF001 - a dash
"""Where there is nothing to measure."""


def print_calibration(found: Calibration, judge: str, *, as_json: bool) -> None:
    """Areas, flags, labels, and whether the judge is fit by the stated rule.

    Args:
        found: What was measured.
        judge: What the judge is called.
        as_json: For scripts.
    """
    if as_json:
        print_json(calibration_row(found, judge))
        return
    print_table(
        f"Scores of {judge}, good documents against bad",
        ("item", "area", f"{CONFIDENCE:.0%} interval", "good", "bad"),
        [
            _area_cells(name, area)
            for name, area in {**found.items, "overall": found.overall}.items()
        ],
    )
    print_table(
        "Flags",
        ("flag", "should have it", "raised", "precision", "recall", "raised on good"),
        [
            (
                flag.flag,
                flag.wanted,
                flag.raised,
                _percent(flag.precision),
                _percent(flag.recall),
                _percent(flag.share_of_good),
            )
            for flag in found.flags
        ],
    )
    print_table(
        "Documents by what a person made of them",
        ("label", "documents", "judged", "would be rejected", "share", "mean overall"),
        [
            (
                label.label,
                label.documents,
                label.judged,
                label.caught,
                _percent(label.share_caught),
                NOTHING if label.overall is None else f"{label.overall:.2f}",
            )
            for label in found.labels
        ],
    )
    print_text(_conclusion(found, judge))


def calibration_row(found: Calibration, judge: str) -> dict[str, Any]:
    """What was measured, for JSON."""
    return {
        "judge": judge,
        "fit": found.fit,
        "rule": RULE,
        "failings": found.failings,
        "weak": found.weak,
        "documents": found.documents,
        "unsupported": found.unsupported,
        "overall": found.overall and asdict(found.overall),
        "items": {id: area and asdict(area) for id, area in found.items.items()},
        "flags": {
            flag.flag: {
                **{name: count for name, count in asdict(flag).items() if name != "flag"},
                "precision": flag.precision,
                "recall": flag.recall,
                "share_of_good": flag.share_of_good,
            }
            for flag in found.flags
        },
        "labels": {
            label.label: {
                **{name: count for name, count in asdict(label).items() if name != "label"},
                "share_caught": label.share_caught,
            }
            for label in found.labels
        },
    }


def _area_cells(name: str, area: Area | None) -> tuple[Any, ...]:
    if area is None:
        return (name, NOTHING, NOTHING, 0, 0)
    return (
        name,
        f"{area.value:.2f}",
        f"{area.low:.2f} to {area.high:.2f}",
        area.good,
        area.bad,
    )


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share:.0%}"


def _conclusion(found: Calibration, judge: str) -> str:
    lines = [RULE, ""]
    if found.fit:
        lines.append(f"{judge} is fit to judge.")
    else:
        lines.append(f"{judge} is not fit to judge:")
        lines.extend(f"  {failing}" for failing in found.failings)
    if found.weak:
        names = ", ".join(found.weak)
        lines.append(f"Scores that hardly tell good from bad, to set no limit on: {names}.")
    return "\n".join(lines)

"""A forecast as a person reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from exempla.display import duration, print_table, print_text


def print_forecast(told: Mapping[str, Any]) -> None:
    """The tables of a forecast, with its methods and what it does not tell."""
    print_text(
        f"{told['pilot']} of {told['items']:,} items were written, in {told['run']}; "
        f"'exempla run' goes on from there. What the whole plan will come to, with intervals that "
        f"hold in {told['rate']:.0%} of pilots:"
    )
    print_table(
        "The whole plan",
        ("what", "pilot", "expected", "from", "to", "share"),
        [
            *(_tokens(f"tokens of {name}", found) for name, found in told["tokens"].items()),
            _hours(told),
            *(
                _counted(name, told[name], told["items"])
                for name in ("rejected", "accepted", "duplicates", "kept")
            ),
        ],
    )
    if told["reasons"]:
        print_table(
            "Rejected",
            ("reason", "pilot", "expected", "from", "to", "share"),
            [
                *(_counted(name, found, told["items"]) for name, found in told["reasons"].items()),
                _counted("any other reason", told["other_reasons"], told["items"]),
            ],
        )
    print_table(
        "By kind",
        ("kind", "items", "pilot", "rejected", "accepted", "duplicates", "kept"),
        [
            (
                kind,
                found["items"],
                found["pilot"],
                *(_range(found[name]) for name in ("rejected", "accepted", "duplicates", "kept")),
            )
            for kind, found in told["kinds"].items()
        ],
    )
    _print_cells(told["cells"], list(told["kinds"]))
    for note in told["notes"]:
        print_text(f"Note: {note}")
    for what, method in told["methods"].items():
        print_text(f"Method, {what}: {method}.", style="dim")


def _print_cells(cells: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> None:
    rows: dict[str, dict[str, str]] = {}
    for cell in cells:
        words = f"{_range(cell['kept'])} of {cell['items']}" if cell["kept"] else "not seen"
        rows.setdefault(cell["principle"], {})[cell["kind"]] = words if cell["items"] else "none"
    print_table(
        "Kept by cell",
        ("principle", *kinds),
        [(principle, *(found[kind] for kind in kinds)) for principle, found in rows.items()],
    )


def _tokens(name: str, found: Mapping[str, float]) -> tuple[str, ...]:
    return (name, "", *(f"{found[key]:,.0f}" for key in ("expected", "low", "high")), "")


def _hours(told: Mapping[str, Any]) -> tuple[str, ...]:
    if not told["tokens_per_second"]:
        return ("time", "", "not measured", "", "", "")
    words = (duration(told["hours"][key] * 3600) for key in ("expected", "low", "high"))
    return (f"time at {told['tokens_per_second']:,.0f} tokens/s", "", *words, "")


def _counted(name: str, found: Mapping[str, Any], items: int) -> tuple[str, ...]:
    expected = "" if found["expected"] is None else f"{found['expected']:,.0f}"
    share = f"{found['low'] / items:.1%} to {found['high'] / items:.1%}"
    ends = f"{found['low']:,.0f}", f"{found['high']:,.0f}"
    return (name, str(found.get("pilot", 0)), expected, *ends, share)


def _range(found: Mapping[str, float]) -> str:
    return f"{found['low']:,.0f} to {found['high']:,.0f}"

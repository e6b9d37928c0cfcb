"""What was imported, what a plan covers, what a run has come to, how one document came about."""

from dataclasses import asdict
from pathlib import Path
from textwrap import shorten
from typing import Any

from constitution.spec_import import Entry, Imported
from exempla.display import (
    counts_table,
    duration,
    print_json,
    print_table,
    print_text,
    use_words,
)
from exempla.finish import Result
from exempla.overuse import print_overused
from exempla.quota_tables import print_quotas, print_shares
from exempla.verdicts import print_stages
from generator.folder import RunFolder

NARROW = 80
"""Columns of a terminal that long tables fit."""
TIMES = " × "  # noqa: RUF001 - no letter


def print_imported(imported: Imported, folder: Path | None, *, as_json: bool) -> None:
    """What an imported document has become; without a folder, its outline."""
    outline = [_outlined(entry) for entry in imported.entries]
    if as_json:
        about = {"name": imported.name, "version": imported.version}
        print_json({**about, "out": folder and str(folder), "principles": outline})
        return
    clauses = sum(len(entry.principle.clauses) for entry in imported.entries)
    words = sum(entry.words for entry in imported.entries)
    principles = "1 principle" if len(outline) == 1 else f"{len(outline)} principles"
    count = f"{principles} with {clauses} clauses, {words:,} words"
    if folder is None:
        columns = ("id", "title", "words", "clauses")
        print_table(
            f"{imported.name}, version {imported.version}",
            (*columns, "lines"),
            [
                (*(row[name] for name in columns), "-".join(map(str, row["lines"])))
                for row in outline
            ],
        )
        print_text(f"{count}. Nothing was written.")
        return
    print_text(
        f"Made {folder}: {count}.\n"
        "Next: in a project's exempla.yaml set 'constitution' to it, and 'seeds: any' for seeds "
        "that were written for other principles; then exempla lint"
    )


def _outlined(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.principle.id,
        "title": entry.principle.title,
        "file": entry.file,
        "words": entry.words,
        "clauses": len(entry.principle.clauses),
        "weight": entry.principle.weight,
        "lines": entry.lines,
    }


def print_coverage(covered: dict[str, Any], *, axes: bool, clauses: bool) -> None:
    """The tables of a plan."""
    kinds = list(next(iter(covered["cells"].values())))
    print_table(
        f"{covered['items']} items by principle and kind"
        + (", to be kept of each" if covered["accepted"] else ""),
        ("principle", *kinds, "all"),
        [
            (principle, *counts.values(), sum(counts.values()))
            for principle, counts in covered["cells"].items()
        ],
    )
    print_table(
        "Clauses reached / clauses",
        ("principle", *kinds),
        [
            (principle, *(f"{counts[kind]}/{counts['clauses']}" for kind in kinds))
            for principle, counts in covered["clauses"].items()
        ],
    )
    if clauses:
        _print_ledger(covered["ledger"], kinds)
    print_table(
        "Spread of each axis",
        ("kind.axis", "values", "least", "due", "most", "due", "furthest"),
        [
            (name, *(round(figure, 1) for figure in spread.values()))
            for name, spread in covered["spread"].items()
        ],
    )
    columns = ("possible", "covered", "least", "most", "mean")
    print_table(
        "Pairs",
        ("pair", *columns),
        [
            (TIMES.join(pair["pair"]), *(pair[column] for column in columns))
            for pair in covered["pairs"]
        ],
    )
    if axes:
        for name, counts in covered["axes"].items():
            counts_table(name, "value", counts)
        counts_table("seeds", "seed", covered["seeds"])
    elif covered["seeds"]:
        most = max(covered["seeds"].values())
        print_text(f"{len(covered['seeds'])} seeds, none used more than {most} times.")
    if covered["spread"]:
        print_text(
            f"No value of an axis is further than {covered['furthest']} from its exact share."
        )
    if covered["accepted"]:
        print_text(
            f"At most {covered['written_at_most']:,} items are written to keep "
            f"{covered['accepted']:,}."
        )
    print_text(f"At most {covered['tokens_at_most']:,} tokens of answers.")


def print_kept(ledger: list[dict[str, Any]], *, clauses: bool) -> None:
    """Which clauses have documents that were kept; with `clauses`, each of them."""
    kinds = [name for name in ledger[0] if name != "clause"]
    principles: dict[str, list[dict[str, Any]]] = {}
    for row in ledger:
        principles.setdefault(row["clause"].partition("/")[0], []).append(row)
    print_table(
        "Clauses with a kept document / clauses",
        ("principle", *kinds),
        [
            (principle, *(f"{sum(row[k] > 0 for row in rows)}/{len(rows)}" for k in kinds))
            for principle, rows in principles.items()
        ],
    )
    if clauses:
        print_table(
            "Kept documents by clause",
            ("clause", *kinds),
            [tuple(row.values()) for row in ledger],
        )
    elif "story" in kinds and (without := sum(not row["story"] for row in ledger)):
        print_text(f"{without} clauses have no story yet; --clauses names them.")


def _print_ledger(ledger: list[dict[str, Any]], kinds: list[str]) -> None:
    """Clauses by kinds, each clause on one line of a narrow terminal."""
    taken = max(len(row["clause"]) for row in ledger) + sum(len(kind) + 2 for kind in kinds) + 5
    print_table(
        "Items of each clause by kind",
        ("clause", "begins", *kinds),
        [
            (
                row["clause"],
                shorten(row["text"], max(NARROW - taken, 12), placeholder="…"),
                *row["kinds"].values(),
            )
            for row in ledger
        ],
    )


def print_result(folder: RunFolder, result: Result, *, as_json: bool) -> None:
    """What a run has come to."""
    if as_json:
        print_json(
            {
                "run": str(folder.path),
                "planned": result.planned,
                "accepted": result.accepted,
                "rejected": result.rejected,
                "missing": result.missing,
                "reasons": dict(result.reasons.most_common()),
                "flagged": dict(result.flagged.most_common()),
                "overused": [row.model_dump() for row in result.overused],
                "unfit": dict(result.unfit.most_common()),
                "duplicates": result.duplicates,
                "quotas": [asdict(quota) for quota in result.quotas],
                "mixes": [str(path) for path in result.mixes],
                "reused": result.reused,
                "taken_up": result.taken_up,
                "use": result.use,
            }
        )
        return
    print_text(
        f"{result.accepted} accepted + {result.rejected} rejected"
        + (f" + {result.missing} still to be written" if result.missing else "")
        + f" = {result.planned} planned"
    )
    if result.reused:
        print_text(f"{result.reused} of them taken over from the earlier run")
    if result.taken_up is not None:
        print_text(f"{result.taken_up} rejected items taken up again")
    if result.use:
        print_text(f"{use_words(result.use)}, in {duration(result.use['seconds'])}")
    if result.reasons:
        counts_table("Rejected", "reason", dict(result.reasons.most_common()))
    if result.missing:
        print_text(
            f"Other parts are not done; 'exempla status {folder.path}' names them. "
            "The last to end makes the files."
        )
        return
    if result.flagged:
        counts_table("Flagged by a check, and kept", "check", dict(result.flagged.most_common()))
    if result.overused:
        print_overused(result.overused, "Overused, beyond the limit")
    print_text(f"{result.duplicates} near-duplicates removed ({folder.duplicates})")
    print_quotas(folder, result.quotas)
    if result.unfit:
        counts_table("Called unfit, to be mended", "seed", dict(result.unfit.most_common(20)))
    if not result.accepted:
        print_text(f"No document was accepted, so there is no mix; see {folder.rejects}.")
    elif result.empty:
        print_text(f"No document has the form of: {', '.join(result.empty)}")
    for path, manifest in result.mixes.items():
        counts = ", ".join(f"{part.documents} {name}" for name, part in manifest.splits.items())
        print_text(f"Mix: {path} ({counts})")


def print_status(found: dict[str, Any], *, clauses: bool) -> None:
    """How far a run is."""
    left = found["seconds_left"]
    goal = "items finished, to keep" if found["quotas"] else "of"
    print_text(
        f"{found['finished']} {goal} {found['planned']}"
        f"{'' if found['quotas'] else ' items finished'}: {found['accepted']} accepted, "
        f"{sum(found['rejected'].values())} rejected"
        + (f"; about {duration(left)} left" if left is not None else "")
    )
    print_text(use_words(found))
    counts_table("Finished stages", "stage", found["stages"])
    if found["rejected"]:
        counts_table("Rejected", "reason", found["rejected"])
    print_shares(found["quotas"])
    if found["flagged"]:
        counts_table("Flagged by a check, and kept", "check", found["flagged"])
    print_kept(found["ledger"], clauses=clauses)
    if len(found["parts"]) > 1 or any(part["writing"] for part in found["parts"]):
        print_table(
            "Parts",
            ("part", "finished", "state"),
            [
                (
                    part["part"],
                    part["finished"],
                    "being written"
                    if part["writing"]
                    else "no process is writing it"
                    if part["started"]
                    else f"nobody started it: exempla run --worker {part['part']}",
                )
                for part in found["parts"]
            ],
        )


def print_trace(found: dict[str, Any]) -> None:
    """One item with its stages."""
    record, outcome = found["record"], found["journal"][-1]
    if record:
        hidden = {"title", "text", "messages", "tools", "stages", "answer", "axes", "checks"}
        hidden |= {"flagged", "verdict"}
        rows = [(key, value) for key, value in record.items() if key not in hidden]
        rows += record["axes"].items()
        rows += [(f"check: {name}", value) for name, value in record.get("checks", {}).items()]
        rows += [(f"flag: {name}", value) for name, value in record.get("flagged", {}).items()]
        print_table(found["id"], ("what", "value"), rows)
    print_stages([line for line in found["journal"] if "outcome" not in line], record)
    if outcome.get("outcome") == "rejected":
        print_text(
            f"\nRejected at '{outcome['at']}': {outcome['reason']} ({outcome['detail']})",
            style="bold",
        )
        if outcome["answer"]:
            print_text(outcome["answer"])
    if found["surplus"]:
        print_text("\nLeft out of mixes: its kind and principle had their share", style="bold")
    if removed := found["removed_as_duplicate"]:
        print_text(
            f"\nLeft out of mixes: {removed['similarity']:.2f} like {removed['kept']}", style="bold"
        )

"""What `exempla dedup` prints: what was removed, and what hangs together."""

from textwrap import shorten
from typing import Any

from dedup.summary import Summary
from exempla import display
from exempla.deduplicate import Request, Result

LONGEST = 70
"""Characters of a text's beginning, so that a row fits."""


def print_result(request: Request, result: Result, *, as_json: bool) -> None:
    """Print what a pass came to, for people or for scripts."""
    if as_json:
        display.print_json(_record(request, result))
        return
    told = result.summary
    display.print_table("", ("documents", "count", "share"), _rows(told))
    if request.dry_run:
        _print_clusters(result)
        return
    display.print_text(f"Kept {told.kept:,} of {told.documents:,} documents: {request.out}")


def _record(request: Request, result: Result) -> dict[str, Any]:
    record = result.summary.model_dump()
    if request.dry_run:
        return record | {"largest": [cluster.model_dump() for cluster in result.clusters]}
    return record | {"out": str(request.out)}


def _rows(told: Summary) -> list[tuple[str, int, str]]:
    counts = {"read": told.documents, "kept": told.kept}
    if told.empty:
        counts["  of these without words"] = told.empty
    counts["removed, same text"] = told.exact
    for band in told.near:
        counts[f"removed, similarity {band.least:.2f} to {band.most:.2f}"] = band.removed
    if told.earlier:
        counts["  removed for one of an index"] = told.earlier
    rows = [
        (name, count, f"{count / max(told.documents, 1):.1%}") for name, count in counts.items()
    ]
    return [*rows, ("broken lines, left out", told.broken, "")] if told.broken else rows


def _print_clusters(result: Result) -> None:
    rows = []
    for number, cluster in enumerate(result.clusters, 1):
        for place, member in enumerate(cluster.members):
            rows.append(
                (
                    f"{number}" if place == 0 else "",
                    f"{cluster.documents}, {cluster.kept} kept" if place == 0 else "",
                    "kept" if member.kept else f"{member.similarity:.2f}",
                    f"{member.file}:{member.line}",
                    shorten(member.start, LONGEST, placeholder="…"),
                )
            )
    if rows:
        title = f"The largest of {result.summary.clusters} clusters, with some of their documents"
        columns = ("", "documents", "similarity", "where", "text")
        display.print_table(title, columns, rows, cut=True)

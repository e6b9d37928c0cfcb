"""How far each kind and principle is, where so many documents of it are to be kept."""

from collections.abc import Sequence
from typing import Any

from exempla.display import print_table, print_text
from exempla.settle import Quota
from generator.folder import RunFolder


def print_quotas(folder: RunFolder, quotas: Sequence[Quota]) -> None:
    """What a run has kept, and why where that is too little; nothing for a run without quotas."""
    if not quotas:
        return
    kept, wanted = sum(quota.kept for quota in quotas), sum(quota.share for quota in quotas)
    if surplus := sum(quota.surplus for quota in quotas):
        print_text(f"{surplus} left out beyond the share of their cell ({folder.surplus})")
    print_text(f"{kept} kept of {wanted} that were wanted")
    if short := [quota for quota in quotas if quota.kept < quota.share]:
        print_table(
            "Short of their share, and what became of the rest",
            ("principle", "kind", "kept", "written", "not kept"),
            [
                (quota.principle, quota.kind, f"{quota.kept}/{quota.share}", quota.written, why)
                for quota in short
                if (why := _why(quota))
            ],
            cut=False,
        )
        print_text("These had their tries: mend what they were rejected for, or raise plan.tries.")


def _why(quota: Quota) -> str:
    lost = {**quota.rejected, "duplicate": quota.duplicates}
    return ", ".join(f"{count} {reason}" for reason, count in lost.items() if count)


def print_shares(quotas: Sequence[dict[str, Any]]) -> None:
    """How far a run is, while it may still be written; nothing for a run without quotas."""
    if not quotas:
        return
    settled = any(row["kept"] is not None for row in quotas)
    kinds = list(dict.fromkeys(row["kind"] for row in quotas))
    principles: dict[str, dict[str, str]] = {}
    for row in quotas:
        count = (row["kept"] or 0) if settled else row["accepted"]
        principles.setdefault(row["principle"], {})[row["kind"]] = f"{count}/{row['share']}"
    print_table(
        "Kept / share" if settled else "Accepted / share",
        ("principle", *kinds),
        [(principle, *(cells[kind] for kind in kinds)) for principle, cells in principles.items()],
    )
    print_text(
        "As it was when the last round was settled."
        if settled
        else "Duplicates are looked for once every item of the round has an outcome."
    )

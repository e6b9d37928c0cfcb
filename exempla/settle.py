"""Which documents of a run are kept, where so many of each kind and principle are wanted.

Rounds are settled one after the other. Duplicates are looked for among the accepted documents of
all rounds, those of earlier rounds decided on first, so that no round changes what was decided
before it. The rounds of a run are thereby a function of its plan, its settings and its journal, and
come out the same in every process that computes them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dedup.unique import Collection, Entry, Unique
from exempla.document import Document
from generator.cells import Indexes, cells_of, counted, name_of, next_round, shares
from generator.collect import Ledger
from generator.plan import Plan
from generator.schedule import Ints


@dataclass(frozen=True, slots=True)
class Quota:
    """How far a kind and principle is."""

    kind: str
    principle: str
    share: int
    """Documents that are to be kept."""
    written: int
    """Items that have an outcome: those kept, rejected, duplicate and surplus."""
    kept: int
    rejected: dict[str, int]
    """By reason, the most frequent first."""
    duplicates: int
    surplus: int
    """Accepted and unlike all that is kept, but beyond the share."""


def entry_of(document: Document, turn: int = 0, cell: int = 0) -> Entry:
    """A document as it is compared: by the judge's score, where a judge was asked."""
    score = document.verdict.overall if document.verdict else 0.0
    return Entry(document.id, document.body, score, turn, cell)


class Settlement:
    """The rounds of a run that are written, and what became of each document in them."""

    def __init__(self, plan: Plan, threshold: float, limit: int | None = None) -> None:
        """Begin with the first round.

        Args:
            plan: Says what is wanted of each cell.
            threshold: From which similarity documents are duplicates.
            limit: Only the first so many items are written, and no further round.
        """
        self.plan = plan
        self.last: Indexes | None = plan.first(limit)
        """The round that is to be written now; None where all are settled."""
        self.settled: list[Indexes] = []
        self.found = Unique((), (), {})
        self._limit = limit
        self._collection = Collection(threshold)
        self._items: list[Ints] = []
        """The accepted items of each round."""
        self._cells: dict[str, int] = {}
        """Of each accepted item, by its id."""
        self._rejected: Counter[tuple[int, str]] = Counter()

    @property
    def only_one(self) -> bool:
        """Whether the first round is the only one, whatever becomes of it."""
        return self.plan.settings.accepted is None or self._limit is not None

    def settle(self, ledger: Ledger) -> None:
        """Decide on the last round, every item of which has an outcome."""
        assert self.last is not None  # noqa: S101 - callers look first
        self._take(ledger, self.last)
        self.last = None
        if not self.only_one:
            following = next_round(self.plan, counted(self.plan, self.settled), self._kept())
            self.last = following if len(following) else None

    def settle_all(self, ledger: Ledger) -> None:
        """Decide on every round that is written, and on what was written beyond the last one.

        Something was where the plan has grown since, or items were written once more: it is the
        beginning of rounds that are no longer needed.
        """
        while self.last is not None and not len(ledger.unfinished(self.last)):
            self.settle(ledger)
        if self.last is None:
            beyond = ledger.outcomes > 0
            for indexes in self.settled:
                beyond[np.asarray(indexes)] = False
            if beyond.any():
                self._take(ledger, np.flatnonzero(beyond))

    def missing(self, ledger: Ledger) -> int:
        """Items of the last round without an outcome."""
        return 0 if self.last is None else len(ledger.unfinished(self.last))

    def quotas(self) -> Iterator[Quota]:
        """Every cell that has a share, as far as rounds are settled."""
        wanted = shares(self.plan)
        written, kept = counted(self.plan, self.settled), self._kept()
        duplicates = Counter(self._cells[it.removed] for it in self.found.duplicates)
        surplus = Counter(self._cells[id] for id in self.found.surplus)
        rejected: dict[int, dict[str, int]] = {}
        for (cell, reason), count in self._rejected.most_common():
            rejected.setdefault(cell, {})[reason] = count
        for cell in np.flatnonzero(wanted).tolist():
            yield Quota(
                *name_of(self.plan, cell),
                share=int(wanted[cell]),
                written=int(written[cell]),
                kept=int(kept[cell]),
                rejected=rejected.get(cell, {}),
                duplicates=duplicates[cell],
                surplus=surplus[cell],
            )

    def _take(self, ledger: Ledger, indexes: Indexes) -> None:
        turn = len(self.settled)
        self.settled.append(indexes)
        accepted = ledger.accepted(indexes)
        self._items.append(accepted)
        self._collection.add(self._entries(ledger, accepted, turn))
        rejected = ledger.rejected(indexes)
        for index, cell in zip(
            rejected.tolist(), cells_of(self.plan, rejected).tolist(), strict=True
        ):
            self._rejected[cell, ledger.reason(index)] += 1
        items = np.concatenate(self._items)

        def again(positions: Ints) -> Iterator[str]:
            return (document.body for document in ledger.documents("", items[positions]))

        self.found = self._collection.unique(again, shares(self.plan).tolist())

    def _entries(self, ledger: Ledger, accepted: Ints, turn: int) -> Iterator[Entry]:
        """The accepted documents of a round as they are compared."""
        cells = cells_of(self.plan, accepted).tolist()
        for document, cell in zip(ledger.documents("", accepted), cells, strict=True):
            self._cells[document.id] = cell
            yield entry_of(document, turn, cell)

    def _kept(self) -> Ints:
        kept = np.array([self._cells[id] for id in self.found.kept], dtype=np.int64)
        return np.bincount(kept, minlength=self.plan.cell_shares.size)


def rows(settlement: Settlement) -> Iterator[dict[str, Any]]:
    """The quotas as they stand in their file."""
    return map(asdict, settlement.quotas())

"""Decisions: what becomes of each document, family after family."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.bands import buckets
from dedup.cluster import flatten, join_all
from dedup.columns import Gathered
from dedup.jaccard import Sets
from dedup.keep import best_first

Ints = NDArray[np.int64]


class Decisions(NamedTuple):
    """What became of each document; all have shape (documents,)."""

    nearest: Ints
    """The kept document that it is most similar to; itself where it is kept."""
    similarities: NDArray[np.float64]
    """To that one; 1 where it is the same document or text."""
    clusters: Ints
    """The first document of those that it hangs together with."""
    copies: NDArray[np.bool_]
    """Whether its text is that of a better one."""
    empty: NDArray[np.bool_]
    """Whether it has no words to compare."""

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Whether it is kept."""
        kept: NDArray[np.bool_] = self.nearest == np.arange(len(self.nearest))
        return kept


def undecided(signatures: Gathered, best: Ints) -> Decisions:
    """Every document kept."""
    count = signatures.count
    return Decisions(
        nearest=np.arange(count),
        similarities=np.ones(count),
        clusters=np.arange(count),
        copies=best != np.arange(count),
        empty=signatures.words == 0,
    )


def decide_on(
    decisions: Decisions,
    documents: Ints,
    given: NDArray[np.bool_],
    threshold: float,
    keys: NDArray[np.uint32],
    sets: Sets,
) -> None:
    """Decide on the documents of some families.

    Args:
        decisions: Changed in place.
        documents: Those of each family best first.
        given: Which of these documents are kept whatever they are near.
        threshold: From which similarity texts are near each other.
        keys: Of these documents.
        sets: Of these documents.
    """
    order = np.argsort(~given, kind="stable")
    documents = documents[order]
    decided = best_first(
        texts=np.arange(len(documents)),
        buckets=buckets(keys[order].T),
        sets=Sets(sets.hashes, sets.starts[order], sets.sizes[order]),
        threshold=threshold,
        cells=np.zeros(len(documents), dtype=np.int64),
        limits=np.array([len(documents)]),
        given=int(np.count_nonzero(given)),
    )
    decisions.nearest[documents] = documents[decided.nearest]
    decisions.similarities[documents] = decided.similarities
    join_all(decisions.clusters, documents, documents[decided.clusters])


def with_copies(decisions: Decisions, best: Ints, given: int) -> Decisions:
    """Let copies share the fate of the best of them, and name clusters by their first document."""
    everything = np.arange(len(best))
    nearest = decisions.nearest[best]
    nearest[:given] = everything[:given]
    flatten(decisions.clusters)
    labels = decisions.clusters[best]
    firsts = np.empty_like(labels)
    firsts[labels[::-1]] = everything[::-1]
    return decisions._replace(
        nearest=nearest,
        similarities=decisions.similarities[best],
        clusters=firsts[labels],
    )

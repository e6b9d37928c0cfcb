"""Everything that is made from a journal: documents, rejects, duplicates, mixes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dedup.unique import Entry, Unique, unique
from exempla.document import Document
from exempla.jsonl import Written, read_records, write_records
from exempla.project import Project
from generator.collect import ACCEPTED, REJECTED, Ledger
from generator.folder import RunFolder
from output.manifest import Manifest
from output.mix import write_mix


@dataclass(frozen=True)
class Result:
    """What a run has come to."""

    planned: int
    accepted: int
    rejected: int
    missing: int
    """Items without an outcome; the files are made only when there are none."""
    reasons: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    """Items that the model called unfit, by seed; by principle where they have none."""
    duplicates: int = 0
    mixes: dict[Path, Manifest] = field(default_factory=dict)
    """By folder."""
    empty: tuple[str, ...] = ()
    """Recipes for which there was no document of their form."""
    reused: int = 0
    """Items that this process took over from another run."""
    taken_up: int | None = None
    """Rejected items that this process took up once more; None where that was not asked for."""
    use: dict[str, Any] = field(default_factory=dict)
    """Of the engine, by this process; empty where it wrote nothing."""


def finish(project: Project, workers: int, limit: int | None) -> Result:
    """Make every file of a run whose items all have an outcome.

    Made from the journal alone, so making them again gives the same bytes.

    Raises:
        BadInput: the journal is damaged.
        ExemplaError: a file cannot be written.
    """
    folder = project.run_folder
    frozen = folder.frozen()
    with Ledger(folder, project.plan, project.library, workers, limit) as ledger:
        accepted = int((ledger.outcomes == ACCEPTED).sum())
        rejected = int((ledger.outcomes == REJECTED).sum())
        if ledger.missing:
            return Result(ledger.size, accepted, rejected, ledger.missing)
        model = frozen["engine"]["model"]
        forms: Counter[str] = Counter()
        written = _tallied(ledger.documents(model), forms)
        documents = write_records(folder.documents, written)
        reasons: Counter[str] = Counter()
        unfit: Counter[str] = Counter()
        write_records(folder.rejects, _counted(ledger, reasons, unfit))
    found = _duplicates(folder, project.settings.dedup.threshold)
    mixes = {
        folder.mixes / recipe.name: write_mix(
            recipe,
            folder.documents,
            {duplicate.removed for duplicate in found.duplicates},
            found.clusters,
            folder.mixes / recipe.name,
            _origin(project, documents, frozen["engine"]),
        )
        for recipe in project.recipes
        if forms[recipe.format]
    }
    empty = tuple(recipe.name for recipe in project.recipes if not forms[recipe.format])
    return Result(
        ledger.size, accepted, rejected, 0, reasons, unfit, len(found.duplicates), mixes, empty
    )


def _tallied(documents: Iterable[Document], forms: Counter[str]) -> Iterator[dict[str, Any]]:
    for document in documents:
        forms[document.form] += 1
        yield document.row()


def _counted(
    ledger: Ledger, reasons: Counter[str], unfit: Counter[str]
) -> Iterator[dict[str, Any]]:
    for reject in ledger.rejects():
        reasons[reject["reason"]] += 1
        if reject["reason"] == "unfit":
            unfit[reject["seed"] or reject["principles"][0]] += 1
        yield reject


def _duplicates(folder: RunFolder, threshold: float) -> Unique:
    entries = [
        Entry(document.id, document.body)
        for document in map(Document.model_validate, read_records(folder.documents))
    ]
    found = unique(entries, threshold)
    write_records(
        folder.duplicates,
        (
            {
                "removed": duplicate.removed,
                "kept": duplicate.kept,
                "similarity": duplicate.similarity,
                "cluster": duplicate.cluster,
            }
            for duplicate in found.duplicates
        ),
    )
    return found


def _origin(project: Project, documents: Written, engine: dict[str, str]) -> dict[str, object]:
    constitution = project.constitution
    return {
        "run": project.settings.name,
        "documents_sha256": documents.sha256,
        "constitution": {
            "name": constitution.name,
            "version": constitution.version,
            "digest": constitution.digest,
        },
        "kinds": {kind.name: kind.digest for kind in project.plan.kinds},
        "plan": project.settings.plan.model_dump(),
        "engine": engine,
        "dedup": project.settings.dedup.model_dump(),
    }

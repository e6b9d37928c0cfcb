"""Everything that is made from a journal: documents, rejects, duplicates, mixes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from dedup.unique import Collection, Unique
from exempla.document import Document
from exempla.errors import BadInput, Problem, collecting
from exempla.jsonl import read_records, write_records
from exempla.mixing import kitchen_of, make_mix
from exempla.project import Project
from exempla.settle import Quota, Settlement, entry_of, rows
from generator.collect import ACCEPTED, REJECTED, Ledger
from generator.folder import RunFolder
from generator.schedule import Ints
from output.inventory import Show
from output.manifest import Manifest
from output.overuse import Overuse, Overuses
from output.recipe import Recipe, RecipeFile
from prompts.wording import names_in


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
    forms: Counter[str] = field(default_factory=Counter)
    """The documents by their form; without those beyond a share."""
    flagged: Counter[str] = field(default_factory=Counter)
    """Documents that were kept though a check found something, by check."""
    overused: tuple[Overuse, ...] = ()
    """What stands in a larger share of the documents than it may."""
    taken_up: int | None = None
    """Rejected items that this process took up once more; None where that was not asked for."""
    use: dict[str, Any] = field(default_factory=dict)
    """Of the engine, by this process; empty where it wrote nothing."""
    quotas: tuple[Quota, ...] = ()
    """Where so many documents are to be kept, how far each kind and principle is."""


def finish(
    project: Project,
    workers: int,
    limit: int | None,
    settlement: Settlement | None = None,
    tell: Callable[[str], None] = lambda doing: None,
) -> Result:
    """Make every file of a run whose items all have an outcome, and its mixes.

    Made from the journal and the recipes alone, so making them again gives the same bytes.

    Args:
        project: Whose run it is.
        workers: Into how many parts it is divided.
        limit: Only the first so many items of the plan.
        settlement: As far as this process has settled the run's rounds; by default not at all.
        tell: Told what is being done, now and then.

    Raises:
        BadInput: the journal is damaged, or a recipe cannot be met; all else is made then.
        ExemplaError: a file cannot be written.
    """
    result = make_files(project, workers, limit, settlement)
    if result.missing:
        return result
    empty = [file for file in project.recipes if is_empty(file.recipe, result.forms)]
    mixes = _make_mixes(project, [file for file in project.recipes if file not in empty], tell)
    return replace(result, mixes=mixes, empty=tuple(file.recipe.name for file in empty))


def make_files(
    project: Project, workers: int, limit: int | None, settlement: Settlement | None = None
) -> Result:
    """Make what `finish` makes, but for the mixes.

    Raises:
        BadInput: the journal is damaged.
        ExemplaError: a file cannot be written.
    """
    folder = project.run_folder
    frozen = folder.frozen()
    if project.plan.settings.accepted is None:
        settlement = None
    elif settlement is None:
        settlement = Settlement(project.plan, project.settings.dedup.threshold, limit)
    with Ledger(folder, project.plan, project.library, workers, limit) as ledger:
        accepted = int((ledger.outcomes == ACCEPTED).sum())
        rejected = int((ledger.outcomes == REJECTED).sum())
        missing = ledger.missing
        if settlement:
            settlement.settle_all(ledger)
            missing = settlement.missing(ledger)
        if missing:
            return Result(accepted + rejected + missing, accepted, rejected, missing)
        surplus = set(settlement.found.surplus) if settlement else set()
        counts = _Counts(surplus)
        written = counts.told(ledger.documents(frozen["engine"]["model"]))
        write_records(folder.documents, written)
        reasons: Counter[str] = Counter()
        unfit: Counter[str] = Counter()
        write_records(folder.rejects, _counted(ledger, frozen["engine"]["model"], reasons, unfit))
    quotas: tuple[Quota, ...] = ()
    if settlement:
        write_records(folder.surplus, counts.beyond)
        write_records(folder.quotas, rows(settlement))
        # With a limit no cell had its tries.
        quotas = tuple(settlement.quotas()) if limit is None else ()
        found = settlement.found
    else:
        found = _unique(folder.documents, project.settings.dedup.threshold)
    _write_duplicates(folder, found)
    write_records(
        folder.clusters, ({"id": id, "cluster": name} for id, name in found.clusters.items())
    )
    overused = counts.overuses.rows(project.settings.checks.overused)
    return Result(
        accepted + rejected,
        accepted,
        rejected,
        0,
        reasons,
        unfit,
        len(found.duplicates),
        quotas=quotas,
        forms=counts.forms,
        flagged=counts.flagged,
        overused=tuple(row for row in overused if row.beyond),
    )


@dataclass
class _Counts:
    """What is counted over the documents while they are written."""

    surplus: Set[str]
    beyond: list[dict[str, Any]] = field(default_factory=list)
    """The rows of surplus documents, which are put aside."""
    forms: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    overuses: Overuses = field(default_factory=Overuses)

    def told(self, documents: Iterable[Document]) -> Iterator[dict[str, Any]]:
        """The rows to write."""
        for document in documents:
            if document.id in self.surplus:
                self.beyond.append(document.row())
                continue
            self.forms[document.form] += 1
            self.flagged.update(document.flagged.keys())
            dealt = " ".join(document.dealt.values())
            self.overuses.add(document.title, document.body, names_in(document.body), dealt)
            yield document.row()


def _counted(
    ledger: Ledger, model: str, reasons: Counter[str], unfit: Counter[str]
) -> Iterator[dict[str, Any]]:
    for reject in ledger.rejects(model):
        reasons[reject["reason"]] += 1
        if reject["reason"] == "unfit":
            unfit[reject["seed"] or reject["principles"][0]] += 1
        yield reject


def _unique(path: Path, threshold: float) -> Unique:
    """Compare the documents of a file; it is read twice, so that they need not be in memory."""
    collection = Collection(threshold)
    collection.add(map(entry_of, map(Document.model_validate, read_records(path))))

    def again(positions: Ints) -> Iterator[str]:
        wanted = np.zeros(len(collection), dtype=np.bool_)
        wanted[positions] = True
        records = compress(read_records(path), wanted)
        return (Document.model_validate(record).body for record in records)

    return collection.unique(again)


def _write_duplicates(folder: RunFolder, found: Unique) -> None:
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


def is_empty(recipe: Recipe, forms: Mapping[str, int]) -> bool:
    """Whether a recipe is for the run's own documents, and none has its form."""
    own = all(source.run is None and source.files is None for source in recipe.sources)
    return own and not (sum(forms.values()) if recipe.convert else forms[recipe.format])


def _make_mixes(
    project: Project, files: Sequence[RecipeFile], tell: Callable[[str], None]
) -> dict[Path, Manifest]:
    kitchen = kitchen_of(project)
    problems: list[Problem] = []
    mixes: dict[Path, Manifest] = {}
    for file in files:
        with collecting(problems):
            folder, manifest = make_mix(kitchen, file, _shown_by(tell, file.recipe.name))
            mixes[folder] = manifest
    if problems:
        raise BadInput(*problems)
    return mixes


def _shown_by(tell: Callable[[str], None], name: str) -> Show:
    return lambda doing, done, of: tell(f"{name}: {doing} {done:,}")

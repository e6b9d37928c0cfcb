"""The demo: a small mix by a tiny real model, from the built-in content, shown when it is done."""

from pathlib import Path

from exempla import display
from exempla.coverage import coverage
from exempla.execute import execute
from exempla.jsonl import read_records
from exempla.progress import progress
from exempla.project import Project, load_project
from generator.plan import Part

MODEL = "smollm2-135m"

SETTINGS = (
    "name=demo",
    "engine.name=transformers",
    f"engine.model={MODEL}",
    "engine.args={batch_size: 24}",
    "kinds=small",
    "sampling={temperature: 0.9, top_p: 0.95}",
    "checks.min_words=60",
)


def demo(home: Path, items: int, overrides: list[str]) -> None:
    """Write the demo run, or go on with it, and show what came of it.

    Raises:
        ExemplaError: as `execute`.
    """
    project = load_project(home, [*SETTINGS, f"plan.items={items}", *overrides])
    display.print_text(
        f"Writing {items} small documents with {project.settings.engine.model}. It has 135 million "
        "parameters: it proves that every step works, and its prose is poor."
    )
    with progress(quiet=False) as show:
        result = execute(project, Part(), None, show)
    _show_coverage(project)
    _show_document(project)
    _show_rejects(project)
    display.print_text(
        f"\n{result.accepted} accepted + {result.rejected} rejected = {result.planned} planned; "
        f"{result.duplicates} near-duplicates removed."
    )
    for path, manifest in result.mixes.items():
        counts = ", ".join(f"{part.documents} {name}" for name, part in manifest.splits.items())
        display.print_text(f"The mix: {path} ({counts})", style="bold")
    display.print_text(
        "\nFor texts worth training on, make a project and name a strong model:\n"
        "    exempla init my-mix && cd my-mix\n"
        "    exempla run --set engine.model=FOLDER_OR_HUB_NAME --set plan.items=1000"
    )
    display.print_text(
        f"One document with all its stages: exempla show {project.run_folder.path} ID"
    )


def _show_coverage(project: Project) -> None:
    cells = coverage(project)["cells"]
    kinds = list(next(iter(cells.values())))
    display.print_table(
        "What was planned",
        ("principle", *kinds),
        [(principle, *counts.values()) for principle, counts in cells.items()],
    )


def _show_document(project: Project) -> None:
    document = next(read_records(project.run_folder.documents), None)
    if document is None:
        return
    origin = f"{document['kind']}, {document['clause']}"
    display.print_text(f"\nOne accepted document ({document['id']}, {origin}):", style="dim")
    display.print_text(f"\n{document['title']}\n", style="bold")
    display.print_text((document["text"] or "") + "\n")
    for message in document["messages"] or ():
        display.print_text(message["role"], style="dim")
        display.print_text(message["content"] + "\n")


def _show_rejects(project: Project) -> None:
    rows = [
        (reject["id"], reject["kind"], reject["reason"], reject["detail"])
        for reject in read_records(project.run_folder.rejects)
    ]
    if rows:
        display.print_table("What was rejected", ("id", "kind", "reason", "detail"), rows)

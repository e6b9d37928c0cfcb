"""The dataset card of a mix and its plots: a function of the manifest, the same bytes anywhere."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from exempla.atomic import replacing
from output import plot
from output.entry import ORDINARY
from output.manifest import Count, Manifest, Part
from output.split import Split

TEMPLATE = Path(__file__).resolve().parent / "card.md.j2"
README = "README.md"
LENGTHS, COVERAGE = "lengths.svg", "coverage.svg"
SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B")
"""The Hub's words for how many rows there are: up to 999, up to 9,999 and so on."""
LEFT_OUT = {
    "duplicates": "near-duplicates of better documents",
    "repeated": "the same document or text, met before",
    "filtered": "not what the recipe's `where` asks for",
    "other_form": "of the other form, text or conversation",
    "unwanted": "of kinds or principles that the recipe leaves out",
    "unneeded": "beyond the budget or what the shares allow",
}

Splits = Mapping[Split, Part]
"""Those that have rows, and in any case the one to train on."""


def with_card(manifest: Manifest, folder: Path) -> Manifest:
    """Write the card of a mix into its folder; the manifest that has its hashes too.

    Raises:
        ExemplaError: a file cannot be written.
    """
    digests = {}
    for name, content in card(manifest).items():
        with replacing(folder / name) as file:
            file.write(content)
        digests[name] = sha256(content).hexdigest()
    return manifest.model_copy(update={"card": digests})


def card(manifest: Manifest) -> dict[str, bytes]:
    """The files of a mix that people read, by name."""
    splits = {
        split: part for split, part in manifest.splits.items() if part.documents or split == "train"
    }
    plots = _plots(splits)
    told = _template().render(
        manifest=manifest,
        recipe=manifest.recipe,
        license=_license(manifest.recipe.license),
        splits=splits,
        plots=plots,
        **_composition(manifest, splits),
        **_origins(manifest),
    )
    return {name: text.encode() for name, text in {README: told, **plots}.items()}


def _plots(splits: Splits) -> dict[str, str]:
    """Those that there is something to draw for, by file name."""
    found = {}
    lengths: dict[str, Mapping[int, int]] = {
        split: part.lengths for split, part in splits.items() if part.lengths
    }
    if lengths:
        found[LENGTHS] = plot.histogram("Tokens a row", lengths)
    if coverage := _coverage(splits):
        found[COVERAGE] = plot.heat_map("Documents by first principle and kind", coverage)
    return found


def _coverage(splits: Splits) -> dict[str, dict[str, int]]:
    """Rows of all splits by kind and first principle."""
    found: dict[str, dict[str, int]] = {}
    for part in splits.values():
        for kind, column in part.coverage.items():
            rows = found.setdefault(kind, {})
            for principle, count in column.items():
                rows[principle] = rows.get(principle, 0) + count
    return dict(sorted(found.items()))


def _composition(manifest: Manifest, splits: Splits) -> dict[str, Any]:
    """What is in the mix."""
    rows = sum(part.documents for part in splits.values())
    coverage = _coverage(splits)
    fields = len(coverage) * len(set().union(*coverage.values()))
    train = splits["train"]
    named = sum(sum(column.values()) for column in coverage.values())
    served = sum(it.documents for part in splits.values() for it in part.principles.values())
    return {
        "size": SIZES[min(max(len(str(rows)) - 3, 0), len(SIZES) - 1)],
        "held": listed(_held(split, part) for split, part in splits.items()),
        "ordinary": _share(train, ORDINARY, manifest),
        "sizes": [
            ["rows", *(number(part.documents) for part in splits.values())],
            ["tokens", *(number(part.tokens) for part in splits.values())],
            ["files", *(number(_files(manifest, split)) for split in splits)],
        ],
        "repeats": listed(
            f"{number(count)} come {times} times"
            for times, count in sorted(train.repeats.items())
            if times > 1
        ),
        "columns": [f"{split}: {what}" for split in splits for what in ("rows", "tokens")],
        "kinds": _by_name([part.kinds for part in splits.values()]),
        "principles": _by_name([part.principles for part in splits.values()]),
        "several": served > named,
        "holes": fields - sum(map(len, coverage.values())),
        "left_out": [
            (reason, number(count))
            for name, reason in LEFT_OUT.items()
            if (count := getattr(manifest.left_out, name))
        ],
    }


def _files(manifest: Manifest, split: Split) -> int:
    return sum(name.startswith(f"{split}-") for name in manifest.files)


def _held(split: Split, part: Part) -> str:
    rows = f"{number(part.documents)} {'row' if part.documents == 1 else 'rows'}"
    tokens = "" if part.tokens is None else f" ({number(part.tokens)} tokens)"
    return f"{rows}{tokens} {'to train on' if split == 'train' else 'held out for validation'}"


def _share(part: Part, kind: str, manifest: Manifest) -> str:
    """The share of a kind in a split, in the mix's unit; empty where there is none of it."""
    unit = manifest.measure.unit
    size, whole = getattr(part.kinds.get(kind), unit, None), getattr(part, unit)
    return percent(size / whole) if size and whole else ""


def _by_name(columns: Sequence[Mapping[str, Count]]) -> list[list[str]]:
    """A row for each name, with its counts in each split."""
    names = sorted(set().union(*columns))
    empty = Count(documents=0, tokens=0)
    found = [(name, [column.get(name, empty) for column in columns]) for name in names]
    return [
        [code(name), *(number(n) for count in counts for n in (count.documents, count.tokens))]
        for name, counts in found
    ]


def _origins(manifest: Manifest) -> dict[str, Any]:
    """Who wrote the documents, and what was done to them."""
    written = [origin for origin in manifest.sources if not origin.ordinary]
    runs = [origin.made for origin in written if "engine" in origin.made]
    judges = [origin.made.get("judge") for origin in written]
    compared = [run["settings"]["decontaminate"] for run in runs]
    return {
        "all_written": len(runs) == len(written),
        "rehearsal": any(run["engine"]["engine"] == "scripted" for run in runs),
        "models": listed(sorted({code(run["engine"]["model"]) for run in runs})),
        "constitutions": listed(sorted({_constitution(run) for run in runs})),
        "judged": "all" if all(judges) else "some" if any(judges) else "none",
        "evaluations": listed(
            sorted({code(name) for found in compared if found for name in found["files"]})
        ),
    }


def _constitution(run: Mapping[str, Any]) -> str:
    told = run["constitution"]
    version = f" (version {told['version']})" if told["version"] else ""
    return f"*{told['name']}*{version}"


class License(NamedTuple):
    """As the Hub wants it."""

    id: str
    name: str = ""
    """Of one that was stated in words."""


def _license(stated: str | None) -> License:
    if stated is None:
        return License("unknown")
    name = re.sub(r"[^a-z0-9.]+", "-", stated.lower()).strip("-")
    return License(stated) if stated == name else License("other", name)


def number(value: int | None) -> str:
    """A count as people read it."""
    return "not counted" if value is None else f"{value:,}"


def code(name: str) -> str:
    """A name as it stands in running text and in tables."""
    plain = re.sub(r"[`|\s]+", " ", name)
    return f"`{plain}`"


def percent(share: float) -> str:
    """A share of one as people say it."""
    return f"{100 * share:.3g} %"


def listed(words: Iterable[str]) -> str:
    """Words with commas between them, and an `and` before the last."""
    *most, last = [*words] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown whose columns, but for the first, are set to the right."""
    ruler = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ruler, *rows))


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - it makes Markdown
    )
    environment.globals = {"number": number, "percent": percent, "code": code, "table": table}
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))

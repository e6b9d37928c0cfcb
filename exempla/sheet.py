"""Prompts and samples as an author reads them: on a wide terminal, samples side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from textwrap import shorten
from typing import Any, NamedTuple

import orjson
from rich.table import Table
from rich.text import Text

from exempla import display
from exempla.difference import differences
from exempla.preview import Dealt
from exempla.verdicts import verdict_lines
from generator.item import Item
from generator.sample import Sample

NARROWEST = 50
"""Letters in a column of samples."""
MOST = 3
"""Columns."""
BEGINNING = 70
"""Letters of a clause that tell it from others."""

Prompts = Sequence[Mapping[str, Any]]
"""As `exempla.preview.prompts_of` gives them."""


class Part(NamedTuple):
    """A piece of text in one style."""

    text: str
    style: str = ""


def print_item(item: Item, dealt: Sequence[Dealt]) -> None:
    """What an item is written from, a line each."""
    display.print_table(
        f"Item {item.index}",
        ("what", "id", "words"),
        [("id", item.id, f"{item.replicate} of its kind and clause come before it"), *dealt],
        cut=True,
    )


def print_prompts(prompts: Prompts, before: Prompts = ()) -> None:
    """The messages of every stage; where there was another version, new lines in green."""
    old = {(name, role): text for name, role, text in _messages(before)}
    for stage in prompts:
        for name, role, text in _messages([stage]):
            display.print_text(f"\n--- {name}: {role} ---", style="bold")
            known = old.get((name, role), text)
            new = {found.line for found in differences(known, text) if found.after is not None}
            if not new:
                display.print_text(text)
                continue
            for number, line in enumerate(text.split("\n"), 1):
                display.print_text(line, style="green" if number in new else "")
        limit = f"at most {stage['max_tokens']} tokens"
        display.print_text(f"\n[constraint: {stage['constraint']}; {limit}]", style="dim")


def print_differences(before: Prompts, now: Prompts) -> None:
    """What is different in the prompts, line by line."""
    old = {(name, role): text for name, role, text in _messages(before)}
    new = {(name, role): text for name, role, text in _messages(now)}
    for name, role in {**old, **new}:
        for found in differences(old.get((name, role), ""), new.get((name, role), "")):
            display.print_text(f"{name}, {role}, line {found.line}:", style="dim")
            if found.before is not None:
                display.print_text(f"- {found.short[0]}", style="red")
            if found.after is not None:
                display.print_text(f"+ {found.short[1]}", style="green")
    asked = {stage["stage"]: (stage["constraint"], stage["max_tokens"]) for stage in before}
    for stage in now:
        told = stage["constraint"], stage["max_tokens"]
        if asked.get(stage["stage"], told) != told:
            display.print_text(
                f"{stage['stage']}: now {told[0]}; at most {told[1]} tokens", style="green"
            )


def _messages(prompts: Prompts) -> Iterator[tuple[str, str, str]]:
    for stage in prompts:
        for message in stage["messages"]:
            yield stage["stage"], message["role"], message["content"]


def print_samples(
    samples: Sequence[Sample],
    dealt: Mapping[str, Sequence[Dealt]],
    *,
    all_stages: bool = False,
    stage: str | None = None,
) -> None:
    """Samples with what the checks found.

    Args:
        samples: In order.
        dealt: What each is written from, by the item's id.
        all_stages: Show the answers that led to each as well.
        stage: Show the answer of this stage alone.
    """
    sheets = [
        _sheet(number, sample, dealt[sample.item.id], all_stages=all_stages, stage=stage)
        for number, sample in enumerate(samples, 1)
    ]
    columns = min(MOST, len(sheets), display.out().width // NARROWEST)
    if not display.out().is_terminal or columns < 2:
        for sheet in sheets:
            for part in chain.from_iterable(sheet):
                display.print_text(part.text, part.style)
            display.print_text("")
        return
    for first in range(0, len(sheets), columns):
        row = sheets[first : first + columns]
        table = Table.grid(expand=True, padding=(0, 2, 0, 0))
        for _ in range(columns):
            table.add_column(ratio=1)
        for sections in zip(*row, strict=True):
            table.add_row(*map(_joined, sections))
        display.out().print(table)
        display.print_text("")


def _joined(parts: Sequence[Part]) -> Text:
    return Text("\n").join(Text(part.text, part.style) for part in parts)


class _Sheet(NamedTuple):
    """A sample in sections, each of which begins at one height with those of its neighbours."""

    head: list[Part]
    led: list[Part]
    """The stages that led to it."""
    body: list[Part]
    foot: list[Part]


def _sheet(
    number: int, sample: Sample, dealt: Sequence[Dealt], *, all_stages: bool, stage: str | None
) -> _Sheet:
    led: list[Part] = []
    for line in sample.stages:
        is_body = line is sample.stages[-1] and "answer" not in sample.body
        if line["stage"] == stage or (all_stages and not is_body):
            led += [Part(f"\n--- {line['stage']} ---", "bold"), Part(_readable(line["text"]))]
    no_document = "answer" in sample.body and stage == _last_stage(sample)
    body = list(_body(sample)) if stage is None or (no_document and not led) else []
    return _Sheet(list(_head(number, sample, dealt)), led, body, list(_foot(sample)))


def _head(number: int, sample: Sample, dealt: Sequence[Dealt]) -> Iterator[Part]:
    item = sample.item
    clause = next(found.words for found in dealt if found.what == "clause")
    yield Part(f"=== Sample {number}: item {item.index}, {item.id} ===", "bold")
    yield Part(" · ".join(filter(None, (item.kind, item.principle, item.seed))))
    yield Part(f'"{shorten(clause, BEGINNING, placeholder=" …")}"', "dim")
    own, tokens = _own_tokens(sample), sample.tokens
    with_all = f" ({tokens:,} with all stages)" if tokens > own else ""
    yield Part(f"{own:,} tokens{with_all}, {sample.seconds:.1f} s", "dim")


def _foot(sample: Sample) -> Iterator[Part]:
    yield Part("")
    if verdict := sample.verdict:
        yield Part(f"--- the verdict of {verdict.model} ---", "bold")
        yield from map(Part, verdict_lines(verdict))
    yield _outcome(sample)
    if sample.measured:
        measured = ", ".join(f"{name} {value:g}" for name, value in sample.measured.items())
        yield Part(f"checks: {measured}", "dim")
    led = [
        f"{line['stage']} {line['completion_tokens']:,} tokens"
        + (f" in {line['attempts']} attempts" if line["attempts"] > 1 else "")
        for line in (*sample.stages, *filter(None, [sample.judged]))
    ]
    if led:
        yield Part(f"stages: {', '.join(led)}", "dim")


def _body(sample: Sample) -> Iterator[Part]:
    words = sample.body
    if "text" in words:
        yield Part(f"\n{words['title']}", "bold")
        yield Part(f"\n{words['text']}")
    for message in words.get("messages", ()):
        yield Part(f"\n[{message['role']}]", "bold")
        yield Part(message["content"])
    if "answer" in words:
        yield Part(f"\n--- {_last_stage(sample)}, the last answer ---", "bold")
        yield Part(_readable(words["answer"]))


def _last_stage(sample: Sample) -> str:
    return str(sample.outcome.get("at") or sample.stages[-1]["stage"])


def _outcome(sample: Sample) -> Part:
    outcome = sample.outcome
    if not outcome:
        return Part("not finished", "yellow")
    if sample.accepted:
        return Part("accepted", "green")
    return Part(f"rejected at '{outcome['at']}': {outcome['reason']} ({outcome['detail']})", "red")


def _own_tokens(sample: Sample) -> int:
    """Of the document, or of the last answer with its attempts."""
    if "answer" not in sample.body:
        return int(sample.stages[-1]["tokens"])
    last = sample.outcome or sample.stages[-1]
    return int(last["completion_tokens"])


def _readable(answer: str) -> str:
    """An answer in fields as lines; another one as it is."""
    try:
        fields = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return answer
    if not isinstance(fields, dict):
        return answer
    lines = []
    for name, value in fields.items():
        if isinstance(value, list):
            lines += [f"{name}:", *(f"  - {part}" for part in value)]
        else:
            lines.append(f"{name}: {value}")
    return "\n".join(lines)


def sample_record(sample: Sample, dealt: Sequence[Dealt]) -> dict[str, Any]:
    """All there is about a sample, for scripts."""
    return {
        "item": asdict(sample.item),
        "dealt": [found._asdict() for found in dealt],
        "outcome": sample.outcome.get("outcome", "unfinished"),
        "stage": sample.outcome.get("at"),
        "reason": sample.outcome.get("reason"),
        "detail": sample.outcome.get("detail"),
        **sample.body,
        "checks": sample.measured,
        "verdict": sample.verdict and sample.verdict.model_dump(mode="json"),
        "tokens": _own_tokens(sample),
        "tokens_of_all_stages": sample.tokens,
        "seconds": round(sample.seconds, 3),
        "stages": [
            {key: value for key, value in line.items() if key not in {"index", "item"}}
            for line in sample.stages
        ],
    }

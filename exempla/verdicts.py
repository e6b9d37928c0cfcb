"""A verdict as it is read: beside its document, with the quotation marked."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from exempla import display
from exempla.document import Verdict
from generator.judge import as_shown
from generator.quotation import find
from prompts.kind_check import JUDGE

QUOTED = "black on yellow"


def marked(text: str, quotation: str) -> Text:
    """A text with the quotation marked in it; where there are no colours, between >> and <<."""
    span = find(quotation, text)
    if span is None:
        return Text(text)
    before, quoted, after = text[: span[0]], text[slice(*span)], text[span[1] :]
    if display.out().is_terminal:
        return Text.assemble(before, (quoted, QUOTED), after)
    return Text(f"{before}>>{quoted}<<{after}")


def print_marked(text: str, quotation: str) -> None:
    """A text with the quotation marked in it."""
    display.out().print(marked(text, quotation), soft_wrap=not display.out().is_terminal)


def verdict_lines(verdict: Verdict) -> list[str]:
    """A verdict in a few lines: scores, flags, reason, quotation."""
    scores = ", ".join(f"{item} {score}" for item, score in verdict.scores.items())
    return [
        f"scores: {scores}; overall {verdict.overall:g}",
        f"flags: {', '.join(verdict.flags) or 'none'}",
        f"reason: {verdict.reason}",
        f'quotation: "{verdict.quotation}"',
    ]


def print_judged(record: Mapping[str, Any]) -> None:
    """A document and its verdict.

    Args:
        record: As in documents.jsonl, or in rejects.jsonl where only the judge rejected it.
    """
    verdict = Verdict.model_validate(record["verdict"]) if record["verdict"] else None
    about = f"{record['id']} ({record['kind']}, {record['clause']})"
    display.print_text(f"\n=== {about} ===", style="bold")
    shown = as_shown(record)
    if verdict is None:
        display.print_text(shown)
        display.print_text(f"\n{record['reason']}: {record['detail']}", style="red")
        if record["answer"]:
            display.print_text(record["answer"], style="dim")
        return
    print_marked(shown, verdict.quotation)
    display.print_text(f"\n--- the verdict of {verdict.model} ---", style="bold")
    for line in verdict_lines(verdict):
        display.print_text(line)
    if "reason" in record:
        display.print_text(f"{record['reason']}: {record['detail']}", style="red")
    else:
        display.print_text("kept", style="green")


def print_stages(lines: Sequence[Mapping[str, Any]], record: Mapping[str, Any] | None) -> None:
    """What the stages of an item wrote; what the judge quoted is marked in the document.

    Args:
        lines: Of the journal.
        record: The document's, where the run is finished; it may be quoted from what the last
            stage did not write, such as a system message.
    """
    verdict: Verdict | None = None
    if lines and lines[-1].get("stage") == JUDGE:
        verdict = Verdict.model_validate_json(lines[-1]["text"])
    for number, line in enumerate(lines):
        if "again" in line:
            said = f"\n--- taken up again, rejected as: {line['again']} ---"
            display.print_text(said, style="bold")
            continue
        took = f"attempts: {line['attempts']}, tokens: {line['completion_tokens']}"
        display.print_text(f"\n--- {line['stage']} ({took}) ---", style="bold")
        if verdict and number == len(lines) - 2:
            print_marked(as_shown(record) if record else line["text"], verdict.quotation)
        elif verdict and line is lines[-1]:
            for text in verdict_lines(verdict):
                display.print_text(text)
        else:
            display.print_text(line["text"])

"""Each check that can misfire, on labelled texts that were written before its rule was."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exempla.source import Place, read_yaml
from generator.checks.checker import Checker
from generator.checks.settings import CheckSettings
from generator.item import Item
from prompts.answer import Chat, Message, Prose
from prompts.exemplar import Exemplar, exemplar_axis
from prompts.library import Library
from prompts.persona import PersonaSettings

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.yaml"))
NAMES = [file.stem for file in EXAMPLES]
ACTS = {
    name
    for name in CheckSettings.model_fields
    if name not in ("min_words", "max_words", "overused")
}
PERSONA = PersonaSettings(name="Tolliver", maker="Brightwater", named=0.5)
ITEM = Item(
    0, "i", "story", "p", "p/1", None, {"exemplars_of_story": "e", "persona": "named"}, {}, 0
)


@dataclass(frozen=True)
class Measured:
    """How a check did: what it missed, and what it should have left alone."""

    bad: int
    good: int
    missed: tuple[str, ...]
    misfired: tuple[str, ...]

    @property
    def precision(self) -> float:
        found = self.bad - len(self.missed)
        return found / (found + len(self.misfired)) if found else 0.0

    @property
    def recall(self) -> float:
        return 1 - len(self.missed) / self.bad


def document(text: str) -> Prose | Chat:
    if not text.startswith("[user]"):
        return Prose("T", text.strip())
    _, *parts = re.split(r"^\[(user|assistant)\]\n", text.strip(), flags=re.MULTILINE)
    turns: Iterator[Any] = iter(parts)
    messages = tuple(
        Message(role, content.strip()) for role, content in zip(turns, turns, strict=True)
    )
    return Chat(messages, text)


def measure(file: Path) -> Measured:
    """Run one check alone over its examples."""
    examples = read_yaml(file).value
    shown = Exemplar("e", "story", "x", "T", examples.get("shown", "nothing"), Place(file, 1))
    axis = exemplar_axis("story", [shown], 1, shown.place)
    library = Library(Path(), {}, {}, {}, {"e": shown}, {axis.name: axis}, PERSONA)
    acts = {name: "reject" if name == file.stem else "off" for name in ACTS}
    checker = Checker(CheckSettings.model_validate({"min_words": 1, **acts}), library)

    def found(text: str) -> bool:
        return checker.check(document(text), ITEM).reason is not None

    return Measured(
        len(examples["bad"]),
        len(examples["good"]),
        tuple(text for text in examples["bad"] if not found(text)),
        tuple(text for text in examples["good"] if found(text)),
    )


@pytest.mark.parametrize("file", EXAMPLES, ids=NAMES)
def test_a_check_finds_what_it_is_for_and_little_else(file: Path) -> None:
    measured = measure(file)
    assert min(measured.bad, measured.good) >= 12
    assert min(measured.precision, measured.recall) >= 0.9, measured


def test_the_table_of_precision_and_recall(capsys: pytest.CaptureFixture[str]) -> None:
    """Printed into pytest's output, whatever it captures."""
    rows = [(file.stem, measure(file)) for file in EXAMPLES]
    lines = [f"\n{'check':<14}{'bad':>5}{'good':>6}{'precision':>11}{'recall':>8}"]
    lines += [
        f"{name:<14}{row.bad:>5}{row.good:>6}{row.precision:>11.2f}{row.recall:>8.2f}"
        for name, row in rows
    ]
    with capsys.disabled():
        sys.stdout.write("\n".join(lines) + "\n")
    assert len(rows) >= 12

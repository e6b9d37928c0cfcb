from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[[Path, dict[str, str]], Path]

GOOD = """\
---
id: candour
title: Candour
---
It says what it sees.

## Why

Because people act on it.

## In practice

- It names the gap.
- It gives the figure.

## Tensions

- Tact: it picks the moment.
"""


@pytest.fixture(scope="session")
def good() -> str:
    """A principle without a mistake; its statement stands on line 5."""
    return GOOD


@pytest.fixture(scope="session")
def write() -> Write:
    def fill(folder: Path, files: dict[str, str]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    return fill

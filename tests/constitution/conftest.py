from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

Write = Callable[[Path, dict[str, str]], Path]
BuildCharter = Callable[[int], tuple[str, list[str]]]

SAYING = (
    "an answer that is given to someone in need of help may be wrong and still be kind but it "
    "costs them the day when they act on it so the helper says how sure it is and why"
)

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


FEATURES = (
    "- {}\n- {}\n  - {}\n\n    {}\n\n    ```\n    # {}\n    ```\n- [ ] {}",
    "1. {}\n2. {}\n   > {}\n10. {}",
    "> {}\n> {}\n{}\n>\n> # {}\n>\n> - {}",
    "| {} | x |\n|:---|---:|\n| {} | {} |",
    "```python\n# {}\n## {}\n\n{}\n```",
    "~~~~\n```\n# {}\n~~~~",
    "    {}\n\n\t{}",
    "<!-- {}\n\n# {}\n-->",
    "<details>\n<summary>{}</summary>\n\n{}\n\n</details>",
    "[link-{}]: /path\n\n{} [^note]\n\n[^note]: {}\n\n    {}",
    "Term\n: {}\n\n***\n\n{}  \n{}\\\n{}",
    "$$\n{}\n$$\n\n![{}](x.png) {} *{}* `{}`",
)
"""Of Markdown as people write it; every {} becomes words with a mark of their own."""


@pytest.fixture(scope="session")
def charter() -> BuildCharter:
    """Makes a long document; every line of its text, headings too, has a mark that is unique."""

    def build(length: int) -> tuple[str, list[str]]:
        random = Random(7)
        vocabulary = SAYING.split()
        marks: list[str] = []
        count = 0

        def said(most: int) -> str:
            nonlocal count
            chosen = [random.choice(vocabulary) for _ in range(random.randint(most // 2, most))]
            count += len(chosen)
            marks.append(f"m{len(marks)}")
            return " ".join((chosen[0].capitalize(), *chosen[1:], marks[-1]))

        def feature() -> str:
            form = random.choice(FEATURES)
            return form.format(*(said(12) for _ in range(form.count("{}"))))

        def paragraph() -> str:
            return "\n".join(said(30) for _ in range(random.randint(1, 4)))

        parts = ["---\ntitle: The Long Charter\nversion: 2.10\n---", paragraph(), f"# {said(4)}"]
        while count < length:
            level = random.choice((2, 2, 3, 3, 3, 4, 5, 6))
            heading = said(6)
            under = {1: "=", 2: "-"}.get(level)
            setext = under and random.random() < 0.3
            parts.append(f"{heading}\n{under}---" if setext else f"{'#' * level} {heading}")
            long = random.random() < 0.05
            for _ in range(random.choice((0, 1, 2, 4)) if not long else 40):
                parts.append(feature() if random.random() < 0.4 else paragraph())
        return "\n\n".join(parts) + "\n", marks

    return build

from collections.abc import Callable
from pathlib import Path

import pytest

Fill = Callable[[Path, dict[str, str]], Path]

KIND = """\
says: Small pieces.
needs: [principle, seed]
axes: [tone]
system: system.j2
stages:
  - name: idea
    template: idea.j2
    uses: [principle, clause]
    constraint:
      fields:
        reason: {type: text, max: 40}
        marks: {type: integer, min: 1, max: 5}
    max_tokens: 100
  - name: draft
    template: draft.j2
    uses: [principle, seed, tone, idea]
    constraint: prose
    max_tokens: 500
"""

AXIS = """\
says: How it sounds.
values:
  - {id: dry, text: drily}
  - {id: warm, text: warmly, weight: 2}
"""

SEED = """\
- id: pump
  premise: A pump stands still.
  role: It reads the gauge.
  pressure: The yard floods.
  admirable: It says so.
  principles: [candour]
  setting: boat yard
  era: present
  scale: workplace
  pulls: [deadline]
"""


@pytest.fixture
def kind_files() -> dict[str, str]:
    """A kind without a mistake, file by file."""
    return {
        "kind.yaml": KIND,
        "system.j2": "You write.\n",
        "idea.j2": "About {{ principle.title }}:\n{{ clause }}\n",
        "draft.j2": "{{ principle.why }}\n{{ seed.premise }} {{ tone }}\n{{ idea.reason }}\n",
    }


@pytest.fixture
def library_files(kind_files: dict[str, str]) -> dict[str, str]:
    """A prompts folder without a mistake, file by file."""
    return {
        **{f"kinds/piece/{name}": text for name, text in kind_files.items()},
        "axes/tone.yaml": AXIS,
        "seeds/yard.yaml": SEED,
    }


@pytest.fixture(scope="session")
def fill() -> Fill:
    """Writes files into a folder."""

    def write(folder: Path, files: dict[str, str]) -> Path:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write

"""Labelled documents, good and bad in known ways, by which a judge is tried."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from exempla.errors import BadInput, Problem, collecting
from exempla.source import Place, nearest
from prompts.answer import Message
from prompts.piece import Piece, read_piece

BUILT_IN = Path(__file__).resolve().parent
FOLDER = "calibration"

Label = Literal[
    "good",
    "preachy",
    "evil-foil",
    "eval-like",
    "no-stated-reason",
    "kind-disobedience",
    "plea-for-ais",
    "flattery",
    "rule-lawyering",
    "generic",
]
"""What a person made of a document: `good`, or what is wrong with it before anything else."""
LABELS: tuple[Label, ...] = get_args(Label)


class LabelledHeader(BaseModel):
    """The front matter of a labelled document."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    kind: str
    principle: str
    """The id of the one it was written to."""
    label: Label
    flags: tuple[str, ...] = ()
    """Flags of the rubric that a judge should raise."""
    low: tuple[str, ...] = ()
    """Items of the rubric that should have a low score."""
    why: str = Field(min_length=1)
    """What makes it good or bad, in a line, for a person."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A document and what a judge should find in it."""

    id: str
    kind: str
    principle: str
    label: Label
    flags: frozenset[str]
    low: frozenset[str]
    why: str
    title: str
    """Empty for a conversation."""
    text: str
    """Of a conversation, the form it was written in."""
    messages: tuple[Message, ...]
    """Empty for a text."""
    place: Place

    @property
    def good(self) -> bool:
        """Whether it should be kept."""
        return self.label == "good"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The ids that labelled documents may name."""

    kinds: Collection[str]
    principles: Collection[str]
    items: Collection[str]
    """Of the rubric."""
    flags: Collection[str]
    """Of the rubric."""


def calibration_folder(prompts: Path) -> Path:
    """Where the labelled documents are: a project's own folder, else the built-in one.

    The built-in ones are written to the built-in constitution, whatever the project's is.

    Args:
        prompts: The project's prompts folder.
    """
    own = prompts / FOLDER
    return own if own.is_dir() else BUILT_IN / FOLDER


def load_calibration(folder: Path, known: Vocabulary) -> tuple[Labelled, ...]:
    """Read every labelled document of a folder, in the order of the files' names.

    The built-in documents name the items and flags of the built-in rubric. Under another rubric
    those that it lacks are left out of them, since nobody could score or raise them; the labels
    stay. A project's own documents have to name what its rubric has.

    Raises:
        BadInput: with every problem of every file, or the folder has no document.
    """
    built_in = folder == BUILT_IN / FOLDER
    problems: list[Problem] = []
    found: list[Labelled] = []
    for file in sorted(folder.glob("[!.]*.md")):
        if file.name == "README.md":
            continue
        with collecting(problems):
            piece = read_piece(file, LabelledHeader, sort="a labelled document")
            problems.extend(_problems(piece, known, built_in=built_in))
            found.append(_labelled(piece, known))
    if not found and not problems:
        what = "there is no labelled document here"
        remedy = "Write some, as prompts/README.md says, or remove the folder to use the built-in."
        problems.append(Problem(what, remedy, str(folder)))
    if problems:
        raise BadInput(*problems)
    return tuple(found)


def _labelled(piece: Piece[LabelledHeader], known: Vocabulary) -> Labelled:
    header = piece.header
    return Labelled(
        id=piece.id,
        kind=header.kind,
        principle=header.principle,
        label=header.label,
        flags=frozenset(header.flags).intersection(known.flags),
        low=frozenset(header.low).intersection(known.items),
        why=header.why,
        title=piece.title,
        text=piece.text,
        messages=piece.messages,
        place=piece.place,
    )


def _problems(
    piece: Piece[LabelledHeader], known: Vocabulary, *, built_in: bool
) -> Iterator[Problem]:
    header, yaml = piece.header, piece.yaml
    if header.principle not in known.principles:
        yield yaml.place("principle").problem(
            f"there is no principle '{header.principle}'",
            nearest(header.principle, sorted(known.principles)),
        )
    if not built_in:
        if header.kind not in known.kinds:
            yield yaml.place("kind").problem(
                f"there is no kind '{header.kind}'", nearest(header.kind, sorted(known.kinds))
            )
        for key, ids, there in (
            ("flags", header.flags, known.flags),
            ("low", header.low, known.items),
        ):
            for number, id in enumerate(ids):
                if id not in there:
                    what = "flag" if key == "flags" else "item"
                    yield yaml.place(key, number).problem(
                        f"the rubric has no {what} '{id}'", nearest(id, sorted(there))
                    )
    if header.label == "good" and (header.flags or header.low):
        key = "flags" if header.flags else "low"
        yield yaml.place(key).problem(
            f"a good document has no '{key}'", "Remove the key, or say what is wrong in 'label'."
        )
    if header.label != "good" and not (header.flags or header.low):
        yield yaml.place("label").problem(
            "a bad document has neither 'flags' nor 'low'",
            "Name what a judge should raise or score low: one that sees the fault is known by it.",
        )

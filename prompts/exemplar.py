"""Exemplars: pieces that people wrote, shown to the writer as a standard."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from exempla.errors import BadInput, Problem
from exempla.source import Place
from prompts.axis import Axis, AxisValue
from prompts.piece import read_piece

JOINED = "+"
"""Between the ids of exemplars that are shown together."""


class ExemplarHeader(BaseModel):
    """The front matter of an exemplar."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    kind: str
    form: str = Field(min_length=1)
    """In a few words, for the author."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A piece of one kind."""

    id: str
    kind: str
    form: str
    title: str
    """Empty for a conversation."""
    text: str
    place: Place

    @property
    def digest(self) -> str:
        """A hash of its words."""
        return hashlib.sha256(f"{self.title}\0{self.text}".encode()).hexdigest()[:16]


def read_exemplar(file: Path) -> Exemplar:
    """Read one exemplar: front matter, then a title line and paragraphs, or a conversation.

    Raises:
        BadInput: with every problem found, each with its line.
    """
    piece = read_piece(file, ExemplarHeader, sort="an exemplar")
    header = piece.header
    return Exemplar(piece.id, header.kind, header.form, piece.title, piece.text, piece.place)


def exemplar_axis(kind: str, exemplars: Sequence[Exemplar], count: int, place: Place) -> Axis:
    """Which exemplars an item is shown, as an axis: each is shown equally often.

    Args:
        kind: Whose items are shown them.
        exemplars: Those of the kind.
        count: How many an item is shown, one or two.
        place: Where the count is asked for.

    Raises:
        BadInput: there are fewer exemplars than that.
    """
    if len(exemplars) < count:
        problem = Problem(
            f"the kind '{kind}' shows {count} exemplars, and {len(exemplars)} are written for it",
            f"Write one in exemplars/, with 'kind: {kind}', or set 'exemplars' lower.",
        )
        raise BadInput(place.problem(problem.what, problem.remedy))
    values = [
        AxisValue.model_construct(  # ids of values hold no plus sign otherwise
            id=JOINED.join(exemplar.id for exemplar in shown),
            text=" ".join(exemplar.digest for exemplar in shown),
        )
        for shown in combinations(exemplars, count)
    ]
    return Axis(exemplar_axis_name(kind), "Which exemplars are shown.", tuple(values), place)


def exemplar_axis_name(kind: str) -> str:
    """The axis by which a kind's exemplars are dealt."""
    return f"exemplars_of_{kind}"

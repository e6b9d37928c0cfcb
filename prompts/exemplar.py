"""Exemplars: pieces that people wrote, shown to the writer as a standard."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from exempla.errors import BadInput, Problem
from exempla.source import Place, parse_yaml, read_text, validate
from prompts.answer import Chat, Prose, UnreadableAnswer, read_answer
from prompts.axis import Axis, AxisValue
from prompts.constraint import ChatConstraint, ProseConstraint

JOINED = "+"
"""Between the ids of exemplars that are shown together."""
_CHAT = ChatConstraint((2, 40))


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
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", file.stem):
        raise BadInput(
            Place(file, 1).problem(
                f"'{file.stem}' is no name for an exemplar",
                "Name the file with small letters and digits, with hyphens between words.",
            )
        )
    lines = read_text(file).splitlines()
    ends = [number for number, line in enumerate(lines) if line.strip() == "---"]
    if len(ends) < 2 or ends[0] != 0:
        raise BadInput(
            Place(file, 1).problem(
                "the file does not begin with front matter",
                "Begin with a line '---', then 'kind: …' and 'form: …', then another '---'.",
            )
        )
    yaml = parse_yaml("\n".join(lines[1 : ends[1]]), file, first_line=2)
    header = validate(ExemplarHeader, yaml)
    body = "\n".join(lines[ends[1] + 1 :]).strip()
    first = Place(file, ends[1] + 2)
    try:
        answer = read_answer(_CHAT if body.startswith("[") else ProseConstraint(), body)
    except UnreadableAnswer as error:
        raise BadInput(
            first.problem(
                f"this has not the form of a document: {error}",
                "Write '# Title', then paragraphs of one line each with a blank line between; or "
                "'[user]' and '[assistant]' by turns, each with its message below.",
            )
        ) from error
    match answer:
        case Prose(title=title, text=text):
            return Exemplar(file.stem, header.kind, header.form, title, text, Place(file, 1))
        case Chat(text=text):
            return Exemplar(file.stem, header.kind, header.form, "", text, Place(file, 1))
    raise TypeError(f"neither prose nor a chat: {file}")


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

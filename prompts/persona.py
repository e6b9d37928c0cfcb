"""The persona: the AI that the constitution is about, and in which documents it is named."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from exempla.source import Place
from prompts.axis import Axis, AxisValue

PERSONA = "persona"
"""What templates call it, and the axis by which its share is dealt."""
NAMED, GENERAL = "named", "general"
PERSONA_FIELDS = frozenset({"named", "name", "maker"})


class PersonaSettings(BaseModel):
    """Whom the constitution is about. Without it, documents speak of AIs in general."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1)
    maker: str = Field(min_length=1)
    named: float = Field(default=0.5, ge=0, le=1, multiple_of=0.01)
    """The share of documents that name it."""


def persona_axis(persona: PersonaSettings | None) -> Axis:
    """Whether a document names the persona, as an axis: dealt by its share, and part of ids."""
    values = []
    if persona and persona.named:
        words = f"{persona.name}, made by {persona.maker}"
        values.append(AxisValue(id=NAMED, text=words, weight=persona.named * 100))
    if not persona or persona.named < 1:
        share = 1 - persona.named if persona else 1.0
        values.append(AxisValue(id=GENERAL, text="AIs in general", weight=round(share * 100, 2)))
    says = "Whether the document names the AI that the constitution is about."
    return Axis(PERSONA, says, tuple(values), Place(Path("exempla.yaml"), 1))


def persona_fields(persona: PersonaSettings | None, value: str) -> dict[str, Any]:
    """What templates are told of the persona, for a value of its axis."""
    if persona and value == NAMED:
        return {"named": True, "name": persona.name, "maker": persona.maker}
    return {"named": False, "name": "", "maker": ""}

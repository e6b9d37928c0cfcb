"""What a document must satisfy: `checks` in exempla.yaml. Every check can be switched off."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from prompts.overused import OverusedSettings


def _word(value: Any) -> Any:
    # YAML 1.1 reads a bare `off` as false.
    return "off" if value is False else value


Act = Annotated[Literal["reject", "flag", "off"], BeforeValidator(_word)]
"""What a check does with what it finds: `flag` keeps the document and notes it there."""


class Check(BaseModel):
    """A check with no limits of its own; `maxim: off` is short for `maxim: {act: off}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    act: Act = "reject"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"act": value} if isinstance(value, str) or value is False else value


class RepetitionSettings(Check):
    """How much a text may repeat itself; the limits are in generator/checks/repetition.py."""

    strictness: float = Field(default=1.0, gt=0)
    """Divides all the limits."""


class LanguageSettings(Check):
    """The language of a run's texts."""

    language: Literal["da", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "sv"] = "en"
    foreign: float = Field(default=0.25, gt=0, le=1)
    """The share of a text, in characters, that may stand in passages of another language."""


class EchoSettings(Check):
    """How many words in a row a text may not share with what its writer was shown."""

    exemplar: int = Field(default=12, ge=4)
    """With an exemplar: no two texts share so many by chance."""
    prompt: int = Field(default=16, ge=4)
    """With the principle, the clause, the seed or a template: the facts of a situation come back
    in its words now and then, whole sentences do not."""


class NamesSettings(Check):
    """Whose texts may not name them."""

    where: Literal["persona", "everywhere"] = "persona"
    """`persona`: in texts that name the AI of the constitution, who is not to be taken for
    another; `everywhere`: in all texts."""


class CompanySettings(NamesSettings):
    """Off by default: a lorry of a known make is no fault in a story."""

    act: Act = "off"


class MaximSettings(Check):
    """Flags by default: an essay may end on one; a corpus in which a third does has a habit."""

    act: Act = "flag"


class CheckSettings(BaseModel):
    """What a document must satisfy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_words: int = Field(default=150, ge=1)
    max_words: int = Field(default=6000, ge=1)
    refusal: Check = Check()
    preamble: Check = Check()
    afterword: Check = Check()
    meta: Check = Check()
    """Talk of itself as a text written to order, or as training data."""
    placeholder: Check = Check()
    unfinished: Check = Check()
    language: LanguageSettings = LanguageSettings()
    repetition: RepetitionSettings = RepetitionSettings()
    echo: EchoSettings = EchoSettings()
    models: NamesSettings = NamesSettings()
    """Other AI models and their makers."""
    companies: CompanySettings = CompanySettings()
    maxim: MaximSettings = MaximSettings()
    overused: OverusedSettings = OverusedSettings()
    """Of a whole run, and not of a text: nothing is rejected for it."""

    @model_validator(mode="after")
    def _ordered(self) -> "CheckSettings":
        if self.min_words > self.max_words:
            raise ValueError("'min_words' is above 'max_words'")
        return self


class DecontaminateSettings(BaseModel):
    """The evaluation texts that no document may resemble; a bare list is short for `files`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[str, ...] = Field(min_length=1)
    """Files, patterns or folders, relative to the project; of folders every .txt, .md, .jsonl."""
    fields: tuple[str, ...] | None = None
    """Which fields of JSONL lines hold texts, as `prompt` or `messages.content`; by default every
    string is one."""
    words: int = Field(default=8, ge=5, le=50)
    """A document that shares so many words in a row with an evaluation text is rejected."""
    overlap: Act = "reject"
    likeness: float = Field(default=0.5, gt=0, le=1)
    """A document is flagged that has, within 300 words, so large a share of the words of an
    evaluation text, each counted by its rarity."""
    alike: Act = "flag"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [value]
        return {"files": value} if isinstance(value, list | tuple) else value

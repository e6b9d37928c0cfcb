"""All checks of a run, in order; the cheapest and plainest faults first."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from generator.checks.afterword import afterword
from generator.checks.echo import echo
from generator.checks.ending import unfinished
from generator.checks.evaluations import Evaluations
from generator.checks.language import language
from generator.checks.maxim import maxim
from generator.checks.meta import meta
from generator.checks.names import company, other_model
from generator.checks.opening import preamble, refusal
from generator.checks.overlap import Overlap
from generator.checks.placeholder import placeholder
from generator.checks.repetition import repetition
from generator.checks.settings import Act, CheckSettings
from generator.checks.text import Text
from generator.item import Item
from generator.prompt import Prompter
from prompts.answer import Chat, Prose
from prompts.library import Library
from prompts.persona import NAMED, PERSONA, PersonaSettings

Find = Callable[[], str]
"""Looks for one fault; says what it found, or nothing."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the checks measured, the first that rejects, and those that flag."""

    measured: dict[str, float]
    reason: str | None = None
    detail: str = ""
    flagged: Mapping[str, str] = field(default_factory=dict)
    """By check, what it found; of a rejected text those that came before the reason."""


class Checker:
    """Checks the documents of a run."""

    def __init__(
        self,
        settings: CheckSettings,
        library: Library,
        prompter: Prompter | None = None,
        evaluations: Evaluations | None = None,
    ) -> None:
        """Make ready.

        Args:
            settings: Which checks, and their limits.
            library: Who was shown which exemplars, and the persona.
            prompter: Knows what else a writer is shown; without it that is not looked for.
            evaluations: The texts that no document may resemble.
        """
        self._settings = settings
        self._library = library
        self._prompter = prompter
        self._overlap = Overlap(evaluations, library) if evaluations else None

    def check(self, document: Prose | Chat, item: Item) -> Findings:
        """Check a document of an item, up to the first fault that rejects it."""
        measured: dict[str, float] = {}
        flagged: dict[str, str] = {}
        for name, act, find in self.checks(Text.of(document), item, measured):
            if act != "off" and (detail := find()):
                if act == "reject":
                    return Findings(measured, name, detail, flagged)
                flagged[name] = detail
        return Findings(measured, flagged=flagged)

    def checks(
        self, text: Text, item: Item, measured: dict[str, float]
    ) -> Iterator[tuple[str, Act, Find]]:
        """Each check: the reason that it gives, what it does with it, and how to run it.

        Args:
            text: The document.
            item: What it was written from.
            measured: Gets what the checks measure; lengths and repetition always.
        """
        settings, persona = self._settings, self._library.persona
        repeats = repetition(text, settings.repetition, measured)
        words = int(measured["words"])
        named = persona if item.axes.get(PERSONA) == NAMED else None
        shown = [piece.text for piece in self._library.shown(item.kind, item.axes)]
        asked = self._prompter.passages(item) if self._prompter else ()
        yield "refusal", settings.refusal.act, lambda: refusal(text)
        yield "preamble", settings.preamble.act, lambda: preamble(text)
        yield "too short", "reject", lambda: _below(words, settings.min_words)
        yield "too long", "reject", lambda: _above(words, settings.max_words)
        yield "language", settings.language.act, lambda: language(text, settings.language)
        yield "placeholder", settings.placeholder.act, lambda: placeholder(text)
        yield "meta talk", settings.meta.act, lambda: meta(text)
        yield "afterword", settings.afterword.act, lambda: afterword(text)
        yield "unfinished", settings.unfinished.act, lambda: unfinished(text)
        yield "repetition", settings.repetition.act, lambda: repeats
        yield "exemplar", settings.echo.act, lambda: _copied(text, shown, settings.echo.exemplar)
        yield "prompt echo", settings.echo.act, lambda: _copied(text, asked, settings.echo.prompt)
        if named or settings.models.where == "everywhere":
            yield (
                "other model",
                settings.models.act,
                lambda: _names(other_model(text, named), named),
            )
        if named or settings.companies.where == "everywhere":
            yield "company", settings.companies.act, lambda: _names(company(text, named), named)
        if self._overlap:
            yield from self._overlap.checks(text, measured)
        yield "maxim", settings.maxim.act, lambda: maxim(text)


def _below(words: int, least: int) -> str:
    return f"{words} words of at least {least}" if words < least else ""


def _above(words: int, most: int) -> str:
    return f"{words} words of at most {most}" if words > most else ""


def _copied(text: Text, shown: Iterable[str], size: int) -> str:
    run = echo(text, shown, size)
    return f"copied from what the writer was shown: {run}" if run else ""


def _names(name: str, persona: PersonaSettings | None) -> str:
    whose = f" in a text about {persona.name}" if persona else ""
    return f"names {name}{whose}" if name else ""

"""A judge with the engine that answers for it, as an item meets it after its stages."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

from exempla.document import Verdict
from generator.asking import Failed, Read
from generator.collect import body
from generator.engine import Completion, Engine, EngineInfo, Request
from generator.item import Item
from generator.judge import Judge, Subject, as_shown
from generator.prompt import Prompter
from prompts.answer import Chat, Prose
from prompts.constraint import Constraint
from prompts.library import Library


@dataclass(frozen=True, slots=True)
class Sitting:
    """Judges the items of a run."""

    judge: Judge
    engine: Engine
    """Open."""
    library: Library
    prompter: Prompter

    def subject(self, item: Item, document: Prose | Chat) -> Subject:
        """The document of an item as the judge sees it."""
        kind = self.library.kinds[item.kind]
        return Subject(
            item.id,
            item.principle,
            self.prompter.clause(item.clause),
            kind.says,
            as_shown(body(document, kind, item, self.library)),
        )

    async def verdict_on(
        self,
        item: Item,
        document: Prose | Chat,
        told: Callable[[Completion], None],
        asked: int = 0,
    ) -> Read[Verdict] | Failed:
        """Ask for the verdict on an item's document, after all its stages and so before theirs.

        Args:
            item: The item.
            document: What it has become.
            told: Told each answer as it comes.
            asked: How often it was asked before the item was taken up once more.
        """
        last = len(self.library.kinds[item.kind].stages)
        subject = self.subject(item, document)
        return await self.judge.verdict_on(self.engine, subject, told, -last, asked)


class Gate:
    """An engine that is given no more at once than it asks for.

    Where two engines share the items in flight, there are more of these than either wants.
    """

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine = engine
        self._places = asyncio.Semaphore(most)

    async def open(self, constraints: Collection[Constraint] = ()) -> None:
        """Open the engine."""
        await self._engine.open(constraints)

    async def close(self) -> None:
        """Close the engine."""
        await self._engine.close()

    def describe(self) -> EngineInfo:
        """What the engine says of itself."""
        return self._engine.describe()

    async def answer(self, request: Request) -> Completion:
        """Have a request answered once there is a place."""
        async with self._places:
            return await self._engine.answer(request)

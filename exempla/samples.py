"""Samples of a project's documents, written by its engine, which may stay open for the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from exempla.errors import ExemplaError, Interrupted, Problem
from exempla.execute import cancelled_by, job_of, shown
from exempla.project import Project
from exempla.settings import blaming
from generator.engine import Engine, EngineSettings, find_engine
from generator.item import Item
from generator.run import Tally, close_both, constraints_of
from generator.sample import Sample, write_samples
from prompts.constraint import Constraint

_Needed = tuple[EngineSettings, EngineSettings | None, frozenset[type[Constraint]]]
"""The engines, and the forms that they were told of."""


@dataclass(frozen=True, slots=True)
class Written:
    """Samples, in the order of their items."""

    samples: list[Sample]
    asked: int
    stopped: ExemplaError | None = None
    """Why there are fewer, or some of them unfinished."""


class Bench:
    """Writes samples, time and again, and loads the model once."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._judging: Engine | None = None
        """The judge's, where it has one of its own."""
        self._opened_for: _Needed | None = None

    async def write(
        self, project: Project, items: Sequence[Item], tally: Tally, samples: list[Sample]
    ) -> None:
        """Write items as `generator.sample.write_samples` does.

        Raises:
            BadInput: the engine's settings are wrong.
            ExemplaError: the engine or the disk failed.
        """
        kinds = {item.kind: project.library.kinds[item.kind] for item in items}
        constraints = constraints_of(kinds)
        verdicts = [project.judge.rubric.constraint] if project.judge else []
        own = project.judge_engine
        # New wording or limits need no model to be loaded again; a form may not be on offer.
        needed = project.engine, own, frozenset(map(type, [*constraints, *verdicts]))
        with blaming(project.yaml):
            if self._engine is None or self._opened_for != needed:
                await self.close()
                tally.phase = "loading the model"
                self._engine = find_engine(project.engine)
                await self._engine.open(constraints if own else [*constraints, *verdicts])
                if own:
                    self._judging = find_engine(own)
                    await self._judging.open(verdicts)
                self._opened_for = needed
            await write_samples(job_of(project), items, self._engine, tally, samples, self._judging)

    async def close(self) -> None:
        """Let go of the engines; safe to call twice."""
        engine, judging = self._engine, self._judging
        self._engine = self._judging = self._opened_for = None
        if engine is not None:
            await close_both(engine, judging)


def write(
    project: Project,
    items: Sequence[Item],
    show: Callable[[Tally], None],
    stop: Callable[[], Awaitable[None]],
) -> Written:
    """Write samples once.

    Args:
        project: Whose items these are.
        items: No item twice.
        show: Called with the tally now and then.
        stop: The writing is interrupted once this returns.
    """
    samples: list[Sample] = []
    tally = Tally()

    async def session() -> ExemplaError | None:
        bench = Bench()
        try:
            async with cancelled_by(stop), shown(tally, show):
                await bench.write(project, items, tally, samples)
        except asyncio.CancelledError:
            return interrupted(samples, len(items))
        except ExemplaError as error:
            return error
        finally:
            await bench.close()
        return None

    return Written(samples, len(items), asyncio.run(session()))


def interrupted(samples: Sequence[Sample], asked: int) -> Interrupted:
    """Says how many samples were finished."""
    finished = sum(bool(sample.outcome) for sample in samples)
    what = f"{finished} of {asked} samples were finished"
    return Interrupted(Problem(what, "The same command writes them anew."))

"""The engine for machines without a GPU: transformers writes, outlines' llguidance constrains.

Requests of any kind share a batch, each with its own constraint, limit and dice; a short answer
is not held up by a long one.
"""

import asyncio
import itertools
import queue
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np

from exempla.errors import BadInput, Problem
from generator.engine import (
    Completion,
    EngineFailed,
    EngineInfo,
    EngineSettings,
    PromptTooLong,
    Request,
    checked_args,
)
from generator.engines.batch import Arguments, Batch, Row
from generator.model import BUILT_IN
from prompts.constraint import Constraint

PACKAGES = ("torch", "transformers", "outlines", "llguidance")
GATHER_SECONDS = 0.02  # so that the first batch is not of one row

LoadBatch = Callable[[EngineSettings, Arguments], Batch]


class TransformersEngine:
    """Answers on one thread of its own; the event loop only queues and waits."""

    def __init__(self, settings: EngineSettings, load_batch: LoadBatch | None = None) -> None:
        self._load_batch = load_batch or Batch
        self._settings = settings
        self._arguments = checked_args(Arguments, settings)
        for package in PACKAGES:
            if find_spec(package) is None:
                raise ModuleNotFoundError(f"No module named '{package}'", name=package)
        self._thread: ThreadPoolExecutor | None = None
        self._batch: Batch | None = None
        self._waiting: queue.PriorityQueue[tuple[int, int, Row]] = queue.PriorityQueue()
        self._arrivals = itertools.count()
        self._taken: list[Row] = []

    async def open(self, constraints: Collection[Constraint] = ()) -> None:
        """Load the model, fetching the built-in one if need be, and compile the constraints."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="transformers")
        self._batch = await asyncio.wrap_future(self._thread.submit(self._load, constraints))

    async def close(self) -> None:
        """End the thread; what is still waiting fails."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.shutdown, cancel_futures=True)
            self._fail(EngineFailed(Problem("the engine was closed")))
        self._batch = None

    def describe(self) -> EngineInfo:
        """Say which model this is, and by which packages it runs."""
        _, batch = self._opened()
        return EngineInfo(
            "transformers",
            self._settings.model or BUILT_IN,
            f"{batch.revision} {self._arguments.dtype}",
            in_flight=self._settings.in_flight or 2 * self._arguments.batch_size,
            versions={package: version(package) for package in PACKAGES},
        )

    async def answer(self, request: Request) -> Completion:
        """Answer one request; the most urgent, then the oldest, is taken first."""
        thread, _ = self._opened()
        row = Row(request, Future(), np.random.default_rng(request.sampling.seed % 2**64))
        self._waiting.put((request.priority, next(self._arrivals), row))
        thread.submit(self._work)
        return await asyncio.wrap_future(row.answer)

    def _load(self, constraints: Collection[Constraint]) -> Batch:
        batch = self._load_batch(self._settings, self._arguments)
        for constraint in constraints:
            batch.compiled(constraint)
        return batch

    def _opened(self) -> tuple[ThreadPoolExecutor, Batch]:
        if self._thread is None or self._batch is None:
            raise EngineFailed(Problem("the engine is not open"))
        return self._thread, self._batch

    def _work(self) -> None:
        """Write until nobody waits; each request asks for this, and most find it done."""
        if self._waiting.empty() or self._batch is None:
            return
        time.sleep(GATHER_SECONDS)
        try:
            while self._thread is not None and self._admit(self._batch):
                for row in self._batch.step():
                    row.settle(self._batch.completion(row))
        except (RuntimeError, MemoryError, ValueError) as error:
            reason = str(error).strip().split("\n")[0] or type(error).__name__
            remedy = "If memory is short, set a smaller batch_size under engine.args."
            self._fail(EngineFailed(Problem(f"the model failed: {reason}", remedy)))
        except Exception as error:
            self._fail(error)  # a bug: it surfaces where the answer is awaited
            raise

    def _admit(self, batch: Batch) -> bool:
        """Let go of what is finished or given up, take the most urgent; whether there is any."""
        self._taken = [row for row in self._taken if not row.answer.done()]
        while len(self._taken) < self._arguments.batch_size and not self._waiting.empty():
            row = self._waiting.get()[-1]
            if row.answer.cancelled():
                continue
            self._taken.append(row)
            try:
                batch.prepare(row)
            except (PromptTooLong, BadInput) as error:
                row.settle(error)
                self._taken.pop()
        batch.arrange(self._taken)
        return bool(self._taken)

    def _fail(self, error: Exception) -> None:
        while not self._waiting.empty():
            self._taken.append(self._waiting.get()[-1])
        for row in self._taken:
            row.settle(error)
        self._taken = []
        if self._batch is not None:
            self._batch.arrange([])

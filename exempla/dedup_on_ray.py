"""`exempla dedup --ray`: texts are signed by the processes of a Ray cluster, file by file.

Ray Data hands out the files, which all nodes see, and gives back what was made of them; no text
passes through Ray. Everything else is done by the driver, as without a cluster.
"""

import pickle
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import ray
import ray.data
import ray.exceptions
from numpy.typing import NDArray

from dedup.bands import Banding
from dedup.packed import PackedSets
from dedup.reading import Reading, batches, texts_at
from dedup.work import SignedBatch, packed_sets, signed_batch
from exempla.cluster import connect, first_line
from exempla.corpus import RecordFile
from exempla.errors import ExemplaError, Problem

Result = TypeVar("Result")


@contextmanager
def on_ray(address: str) -> Iterator["RayWorkers"]:
    """Workers on a Ray cluster while the block goes on.

    Args:
        address: See `exempla.cluster.connect`.

    Raises:
        BadInput: the cluster cannot be reached.
        ExemplaError: it failed.
    """
    connect(address)
    try:
        yield RayWorkers()
    except ray.exceptions.RayError as error:
        what = f"Ray gave the work up: {first_line(error)}"
        raise ExemplaError(Problem(what, "Run the same command again.")) from error
    finally:
        ray.shutdown()


class RayWorkers:
    """The processes of a cluster; see `dedup.work.Workers`."""

    def signed(
        self, files: Sequence[RecordFile], reading: Reading, cut: Banding
    ) -> Generator[SignedBatch, None, None]:
        """Sign every document."""

        def sign(number: int, file: RecordFile) -> Iterator[SignedBatch]:
            return (signed_batch(number, batch, cut) for batch in batches(file, reading))

        return _mapped(sign, list(enumerate(map(_anywhere, files))))

    def sets(
        self,
        files: Sequence[RecordFile],
        field: tuple[str, ...],
        lines: Sequence[NDArray[np.uint32]],
    ) -> Generator[PackedSets, None, None]:
        """Make the shingles of the documents on these lines of each file."""

        def make(file: RecordFile, numbers: NDArray[np.uint32]) -> Iterator[PackedSets]:
            return map(packed_sets, texts_at(file, field, numbers))

        return _mapped(make, list(zip(map(_anywhere, files), lines, strict=True)))


def _anywhere(file: RecordFile) -> RecordFile:
    """The file as processes find it that run in other folders."""
    return replace(file, path=file.path.resolve())


def _mapped(
    function: Callable[..., Iterator[Result]], arguments: Sequence[tuple[Any, ...]]
) -> Generator[Result, None, None]:
    """What a function gives for each of the arguments, in their order."""

    def told(batch: dict[str, NDArray[Any]]) -> Iterator[dict[str, list[bytes]]]:
        try:
            for result in function(*pickle.loads(batch["arguments"][0])):  # noqa: S301 - ours
                yield {"result": [pickle.dumps(result)]}
        except ExemplaError as error:
            yield {"result": [pickle.dumps(_Failed(type(error), error.problems))]}

    rows = [{"arguments": pickle.dumps(some)} for some in arguments]
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    made = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(told, batch_size=1)
    for row in made.iter_rows():
        result = pickle.loads(row["result"])  # noqa: S301 - ours
        if isinstance(result, _Failed):
            raise result.kind(*result.problems)
        yield result


class _Failed:
    """An error of a worker, to be raised by the driver."""

    def __init__(self, kind: type[ExemplaError], problems: tuple[Problem, ...]) -> None:
        self.kind, self.problems = kind, problems

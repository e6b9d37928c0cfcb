"""Loops that numba compiles; imported by modules that are imported where something is computed.

numba and what it has kept take half a second to load, and the first call on a machine compiles for
some seconds; what was compiled is kept beside its file or, where nothing can be written there, in
the user's cache.
"""

import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast
from zlib import crc32

import numpy as np
from numba import njit
from numba.core.caching import FunctionCache

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])


class _Kept(FunctionCache):
    """Compiled code on the disk. A full disk or a damaged file costs time and no more."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        load: Any = super().load_overload
        with suppress(OSError, EOFError, pickle.UnpicklingError):
            return load(sig, target_context)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        save: Any = super().save_overload
        with suppress(OSError, EOFError, pickle.UnpicklingError):
            save(sig, data)


def compiled(function: FunctionT) -> FunctionT:
    """Have numba compile a function when it is first called, and keep it for later processes.

    It is kept under its qualified name. numba sees when the file of a function changes, but not
    when that of a function it calls does, which may be in its folder or here.
    """
    sources = _sources(Path(function.__code__.co_filename).parent)
    function.__qualname__ = f"{function.__qualname__}-{sources}"
    dispatcher: Any = njit(nogil=True)(function)
    kept: Any = _Kept
    with suppress(RuntimeError):  # numba's for having nowhere to keep it
        dispatcher._cache = kept(function)
    return cast(FunctionT, dispatcher)


@cache
def _sources(folder: Path) -> str:
    files = [*sorted(folder.glob("*.py")), Path(__file__)]
    return f"{crc32(b''.join(file.read_bytes() for file in files)):08x}"


@compiled
def mixed(value: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64 (Steele et al. 2014): every bit reaches every other."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))

"""Loops that numba compiles; imported by modules that are imported where something is computed.

numba's import takes most of a second, and the first call on a machine compiles for some seconds;
what was compiled is kept beside its file or, where nothing can be written there, in the user's
cache.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar, cast
from zlib import crc32

import numpy as np
from numba import njit

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])


def compiled(function: FunctionT) -> FunctionT:
    """Have numba compile a function when it is first called, and keep it for later processes.

    It is kept under its qualified name. numba sees when the file of a function changes, but not
    when that of a function it calls does, which may be in its folder or here.
    """
    sources = _sources(Path(function.__code__.co_filename).parent)
    function.__qualname__ = f"{function.__qualname__}-{sources}"
    try:
        return cast(FunctionT, njit(cache=True, nogil=True)(function))
    except RuntimeError:  # there is nowhere to keep it
        return cast(FunctionT, njit(nogil=True)(function))


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

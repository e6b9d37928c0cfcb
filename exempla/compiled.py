"""Loops that numba compiles; imported by modules that are imported where something is computed.

numba's import takes most of a second, and the first call on a machine compiles for some seconds;
what was compiled is kept beside its file or, where nothing can be written there, in the user's
cache.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])


def compiled(function: FunctionT) -> FunctionT:
    """Have numba compile a function when it is first called, and keep it for later processes."""
    return cast(FunctionT, njit(cache=True, nogil=True)(function))

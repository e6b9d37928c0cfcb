"""Loops that numba compiles; imported by modules that are imported where something is computed.

numba's import takes most of a second, and the first call on a machine compiles for some seconds;
what was compiled is kept beside its file or, where nothing can be written there, in the user's
cache.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])


def compiled(function: FunctionT) -> FunctionT:
    """Have numba compile a function when it is first called, and keep it for later processes."""
    return cast(FunctionT, njit(cache=True, nogil=True)(function))


@compiled
def mixed(value: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64 (Steele et al. 2014): every bit reaches every other."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))

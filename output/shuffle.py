"""Orders that look random and depend on nothing but a number and names."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.bytes_]
"""A hash of 16 bytes for each of many things, shape (things,), dtype S16."""
_BYTES = 16

# What an order is for, so that two orders of the same names are independent. The digit is the
# version of the scheme: raise it with any change that would move a name.
Purpose = Literal["rows-2", "draw-1", "split-2"]


def key_of(name: str) -> bytes:
    """The key of a name: equal only for equal names."""
    return blake2b(name.encode(), digest_size=_BYTES).digest()


def keys_of(names: Iterable[str]) -> Keys:
    """The keys of names, in their order."""
    return keys_from(b"".join(map(key_of, names)))


def keys_from(packed: bytes | bytearray) -> Keys:
    """Keys that stand one behind the other."""
    # numpy takes zeros at the end of such a value for padding, and compares as if they were there.
    return np.frombuffer(bytes(packed), dtype=f"S{_BYTES}")


def places(keys: Keys, seed: int, purpose: Purpose, copy: int = 0) -> Keys:
    """Where each thing stands in an order of its own: sorted, these give the order.

    A thing's place comes from itself, so things that are added go in between and leave the others
    in the order they had.

    Args:
        keys: Of the things.
        seed: Another number gives another order.
        purpose: What the order is for.
        copy: Which of several copies of the things.
    """
    base = blake2b(
        digest_size=_BYTES,
        key=str(seed).encode(),
        person=purpose.encode(),
        salt=copy.to_bytes(8, "little"),
    )
    packed = keys.astype(f"S{_BYTES}").tobytes()

    def place(start: int) -> bytes:
        hashed = base.copy()
        hashed.update(packed[start : start + _BYTES])
        return hashed.digest()

    return keys_from(b"".join(map(place, range(0, len(packed), _BYTES))))

"""An order that looks random and depends on nothing but a number and names."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Literal

# What the order is for, so that two orders of the same names are independent. The digit is the
# version of the scheme: raise it with any change that would move a name.
Purpose = Literal["rows-1", "split-1"]


def shuffled(names: Iterable[str], seed: int, purpose: Purpose) -> list[str]:
    """The names in an order of their own.

    Each name's place comes from itself, so names that are added go in between and leave the others
    in the order they had.
    """
    key = str(seed).encode()
    person = purpose.encode()

    def place(name: str) -> bytes:
        return blake2b(name.encode(), digest_size=16, key=key, person=person).digest()

    return sorted(names, key=place)

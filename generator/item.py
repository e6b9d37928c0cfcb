"""One planned document."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SCHEME = "2"
"""Version of what an id is made from; part of every id."""


@dataclass(frozen=True, slots=True)
class Item:
    """What one document is to be written from."""

    index: int
    """Its number in the plan."""
    id: str
    kind: str
    principle: str
    clause: str
    seed: str | None
    axes: Mapping[str, str]
    """The id of the value on each axis."""
    words: Mapping[str, str]
    """What each axis gives the writer, slots filled."""
    replicate: int
    """How many items of the same chain (kind and clause) come before it."""


def item_id(parts: Iterable[str]) -> str:
    """Name an item by what it is made from.

    Counted: the kind's stages, schemas and templates; the principle's words; the clause; the
    seed's words; the words of each axis value, slots filled, with its system message and tools;
    the replicate. Not counted: its number in the plan, files and places, weights, the token limits
    and attempts of stages, engine and sampling settings. So after an edit only the items that it
    touches have new ids.

    Returns:
        20 hexadecimal digits (80 bits): among 10^8 items a collision has odds of about 10^-8.
    """
    text = "\0".join((SCHEME, *parts))
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def request_seed(item: str, stage: str, attempt: int) -> int:
    """The seed of one request: a function of item, stage and attempt, below 2^63."""
    digest = hashlib.blake2b(f"{item}/{stage}/{attempt}".encode(), digest_size=8)
    return int.from_bytes(digest.digest()) >> 1

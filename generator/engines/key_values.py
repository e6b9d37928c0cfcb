"""Keys and values of a batch: rows taken out, put side by side, and grown in place."""

from dataclasses import dataclass
from typing import Any

ROOM = 128  # columns by which keys and values grow


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the keys and values of some tokens are: in one row of a cache, from `start` on."""

    cache: Any
    row: int
    start: int
    tokens: list[int]


def common(one: list[int], other: list[int]) -> int:
    """How many tokens two prompts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def side_by_side(parts: list[Any], room: int = ROOM) -> Any:
    """Stack keys or values of different length, padded on the left, with room on the right."""
    heads, _, size = parts[0].shape
    width = max(part.shape[1] for part in parts)
    # zeros: a masked column still takes part in a product, and what is not a number stays that
    stack = parts[0].new_zeros(len(parts), heads, width + room, size)
    for row, part in enumerate(parts):
        stack[row, :, width - part.shape[1] : width] = part
    return stack


class Growing:
    """Makes a cache layer of transformers write into room it has left; mixed in when that loads."""

    keys: Any
    values: Any

    def fill(self, keys: list[Any], values: list[Any], room: int = ROOM) -> None:
        """Hold these rows, and room for more columns."""
        self._stacks = side_by_side(keys, room), side_by_side(values, room)
        self.is_initialized, self.dtype, self.device = True, keys[0].dtype, keys[0].device
        self._show(self._stacks[0].shape[2] - room)

    def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Append columns; returns all there are, as the library's layer does."""
        if self.keys is None:
            self.fill(list(key_states), list(value_states))
            return self.keys, self.values
        used = self.keys.shape[2]
        end = used + key_states.shape[2]
        if end > self._stacks[0].shape[2]:
            self.fill(list(self.keys), list(self.values), end - used + ROOM)
        for stack, new in zip(self._stacks, (key_states, value_states), strict=True):
            stack[:, :, used:end] = new
        self._show(end)
        return self.keys, self.values

    def _show(self, end: int) -> None:
        self.keys, self.values = (stack[:, :, :end] for stack in self._stacks)

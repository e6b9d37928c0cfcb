"""Counts that stay small however many values there are."""

from collections import defaultdict
from collections.abc import Iterable


class Tally:
    """Counts values and forgets the rarest where there are too many of them.

    A value that was forgotten and comes again begins anew, so a count can be short, by `short_by`
    at most; values that are more frequent than that are all there.
    """

    def __init__(self, most: int = 200_000) -> None:
        """Keep at most this many values between two calls."""
        self.short_by = 0
        self._most = most
        self._counts = defaultdict[str, int](int)

    def add(self, values: Iterable[str]) -> None:
        """Count each value once more."""
        counts = self._counts
        for value in values:
            counts[value] += 1
        if len(counts) > self._most:
            self._forget()

    def count(self, value: str) -> int:
        """How often a value was counted."""
        return self._counts.get(value, 0)

    def top(self, count: int) -> list[tuple[str, int]]:
        """The most frequent values; of equal ones, the first in the alphabet."""
        return sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0]))[:count]

    def repeated(self) -> int:
        """How many of the counted things have a value that another has too."""
        return sum(count for count in self._counts.values() if count > 1)

    def _forget(self) -> None:
        # Half is let go of, so that this is rare.
        ordered = sorted(self._counts.values(), reverse=True)
        limit = ordered[self._most // 2]
        self.short_by += limit
        for value in [value for value, count in self._counts.items() if count <= limit]:
            del self._counts[value]

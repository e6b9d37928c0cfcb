"""A document as the checks see it: taken apart once, for all of them."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prompts.answer import Chat, Prose


@dataclass(frozen=True)
class Text:
    """The body of a text, or a conversation; what is read of it is read once."""

    body: str
    """Without a title; of a chat, all messages between blank lines."""
    replies: tuple[str, ...] = ()
    """Of a chat, what the assistant says."""

    @classmethod
    def of(cls, document: Prose | Chat) -> "Text":
        """Take a document apart."""
        if isinstance(document, Prose):
            return cls(document.text)
        messages = document.messages
        return cls(
            "\n\n".join(message.content for message in messages),
            tuple(message.content for message in messages if message.role == "assistant"),
        )

    @property
    def is_chat(self) -> bool:
        """Whether it is a conversation."""
        return bool(self.replies)

    @cached_property
    def said(self) -> str:
        """What the model answers for: of a chat, the assistant's messages alone."""
        return "\n\n".join(self.replies) if self.replies else self.body

    @property
    def opening(self) -> str:
        """The text, or the assistant's first message."""
        return self.replies[0] if self.replies else self.body

    @property
    def ending(self) -> str:
        """The text, or the assistant's last message."""
        return self.replies[-1] if self.replies else self.body

    @cached_property
    def lower(self) -> str:
        """The body in lower case."""
        return self.body.lower()

    @cached_property
    def hashed(self) -> "Hashed":
        """The words as the compiled loops take them."""
        return hashed(self.lower)

    def runs(self, size: int) -> NDArray[np.uint64]:
        """A hash of each run of `size` words."""
        if size not in self._runs:
            from generator.checks.compiled import ngrams

            self._runs[size] = ngrams(self.hashed.words, size)
        return self._runs[size]

    @cached_property
    def _runs(self) -> dict[int, NDArray[np.uint64]]:
        return {}


class Hashed(NamedTuple):
    """The words of a text, as runs of letters and digits."""

    data: NDArray[np.uint8]
    """The lower-cased text in UTF-8."""
    words: NDArray[np.uint64]
    """A hash of each word."""
    starts: NDArray[np.int64]
    """The place of each word's first byte."""
    ends: NDArray[np.int64]
    """The place after its last."""

    def between(self, first: int, last: int) -> str:
        """The words from one to another, both included."""
        cuts = zip(self.starts[first : last + 1], self.ends[first : last + 1], strict=True)
        parts = (self.data[start:end].tobytes() for start, end in cuts)
        return b" ".join(parts).decode("utf-8", "replace")


def hashed(lower: str) -> Hashed:
    """Take lower-cased text apart into words."""
    # numba is loaded where there is something to compute.
    from generator.checks.compiled import tokens

    data = np.frombuffer(lower.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    return Hashed(data, *tokens(data))


class Lexicon:
    """Words with bits, looked up in a whole text at once: which checks have anything to look at."""

    def __init__(self, *groups: str) -> None:
        """Take groups of lower-case words, with spaces between; group n has the bit n."""
        self._groups = [frozenset(group.split()) for group in groups]

    @cached_property
    def table(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Hashes of the words, and the bits of the groups that have them."""
        from generator.checks.compiled import stored

        words = sorted(frozenset().union(*self._groups))
        keys = np.array([hashed(word).words[0] for word in words], dtype=np.uint64)
        bits = [sum((word in group) << n for n, group in enumerate(self._groups)) for word in words]
        return stored(keys, np.array(bits, dtype=np.int64), 4)

    def bits(self, text: Text) -> int:
        """The bits of all groups of which a word stands in the text."""
        from generator.checks.compiled import all_values

        return all_values(text.hashed.words, *self.table)


def any_of(*patterns: str) -> re.Pattern[str]:
    """One pattern of several, whatever the case."""
    return re.compile("|".join(patterns), re.IGNORECASE)


def last_paragraph(text: str) -> str:
    """What stands after the last blank line."""
    return text.rstrip().rpartition("\n\n")[2].strip()

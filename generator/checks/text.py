"""A document as the checks see it: taken apart once, for all of them."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prompts.answer import Chat, Prose

WORD = re.compile(r"\w+")


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
    def parts(self) -> list[str]:
        """What the body is between spaces, lower-cased: words with their marks."""
        return self.lower.split()

    @cached_property
    def words(self) -> list[str]:
        """The words of the body, lower-cased, without marks."""
        return WORD.findall(self.lower)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The different words of the body."""
        return frozenset(self.words)

    @cached_property
    def hashed(self) -> "Hashed":
        """The words as the compiled loops take them."""
        # numba is loaded where there is something to compute.
        from generator.checks.compiled import tokens

        data = np.frombuffer(self.lower.encode("utf-8", "surrogatepass"), dtype=np.uint8)
        return Hashed(data, *tokens(data))


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
        """What stands from one word to another, both included, with single spaces."""
        cut = self.data[self.starts[first] : self.ends[last]].tobytes()
        return " ".join(cut.decode("utf-8", "replace").split())


def last_paragraph(text: str) -> str:
    """What stands after the last blank line."""
    return text.rstrip().rpartition("\n\n")[2].strip()

"""Token counts that are made once and kept in a file."""

import fcntl
import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exempla.atomic import cannot_write, replacing
from exempla.jsonl import dump
from output.row import Row, TextRow
from output.tokenizer import Tokenizer

SAVE_EVERY = 200_000
"""New counts that are lost at most when the process is killed."""

_KNOWN = np.dtype([("key", "S16"), ("tokens", "<i4")])


class TokenCounts:
    """Counts by one tokenizer, kept by the content of what was counted.

    A file holds them for every mix that uses the tokenizer: 20 bytes of each row.
    """

    def __init__(self, tokenizer: Tokenizer, folder: Path) -> None:
        """Go on from what the folder has."""
        self.counted = 0
        """How many were not known before."""
        self.tokenizer = tokenizer
        """What counts."""
        self._file = folder / f"{tokenizer.digest[:16]}.npy"
        self._known = _read(self._file)
        self._new: dict[bytes, int] = {}

    def count(self, rows: Sequence[Row]) -> list[int]:
        """The tokens of each row.

        Raises:
            BadInput: the tokenizer's chat template refuses a conversation.
            ExemplaError: the counts cannot be written.
        """
        keys = list(map(_key, rows))
        found = self._look_up(keys)
        missing = [number for number, tokens in enumerate(found) if tokens is None]
        if missing:
            counted = self.tokenizer.count([rows[number] for number in missing])
            for number, tokens in zip(missing, counted, strict=True):
                self._new[keys[number]] = found[number] = tokens
            self.counted += len(missing)
            if len(self._new) >= SAVE_EVERY:
                self.save()
        return [tokens for tokens in found if tokens is not None]

    def save(self) -> None:
        """Write what was counted, beside what other processes have written meanwhile.

        Where nobody may write, as in somebody else's runs, it is counted again the next time.

        Raises:
            ExemplaError: the disk does not take it.
        """
        if not self._new or not _may_write(self._file.parent):
            return
        new = np.array(list(self._new.items()), _KNOWN)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                both = np.concatenate([_read(self._file), new])
                self._known = both[np.unique(both["key"], return_index=True)[1]]
                with replacing(self._file) as file:
                    np.save(file, self._known, allow_pickle=False)
        except OSError as error:
            raise cannot_write(self._file, error) from error
        self._new = {}

    def _look_up(self, keys: Sequence[bytes]) -> list[int | None]:
        wanted = np.array(keys, "S16")
        where = np.searchsorted(self._known["key"], wanted)
        where[where == len(self._known)] = 0
        known = self._known[where] if len(self._known) else np.zeros(len(keys), _KNOWN)
        return [
            tokens if same else self._new.get(key)
            for key, same, tokens in zip(
                keys, (known["key"] == wanted).tolist(), known["tokens"].tolist(), strict=True
            )
        ]


def _may_write(folder: Path) -> bool:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return os.access(there, os.W_OK)


def _key(row: Row) -> bytes:
    if isinstance(row, TextRow):
        return blake2b(row.text.encode(), digest_size=16, person=b"text").digest()
    return blake2b(dump([row.messages, row.tools]), digest_size=16, person=b"chat").digest()


def _read(file: Path) -> NDArray[np.void]:
    """What a file holds; nothing where there is none, or none that can be read."""
    try:
        known: NDArray[np.void] = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return np.zeros(0, _KNOWN)
    return known if known.dtype == _KNOWN else np.zeros(0, _KNOWN)

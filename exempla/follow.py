"""How far a run is that other processes write: their journals, each read on from the last look."""

import time
from dataclasses import fields
from typing import Any

import orjson

from generator.asking import Spent
from generator.folder import RunFolder
from generator.journal import JournalFile
from generator.plan import Part
from generator.run import Tally


class Follower:
    """Keeps a tally of what is appended to the journals of a run."""

    def __init__(
        self, folder: RunFolder, parts: int, planned: int, size: int | None = None
    ) -> None:
        """Count what was finished before.

        Args:
            folder: The run's.
            parts: Into how many it is divided.
            planned: How many items of the plan are wanted, at least.
            size: Only items with numbers below it count; by default the first `planned`.

        Raises:
            BadInput: a journal is damaged.
        """
        self.parts = parts
        self._wanted = planned
        self.tally = Tally(planned=planned)
        self._journals = [
            _Journal(folder, Part(k, parts), size or planned) for k in range(1, parts + 1)
        ]
        self.tally.found = sum(journal.found for journal in self._journals)

    @property
    def done(self) -> bool:
        """Whether as many items have an outcome as were wanted at first."""
        return self.tally.finished >= self._wanted

    def look(self) -> None:
        """Count what was appended since the last look."""
        for journal in self._journals:
            for record in journal.appended():
                _count(self.tally, record)
        # Further rounds are known to those who write them.
        self.tally.planned = max(self._wanted, self.tally.finished)
        begun = [journal.begun for journal in self._journals if journal.begun]
        if begun and self.tally.began is None:
            self.tally.phase = "writing"
            # Their clocks may differ from ours.
            self.tally.began = time.monotonic() - max(0.0, time.time() - min(begun))


class _Journal:
    """One journal file, of which everything up to an offset has been read."""

    def __init__(self, folder: RunFolder, part: Part, size: int) -> None:
        self._path = folder.journal(part)
        self._begun_file = folder.begun(part)
        self._before = 0.0
        self._before = self._read_begun()
        self.begun = 0.0
        """When a process that is not the one before began to write."""
        self.found = self._offset = 0
        if self._path.exists():
            file = JournalFile(self._path)
            try:
                for line in file.lines():
                    if line.item < size:
                        self.found += bool(line.outcome) - bool(line.again)
                    self._offset = line.end
            finally:
                file.close()

    def appended(self) -> list[dict[str, Any]]:
        """The whole lines that are new.

        Not by JournalFile, which maps the file: a process that takes the part over cuts off a torn
        last line, and a map that reaches beyond the end of its file kills who reads there.
        """
        if not self.begun and (now := self._read_begun()) != self._before:
            self.begun = now
        if not self.begun:
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [orjson.loads(line) for line in whole.splitlines()]

    def _read_begun(self) -> float:
        try:
            return float(orjson.loads(self._begun_file.read_bytes())["at"])
        except OSError:  # not there, or replaced on a network file system while it was read
            return self._before


def _count(tally: Tally, record: dict[str, Any]) -> None:
    if record.get("outcome") == "accepted":
        tally.accepted += 1
    elif "again" in record:
        tally.found -= 1
    elif "outcome" in record:
        tally.rejected[record["reason"]] += 1
    for field in fields(Spent):
        count = record.get(field.name)
        if count is not None:
            setattr(tally.spent, field.name, (getattr(tally.spent, field.name) or 0) + count)

"""A run folder: where its files are, and what about it is frozen."""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from exempla.atomic import cannot_write, replacing
from exempla.errors import BadInput, Problem
from exempla.source import parse_yaml, read_yaml
from generator.plan import Part

GROWING = ("items", "accepted", "tries")
"""Settings of the plan that may become larger while a run goes on."""
NOT_COMPARED = ("versions", "ran_with", "shares")
"""Sections of run.yaml that tell where a run was made, and may change between its processes, or
that follow from others."""


HISTORY = "again"
"""The section of run.yaml that tells of changed limits."""


class RunFolder:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frozen_file = path / "run.yaml"
        self.documents = path / "documents.jsonl"
        self.rejects = path / "rejects.jsonl"
        self.duplicates = path / "duplicates.jsonl"
        self.clusters = path / "clusters.jsonl"
        self.surplus = path / "surplus.jsonl"
        self.quotas = path / "quotas.jsonl"
        self.mixes = path / "mixes"

    def journal(self, part: Part) -> Path:
        """The journal file of a worker."""
        return self.path / "journal" / f"part-{part.number}-of-{part.count}.jsonl"

    def begun(self, part: Part) -> Path:
        """Tells when a worker's process began to write and where in its journal, for rates."""
        return self.journal(part).with_suffix(".begun.json")

    def frozen(self) -> dict[str, Any]:
        """What run.yaml holds.

        Raises:
            BadInput: there is no run here.
        """
        if not self.frozen_file.exists():
            raise BadInput(
                Problem(
                    "there is no run in this folder",
                    "Name a folder that 'exempla run' has written, such as runs/demo.",
                    str(self.path),
                )
            )
        value = read_yaml(self.frozen_file).value
        try:
            plan = value["settings"]["plan"]
            if value["workers"] > 0 and (plan.get("accepted") or plan["items"]) > 0:
                return dict(value)
        except (KeyError, TypeError):
            pass
        raise BadInput(
            Problem(
                "this is not what exempla writes there",
                "Restore the file; the journal beside it can only be read with it.",
                str(self.frozen_file),
            )
        )

    def changed(
        self, frozen: Mapping[str, Any], ignored: Collection[str] = NOT_COMPARED
    ) -> list[str]:
        """Say what differs from what the run was begun with, from what to what.

        Sections that only one side has are not compared, and a plan may grow: a larger one begins
        with the smaller, and what rounds have written beyond a smaller one is counted again.

        Args:
            frozen: What would be frozen now.
            ignored: Sections that are not compared.

        Raises:
            BadInput: there is no run here.
        """
        before, now = self.frozen(), plain(frozen)
        for name in _grown(before, now):
            now["settings"]["plan"][name] = before["settings"]["plan"][name]
        return [
            change
            for section in before
            if section in now and section not in ignored
            for change in changes(section, before[section], now[section])
        ]

    def check(self, frozen: Mapping[str, Any]) -> None:
        """Refuse to go on with a run that was begun with something else, as `changed` tells it.

        Raises:
            BadInput: says what changed, from what to what.
        """
        found = self.changed(frozen) if self.frozen_file.exists() else []
        if found:
            raise BadInput(
                *(Problem(change, file=str(self.frozen_file)) for change in found),
                Problem(
                    "this run was begun with other settings",
                    "Set them back to go on with it, or begin a new run with another 'name'.",
                    str(self.path),
                ),
            )

    def freeze(self, frozen: Mapping[str, Any], part: Part) -> None:
        """Write run.yaml, unless another worker has; then check against it.

        The part names the file that run.yaml is linked from, so that a process which was killed
        in between leaves nothing that the next one does not remove.

        Raises:
            BadInput: the run was begun with something else.
            ExemplaError: the file cannot be written.
        """
        beside = self.journal(part).with_suffix(".run.yaml")
        try:
            with beside.open("w", encoding="utf-8") as file:
                file.write(dump_yaml(frozen))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                # A link appears whole or not at all, and only one of several workers makes it.
                os.link(beside, self.frozen_file)
        except OSError as error:
            raise cannot_write(self.frozen_file, error) from error
        finally:
            with suppress(OSError):
                beside.unlink()
        self.check(frozen)
        before = self.frozen()
        if _grown(before, frozen):
            history = {HISTORY: before[HISTORY]} if HISTORY in before else {}
            self.replace({**frozen, **history})

    def replace(self, frozen: Mapping[str, Any]) -> None:
        """Write run.yaml in place of the one that is there.

        Raises:
            ExemplaError: it cannot be written.
        """
        with replacing(self.frozen_file) as file:
            file.write(dump_yaml(frozen).encode())

    def tidy(self, part: Part) -> None:
        """Remove what a process left that could not begin: folders, and a journal without lines."""
        if not self.frozen_file.exists() and not self.journal(part).stat().st_size:
            with suppress(OSError):
                self.begun(part).unlink(missing_ok=True)
                self.journal(part).unlink()
                self.journal(part).parent.rmdir()
                self.path.rmdir()


def _grown(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Which settings of the plan have become larger."""
    old, new = before["settings"]["plan"], now["settings"]["plan"]
    return [name for name in GROWING if name in old and name in new and new[name] > old[name]]


def dump_yaml(value: Mapping[str, Any]) -> str:
    """Settings as they stand in run.yaml."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = StringIO()
    yaml.dump(value, stream)
    return stream.getvalue()


def plain(frozen: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they are read back from run.yaml."""
    return dict(parse_yaml(dump_yaml(frozen), Path("run.yaml")).value)


def changes(name: str, before: Any, now: Any) -> Iterator[str]:
    """Say what differs between two nested settings, from what to what."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in [*before, *(key for key in now if key not in before)]:
            if key not in now:
                yield f"{name}.{key}: was {before[key]!r}, is gone"
            elif key not in before:
                yield f"{name}.{key}: is new, {now[key]!r}"
            else:
                yield from changes(f"{name}.{key}", before[key], now[key])
    elif before != now:
        yield f"{name}: was {before!r}, is {now!r}"

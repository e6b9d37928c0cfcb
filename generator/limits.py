"""Limits: what decides about a text and does not shape its prompts, so that it may change.

A run goes on under other limits only where it is told to take rejected items up once more;
run.yaml then notes what they were, and every line of a journal that takes an item up names the
limits it was taken up under.
"""

import fcntl
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from exempla.jsonl import dump
from generator.folder import HISTORY, RunFolder, changes, plain

PLACES = (
    ("settings", "checks"),
    ("settings", "judge", "at_least"),
    ("settings", "judge", "allow"),
    ("settings", "judge", "sampling"),
    ("settings", "judge", "max_tokens"),
    ("settings", "judge", "attempts"),
    ("settings", "sampling"),
    ("limits",),
    ("ran_with", "args"),
)
"""Where they stand in run.yaml. Another rubric or judge is none: it would have to judge what is
accepted too."""


_ABSENT = object()
"""What stands where nothing does: a limit may well be null."""


def digest_of_limits(frozen: Mapping[str, Any]) -> str:
    """A short hash of the limits in what run.yaml holds."""
    return hashlib.blake2b(dump(_limits(plain(frozen))), digest_size=4).hexdigest()


def check_rest(folder: RunFolder, frozen: Mapping[str, Any]) -> None:
    """Refuse to go on with a run of which more than the limits has changed.

    Raises:
        BadInput: says what changed, from what to what.
    """
    folder.check(_with_limits(plain(frozen), folder.frozen()))


def change_limits(folder: RunFolder, frozen: Mapping[str, Any], reasons: Sequence[str]) -> None:
    """Put the limits of `frozen` into run.yaml, and note there what changed and for which reasons.

    Raises:
        BadInput: more has changed.
        ExemplaError: the file cannot be written.
    """
    now = plain(frozen)
    with folder.frozen_file.open("rb") as lock:
        # Workers may be told of new limits at the same moment; one of them notes it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        check_rest(folder, frozen)
        before = folder.frozen()
        old, new = _limits(before), _limits(now)
        changed = [change for name in new for change in changes(name, old.get(name), new[name])]
        if not changed:
            return
        noted = {"limits": digest_of_limits(now), "reasons": list(reasons), "changed": changed}
        history = [*before.get(HISTORY, []), noted]
        folder.replace({**_with_limits(before, now), HISTORY: history})


def _limits(frozen: Mapping[str, Any]) -> dict[str, Any]:
    return {
        ".".join(place): found for place in PLACES if (found := _at(frozen, place)) is not _ABSENT
    }


def _at(frozen: Mapping[str, Any], place: Sequence[str]) -> Any:
    found: Any = frozen
    for key in place:
        found = found.get(key, _ABSENT) if isinstance(found, Mapping) else _ABSENT
    return found


def _with_limits(frozen: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """The one with the limits of the other; a place that the other lacks is left out."""
    made = dict(frozen)
    for *path, last in PLACES:
        found = _at(limits, (*path, last))
        if found is _ABSENT and _at(frozen, (*path, last)) is _ABSENT:
            continue
        target = made
        for key in path:
            target[key] = dict(target.get(key) or {})
            target = target[key]
        target.pop(last, None)
        if found is not _ABSENT:
            target[last] = found
    return made

"""What is asked of a server before it gets its first request, so that a run does not begin in vain.

Some servers drop a field that they do not know without a word, so each form of constraint is tried
with one that no model would meet by chance.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from exempla.errors import BadInput, Problem
from generator.engine import Completion, Message, Request, SamplingParams
from generator.engines.exchange import Declined
from generator.engines.openai_api import Dialect, constraint_form, output_field
from prompts.constraint import Constraint

ODD, ODDER = "vkw-87", "qzj-41"
TRIALS: Mapping[str, Any] = {
    "json": {
        "type": "object",
        "properties": {ODDER: {"type": "string", "enum": [ODD]}},
        "required": [ODDER],
        "additionalProperties": False,
    },
    "regex": f"({ODD}|{ODDER})",
    "choice": [ODD, ODDER],
    "grammar": f'root ::= "{ODD}" | "{ODDER}"',
}
"""For each form, what an obedient server can be made to say."""
TRIES = 3
TRIAL_TOKENS, THINKING_TOKENS = 64, 4096
"""Room for a trial; the second for models that think before they answer."""
GLANCE_TOKENS = 16
READING_TOKENS = 64

Unenforced = Literal["refuse", "check"]
Ask = Callable[[bytes], Awaitable[Completion]]
"""Puts a body to one server, patiently. Raises Declined or Fault."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """What was found out about one server."""

    left_out: frozenset[Constraint]
    """Constraints that it will not be sent."""
    reading: float | None
    """Seconds a token with little to do; None where it does not count tokens."""


async def examine(
    url: str,
    ask: Ask,
    dialect: Dialect,
    constraints: Collection[Constraint],
    unenforced: Unenforced,
) -> Terms:
    """See that a server keeps the forms and takes each of the constraints, and how fast it is.

    Raises:
        BadInput: it does not, and that is not allowed.
        Declined: it does not even take a plain request.
        Fault: it does not answer.
    """
    problems: list[Problem] = []
    left_out: set[Constraint] = set()

    def note(what: str, remedy: str) -> None:
        if unenforced == "refuse":
            problems.append(Problem(what, remedy, setting="engine.servers"))
        else:
            log.warning("%s; answers are only checked", what)

    forms: dict[str, list[Constraint]] = {}
    for constraint in constraints:
        forms.setdefault(constraint_form(constraint), []).append(constraint)
    # First of all, so that a wrong key or address is not taken for a lack of constraints.
    await ask(dialect.body(_request("Say hello.", GLANCE_TOKENS)))
    for form, members in forms.items():
        try:
            kept = await _keeps(ask, dialect, form)
        except Declined as declined:
            left_out.update(members)
            note(f"{url} refuses constraints of the form '{form}': {declined}", _REMEDY)
            continue
        if kept is None:
            log.warning("%s thinks too long to tell whether it keeps the form '%s'", url, form)
        elif not kept:
            note(f"{url} does not keep constraints of the form '{form}'", _REMEDY)
            continue
        for constraint in members:
            try:
                await ask(dialect.body(_request("Begin.", GLANCE_TOKENS, constraint)))
            except Declined as declined:
                left_out.add(constraint)
                about = str(constraint)[:120]
                note(f"{url} cannot use the constraint {about}: {declined}", "Simplify it.")
    if problems:
        raise BadInput(*problems)
    return Terms(frozenset(left_out), await _reading(ask, dialect))


_REMEDY = (
    "Use a server that has them, such as vLLM from 0.12 on; or set engine.args.unenforced: check, "
    "and answers that do not match are asked for again, then rejected."
)


def _request(text: str, room: int, constraint: Constraint | None = None) -> Request:
    sampling = SamplingParams(temperature=0.0, top_p=1.0, max_tokens=room, seed=0)
    return Request((Message("user", text),), constraint, sampling, tag="the check of a server")


async def _keeps(ask: Ask, dialect: Dialect, form: str) -> bool | None:
    """Whether a server keeps a form; None where its model thinks too long to tell."""
    name, value = output_field({form: TRIALS[form]})
    room, thinking = TRIAL_TOKENS, False
    for _ in range(TRIES):
        plain = orjson.loads(dialect.body(_request("What is the capital of France?", room)))
        completion = await ask(orjson.dumps({**plain, name: value}))
        if _obeys(form, completion):
            return True
        thinking = completion.finish_reason == "length" and not completion.text.strip()
        if thinking:
            room = THINKING_TOKENS
    return None if thinking else False


def _obeys(form: str, completion: Completion) -> bool:
    if form != "json":
        return completion.text.strip() in (ODD, ODDER)
    expected = orjson.dumps({ODDER: ODD}).decode()
    text = "".join(completion.text.split())
    # Where space is allowed between the parts, a small model may fill its room with it.
    cut = completion.finish_reason == "length" and text != ""
    return text == expected or (cut and expected.startswith(text))


async def _reading(ask: Ask, dialect: Dialect) -> float | None:
    began = time.monotonic()
    completion = await ask(dialect.body(_request("Describe a harbour.", READING_TOKENS)))
    if completion.retries or not completion.completion_tokens:
        return None
    return (time.monotonic() - began) / completion.completion_tokens

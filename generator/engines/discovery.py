"""Which of the servers are there when a run begins, and which models they list."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exempla.errors import BadInput, Problem
from exempla.source import nearest
from generator.engine import EngineFailed
from generator.engines.client import Client
from generator.engines.exchange import Declined, Fault, Unreachable
from generator.engines.openai_api import Served

NOBODY_SECONDS = 30.0
"""For which a run waits where nobody is at any address."""
LOOK_AGAIN_SECONDS = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """Every server is in one of the two, by its URL."""

    listed: dict[str, tuple[Served, ...]]
    absent: dict[str, Fault]


async def discover(client: Client, urls: Sequence[str], give_up_seconds: float) -> Found:
    """Wait until a server is there; those that are not yet may come later.

    Raises:
        BadInput: what is at an address does not list models.
        EngineFailed: a server refuses the key, or none came in time.
    """
    began = time.monotonic()
    while True:
        found = await asyncio.gather(*(_models(client, url) for url in urls))
        answers = dict(zip(urls, found, strict=True))
        listed = {url: models for url, models in answers.items() if not isinstance(models, Fault)}
        absent = {url: models for url, models in answers.items() if isinstance(models, Fault)}
        if listed:
            return Found(listed, absent)
        nobody = all(isinstance(fault, Unreachable) for fault in absent.values())
        limit = min(NOBODY_SECONDS, give_up_seconds) if nobody else give_up_seconds
        words = "; ".join(f"{url}: {fault}" for url, fault in absent.items())
        if time.monotonic() - began > limit:
            raise EngineFailed(
                Problem(
                    f"no server answers after {limit:.0f} s: {words}",
                    "Start the servers, or correct engine.servers; then run the same command.",
                )
            )
        log.warning("no server answers yet: %s", words)
        await asyncio.sleep(min(LOOK_AGAIN_SECONDS, limit))


async def _models(client: Client, url: str) -> tuple[Served, ...] | Fault:
    try:
        return await client.models(url)
    except Fault as fault:
        return fault
    except Declined as declined:
        if declined.status in (401, 403):
            raise EngineFailed(
                Problem(f"{url} refuses: {declined}", remedy(declined.status))
            ) from declined
        raise BadInput(
            Problem(
                f"{url}/models is no list of models: {declined}",
                "Name the base URL up to and with /v1.",
                setting="engine.servers",
            )
        ) from declined


def agreed_model(listed: Mapping[str, Sequence[Served]], wanted: str | None) -> Served:
    """The model that all servers have.

    Args:
        listed: What each server lists, by its URL.
        wanted: The model that the settings name, if they do.

    Raises:
        BadInput: a server lacks the model, or there is a choice and none was made.
    """
    names = {url: [model.name for model in models] for url, models in listed.items()}
    if wanted is None:
        choice = {name for own in names.values() for name in own}
        if len(choice) != 1 or not all(names.values()):
            lists = "; ".join(f"{url}: {', '.join(own) or 'none'}" for url, own in names.items())
            raise BadInput(
                Problem(
                    f"it is not clear which model to ask for; the servers list {lists}",
                    "Name one that all of them have.",
                    setting="engine.model",
                )
            )
        wanted = choice.pop()
    lacking = [url for url, own in names.items() if wanted not in own]
    if lacking:
        raise BadInput(
            *(
                Problem(
                    f"{url} does not serve the model '{wanted}'",
                    nearest(wanted, names[url]),
                    setting="engine.model",
                )
                for url in lacking
            )
        )
    roots = {m.root for models in listed.values() for m in models if m.name == wanted}
    return Served(wanted, roots.pop() if len(roots) == 1 else "")


def remedy(status: int) -> str:
    """What to do about a request that a server will not have."""
    match status:
        case 401 | 403:
            return "Name the environment variable that holds the servers' key: engine.api_key_env."
        case 400 | 422:
            return "If the model has no chat template, set engine.prompts: raw."
    return "Check engine.servers and engine.model; what is finished is kept."

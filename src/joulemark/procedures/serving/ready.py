"""Whether a server is up, and whether it answers what will be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from joulemark.core.errors import JoulemarkError
from joulemark.core.request import Prompt, Request
from joulemark.workloads.openai.client import Bounds, Client, Load
from joulemark.workloads.openai.get import Got, get, root_of
from joulemark.workloads.openai.target import Target

NOT_YET = frozenset({502, 503, 504})
"""What a server, or what stands before it, answers while it loads its model."""


class ServerError(JoulemarkError):
    """A server that does not start, does not answer, or does not serve the model."""


def is_up(target: Target, timeout_s: float = 5.0) -> bool:
    """Return whether a server is ready to be asked; nothing is generated for that.

    Args:
        target: the server.
        timeout_s: most time for an answer, s.
    """
    root = root_of(target)
    return answers(lambda path: get(target, root + path, timeout_s=timeout_s))


def answers(ask: Callable[[str], Got]) -> bool:
    """Return whether what answers is ready.

    It is if its ``/health`` says so; where it has none, if ``/v1/models`` is answered in any way
    but that it is not ready (some answer 500 where they cannot look models up).

    Args:
        ask: asks for a path.
    """
    health = ask("/health")
    if health.ok:
        return True
    if health.status in NOT_YET or not health.status:
        return False
    models = ask("/v1/models")
    return models.status != 0 and models.status not in NOT_YET


def first_answer(target: Target, wait_s: float = 300.0) -> Request:
    """Ask one short question; some servers load their model only then.

    Args:
        target: whom to ask, and how.
        wait_s: most time for the answer, s.

    Raises:
        ServerError: if it is not answered: what the server said.
        UsageError: if the target makes no sense.
    """
    kept: list[Request] = []
    client = Client(target, lambda request, _: kept.append(request), Bounds(silence_s=wait_s))
    prompt = Prompt(id="first", text="Hello", tokens_out=2)
    load = Load(prompts=[prompt], due_s=[0.0], lasting_s=wait_s)
    asyncio.run(client.drive(load))
    request = kept[0]
    if not request.ok:
        said = f" ({request.status})" if request.status else ""
        raise ServerError(
            f"a first question was {request.outcome}{said}: {request.error}",
            where=target.url,
            remedy=f"see whether it serves {target.model!r} in this way" if request.status else "",
        )
    return request

"""Whether a server is up; nothing is generated to find out."""

from __future__ import annotations

from collections.abc import Callable

from joulemark.core.errors import JoulemarkError
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

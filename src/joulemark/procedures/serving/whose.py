"""Which process serves: whose processor time is the server's, and not its client's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from joulemark.core.errors import UsageError
from joulemark.meters._listener import Listener, descends, listener
from joulemark.workloads.openai.target import Target

ELSEWHERE = "another machine"
WHOLE_MACHINE = 0
"""For ``Options.root_pid``: whatever runs is billed."""

Find = Callable[[str, int], Listener | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Who serves.

    Attributes:
        root_pid: the process whose tree serves; 0 where that cannot be told.
        facts: what the record says of it.
    """

    root_pid: int
    facts: dict[str, Any] = field(default_factory=dict)


def whose(
    target: Target,
    *,
    pid: int | None = None,
    started: int | None = None,
    meters_named: bool = False,
    find: Find = listener,
    within: Callable[[int, int], bool] = descends,
) -> Whose:
    """Return who serves an address.

    A command that was started need not be what serves: docker and ssh only ask others to.

    Args:
        target: the server.
        pid: the process, where it is told.
        started: the first process of a command that was to start it.
        meters_named: whether meters were chosen by name: those of another machine have to be.
        find: finds the process that listens on a port, or says why it cannot.
        within: tells whether a process is another, or was started by it.

    Raises:
        UsageError: if the server is on another machine, and nothing was named that measures it.
    """
    if pid is not None:
        return Whose(root_pid=pid, facts={"process": {"pid": pid, "name": "", "told": True}})
    found = find(*target.address)
    if isinstance(found, Listener):
        own = started is not None and within(found.pid, started)
        root = started if own and started is not None else found.root
        facts = {"pid": root, "name": found.name, "told": False, "started": own}
        return Whose(root_pid=root, facts={"process": facts})
    if ELSEWHERE in found and not meters_named:
        raise UsageError(
            f"the server is on another machine ({found}); the meters here do not see it",
            where=target.url,
            remedy="run joulemark there, or name a meter that measures that machine (--meter)",
        )
    return Whose(root_pid=WHOLE_MACHINE, facts={"process": None, "process_unknown": found})

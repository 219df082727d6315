"""Take in the runs of agents: over the network while a training goes, or from folders later."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from joulemark.core.clock import Anchor
from joulemark.core.errors import JoulemarkError, UnavailableError, UsageError
from joulemark.core.finding import Finding, Severity
from joulemark.procedures.stopping import handled
from joulemark.procedures.training.lacking import finding
from joulemark.procedures.training.nodes import NodeRun, read_node
from joulemark.procedures.training.server import Arrival, Server
from joulemark.procedures.training.wire import TOKEN

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """How agents are taken in.

    Attributes:
        address: host and port to listen on.
        token: the shared token.
        expected: nodes and measured switches.
        inbox: directory for their runs.
        shared: directories that agents' runs may lie in, if this machine shares their files.
        patience_s: how long those are waited for that are gone, or never came.
        first_s: how long the first one is waited for.
        ready: told the port.
        tell: told what happens, a line at a time.
    """

    address: tuple[str, int]
    token: str
    expected: int
    inbox: Path
    shared: tuple[Path, ...] = ()
    patience_s: float = 30.0
    first_s: float = 600.0
    ready: Callable[[int], None] = lambda port: None
    tell: Callable[[str], None] = print


def collect(how: Listening) -> tuple[list[NodeRun], list[Finding]]:
    """Return the runs of all agents that came, and what is wrong with those that did not arrive.

    The first SIGINT or SIGTERM has the agents told to stop, where they wait for that; the second
    has nobody waited for any more.

    Raises:
        UsageError: if strangers could connect and there is no token.
        UnavailableError: if the address cannot be listened on.
    """
    if how.address[0] not in LOOPBACK and not how.token:
        raise UsageError(
            f"listening on {how.address[0]} needs a token that agents know",
            remedy=f"set {TOKEN} to the same random text here and on every node",
        )
    anchor = Anchor(time.time_ns(), time.monotonic_ns())
    server = Server(
        listener=_listener(how.address),
        token=how.token,
        clock=anchor.clock(time.monotonic_ns),
        inbox=how.inbox,
        expected=how.expected,
    )
    how.ready(server.listener.getsockname()[1])

    def stop(number: int, frame: FrameType | None) -> None:
        (server.enough if server.over.is_set() else server.over).set()

    with handled((signal.SIGINT, signal.SIGTERM), stop):
        server.serve(how.patience_s, how.first_s, how.tell)
    nodes: list[NodeRun] = []
    found = list(_turned_away(server))
    for arrival in server.arrivals.values():
        _take(arrival, how, nodes, found)
    return nodes, found


def _listener(address: tuple[str, int]) -> socket.socket:
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise UnavailableError(
            f"cannot listen ({error.strerror or error})",
            where=f"{host}:{port}",
            remedy="choose another --listen",
        ) from None


def _turned_away(server: Server) -> Iterator[Finding]:
    for what in server.turned_away:
        yield finding("turned-away", Severity.NOTE, what)


def _take(arrival: Arrival, how: Listening, nodes: list[NodeRun], found: list[Finding]) -> None:
    """Read the run of an agent: as it arrived, else where it lies, if this machine can see it."""
    who = f"{arrival.identity.part} ({arrival.identity.host})"
    path = arrival.path or _lying(arrival.run, how.shared)
    if path is None:
        heard = time.strftime("%H:%M:%S UTC", time.gmtime(arrival.heard // 10**9))
        what = (
            f"{who} did not deliver: last heard at {heard}; its run {arrival.run} is on that "
            "machine, and joulemark gather RUN… takes it in"
        )
        found.append(finding("not-delivered", Severity.ERROR, what))
        return
    if arrival.path is None:
        what = f"{who} did not deliver; its run was found in {path.parent}"
        found.append(finding("not-delivered", Severity.WARNING, what))
    _read(path, f"{who}: ", nodes, found)


def _lying(run: str, shared: Sequence[Path]) -> Path | None:
    return next((folder / run for folder in shared if (folder / run).is_dir()), None)


def from_folders(paths: Sequence[Path]) -> tuple[list[NodeRun], list[Finding]]:
    """Return the runs in some folders, and what is wrong with those that cannot be read."""
    nodes: list[NodeRun] = []
    found: list[Finding] = []
    for path in paths:
        _read(path, "", nodes, found)
    return nodes, found


def _read(path: Path, who: str, nodes: list[NodeRun], found: list[Finding]) -> None:
    try:
        nodes.append(read_node(path))
    except JoulemarkError as error:
        found.append(finding("damaged", Severity.ERROR, f"{who}{error}"))

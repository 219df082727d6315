"""The gatherer's side of the connections: who came, who left, whose run arrived.

A thread for each connection, no more than a few for each node that is expected. A peer that cannot
prove itself, sends what is no message or too much of it, costs its own connection and is counted.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulemark.core.errors import JoulemarkError, UnavailableError
from joulemark.procedures.training import delivery
from joulemark.procedures.training.identity import Identity, identity_from
from joulemark.procedures.training.wire import Peer, stamp_of, welcome
from joulemark.store.writer import safe_name

MOST_PEERS = 4
"""Connections at once for each agent that is expected …"""
MORE_PEERS = 16
"""… and so many more."""
MOST_NAMED = 20
"""So many peers that were turned away are named; the others are counted."""
_LOOK_S = 0.2
_LEAVE_S = 5.0
"""Time that a connection has to notice that it was ended, s."""


@dataclass(slots=True)
class Arrival:
    """One agent.

    Attributes:
        identity: what it is.
        run: name of its run.
        waits: whether it measures until it is told to stop, and wraps no command.
        came: when it came first, ns of the gatherer's clock.
        heard: when it was heard last, ns.
        connected: whether it is there now.
        path: its run, once it has arrived.
        code: exit code of its command; None while unknown.
    """

    identity: Identity
    run: str
    waits: bool
    came: int
    heard: int
    connected: bool = True
    path: Path | None = None
    code: int | None = None


@dataclass(slots=True)
class Server:
    """Takes agents in until all runs are there, or it is in vain to wait.

    Attributes:
        listener: a listening socket; owned from now on.
        token: the shared token.
        clock: ns.
        inbox: directory that runs go to.
        expected: how many agents there shall be.
        arrivals: those that came, by the name of their run.
        turned_away: what became of peers that are none.
        over: set it to have all agents told to stop.
        enough: set it to wait for nobody any more.
    """

    listener: socket.socket
    token: str
    clock: Callable[[], int]
    inbox: Path
    expected: int
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    turned_away: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    enough: threading.Event = field(default_factory=threading.Event)
    _change: threading.Condition = field(default_factory=threading.Condition)
    _peers: set[Peer] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)
    _closing: bool = False

    def serve(self, patience_s: float, first_s: float, tell: Callable[[str], None]) -> None:
        """Wait for agents and their runs.

        It ends once all that are expected have delivered; or once nobody is connected any more and
        ``patience_s`` have passed since somebody was; or if nobody came within ``first_s``. When
        all commands have ended, those who wait to be told are told.

        Args:
            patience_s: s.
            first_s: s.
            tell: told what happens, a line at a time.
        """
        self.inbox.mkdir(parents=True, exist_ok=True)
        thread = threading.Thread(target=self._accept, daemon=True, name="joulemark-gather")
        thread.start()
        alone = busy = time.monotonic()
        limit, before = first_s, ""
        try:
            while not self._complete() and time.monotonic() - alone < limit:
                with self._change:
                    self._change.wait(_LOOK_S)
                    if any(one.connected for one in self.arrivals.values()):
                        alone, limit = time.monotonic(), patience_s
                    if not self._commands_ended():
                        busy = time.monotonic()
                    if len(self.arrivals) >= self.expected or time.monotonic() - busy > patience_s:
                        self._stop_waiting()
                now = self._summary()
                if now != before:
                    tell(now)
                    before = now
        finally:
            self._close()
            for one in (thread, *self._threads):
                one.join(_LEAVE_S)

    def _complete(self) -> bool:
        with self._change:
            whole = [one for one in self.arrivals.values() if one.path is not None]
            return self.enough.is_set() or len(whole) >= self.expected

    def _commands_ended(self) -> bool:
        """Whether some agents had commands, and all of those have delivered or gone."""
        told = [one for one in self.arrivals.values() if not one.waits]
        return bool(told) and all(one.path is not None or not one.connected for one in told)

    def _stop_waiting(self) -> None:
        if self._commands_ended():
            self.over.set()

    def _summary(self) -> str:
        with self._change:
            there = sum(one.connected for one in self.arrivals.values())
            whole = sum(one.path is not None for one in self.arrivals.values())
            came = len(self.arrivals)
        return f"{came} of {self.expected} came, {there} connected, {whole} delivered"

    def _accept(self) -> None:
        self.listener.settimeout(_LOOK_S)
        while not self._closing:
            try:
                connection, _ = self.listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if len(self._peers) >= MOST_PEERS * self.expected + MORE_PEERS:
                connection.close()
                self._note("more connections than agents could have")
                continue
            thread = threading.Thread(target=self._serve_one, args=(connection,), daemon=True)
            self._threads = [one for one in self._threads if one.is_alive()]
            self._threads.append(thread)
            thread.start()

    def _serve_one(self, connection: socket.socket) -> None:
        arrival: Arrival | None = None
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(connection, self.clock)
        except OSError:
            connection.close()
            return
        with self._change:
            self._peers.add(peer)
        try:
            arrival = self._admitted(peer, welcome(peer, self.token))
            while arrival.path is None:
                self._answer(peer, arrival)
        except UnavailableError as error:
            if arrival is None:
                self._note(str(error))
        except JoulemarkError as error:
            self._note(str(error))
        finally:
            peer.close()
            with self._change:
                self._peers.discard(peer)
                if arrival is not None:
                    arrival.connected = False
                self._change.notify_all()

    def _admitted(self, peer: Peer, hello: Mapping[str, Any]) -> Arrival:
        """Take an agent in; one that comes back is the one it was."""
        identity = identity_from(hello.get("identity"), peer.name)
        run = safe_name(str(hello.get("run"))[:200])
        now = self.clock()
        with self._change:
            known = self.arrivals.get(run)
            if known is None:
                waits = hello.get("waits") is True
                known = self.arrivals[run] = Arrival(identity, run, waits, now, now)
            known.connected, known.heard = True, now
            self._change.notify_all()
        return known

    def _answer(self, peer: Peer, arrival: Arrival) -> None:
        message, came = peer.receive()
        if "run" in message:
            path = delivery.receive(peer, {**message, "run": arrival.run}, self.inbox)
            code = message.get("code")
            with self._change:
                arrival.code = code if isinstance(code, int) else None
                arrival.path = path
            return
        stamp_of(message, "sent", peer.name)
        reply: dict[str, Any] = {"received": came, "stop": self.over.is_set()}
        peer.send({**reply, "answered": self.clock()})
        arrival.heard = came

    def _note(self, what: str) -> None:
        with self._change:
            if len(self.turned_away) < MOST_NAMED:
                self.turned_away.append(what)

    def _close(self) -> None:
        self._closing = True
        self.listener.close()
        with self._change:
            left = list(self._peers)
        for peer in left:
            peer.hang_up()

"""Agents and gatherer on one machine: real connections, meters made up."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from joulemark.core.caution import Code
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import UnavailableError, UsageError
from joulemark.core.finding import Severity
from joulemark.core.mllog import Event, mllog
from joulemark.core.run import Status
from joulemark.formats.inference.parsed import Source
from joulemark.formats.training.power_log import read_power_log
from joulemark.procedures.session import Options
from joulemark.procedures.training import collecting
from joulemark.procedures.training.agent import Asked, run_agent
from joulemark.procedures.training.collecting import Listening, collect
from joulemark.procedures.training.identity import Identity
from joulemark.procedures.training.nodes import read_node
from joulemark.procedures.training.server import Server
from joulemark.procedures.training.wire import Peer, introduce
from joulemark.store.reader import open_run
from tests.procedures.fakes import Steady

TOKEN = "a shared word"
JOB = """
import sys, time
from pathlib import Path
start = time.time_ns()
while time.time_ns() < start + {ns}: pass
Path(sys.argv[1]).write_text({line!r})
sys.exit({code})
"""


def job(log: Path, code: int = 0, seconds: float = 0.3) -> list[str]:
    line = mllog(time.time_ns(), Event.START, "run_start") + "\n"
    program = JOB.format(ns=round(seconds * NS), line=line, code=code)
    return [sys.executable, "-c", program, str(log)]


class NodeMeter(Steady):
    """A node that always takes the same power."""

    def __init__(self) -> None:
        super().__init__(250.0, "node")
        (one,) = self.channels
        self.channels = [
            Channel(name=one.name, meter="steady", part="node", domain=Domain.NODE,
                    quantity=Quantity.ENERGY, unit="uJ", scale=1e-6, update_s=0.001)
        ]  # fmt: skip


def asked(store: Path, port: int | None, said: list[str], **more: Any) -> Asked:
    known: dict[str, Any] = {
        "identity": Identity(host="box", node=0),
        "options": Options(store=store, objects=[NodeMeter()], period_s=0.05),
        "gatherer": None if port is None else ("127.0.0.1", port),
        "token": TOKEN,
        "patience_s": 2.0,
        "say": said.append,
    }
    return Asked(**{**known, **more})


class Gatherer:
    """A server in a thread."""

    def __init__(self, inbox: Path, expected: int, patience_s: float = 1.0) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.server = Server(listener, TOKEN, time.time_ns, inbox, expected)
        self.said: list[str] = []
        self.thread = threading.Thread(
            target=self.server.serve, args=(patience_s, 30.0, self.said.append)
        )

    def wait(self) -> None:
        self.thread.join(30)
        assert not self.thread.is_alive()


@contextmanager
def gatherer(inbox: Path, expected: int, patience_s: float = 1.0) -> Iterator[Gatherer]:
    one = Gatherer(inbox, expected, patience_s)
    one.thread.start()
    try:
        yield one
    finally:
        one.server.enough.set()
        one.wait()


def test_an_agent_measures_compares_clocks_and_delivers(tmp_path: Path) -> None:
    log, said = tmp_path / "result_0.txt", list[str]()
    with gatherer(tmp_path / "inbox", 1) as there:
        how = asked(tmp_path / "store", there.port, said, run_log=log)
        path, code = run_agent(job(log, seconds=1.2), how)
        there.wait()
    assert code == 0
    assert said == []
    (arrival,) = there.server.arrivals.values()
    assert arrival.path == tmp_path / "inbox" / path.name
    assert arrival.code == 0
    assert there.said[-1] == "1 of 1 came, 0 connected, 1 delivered"
    node = read_node(arrival.path)
    assert node.identity == how.identity
    assert len(node.exchanges) >= 8
    offset = node.offset
    assert offset is not None
    away, half = offset.at(node.stored.run.anchor.utc_ns)
    assert abs(away) <= half + 20e6, "one machine has one clock, but for what the system sets"
    assert (arrival.path / "raw/training.log").read_bytes() == log.read_bytes()
    power = read_power_log(Source("node_0.txt", (arrival.path / "raw/node_0.txt").read_bytes()))
    assert power.record.watts == pytest.approx(250, rel=1e-3)
    assert power.hosts == ("box",)
    assert open_run(path).run.status is Status.COMPLETE


def test_a_command_that_fails_is_told_and_its_code_passed_on(tmp_path: Path) -> None:
    said: list[str] = []
    path, code = run_agent(job(tmp_path / "x", code=7), asked(tmp_path / "store", None, said))
    assert code == 7
    assert Code.COMMAND_FAILED in {caution.code for caution in open_run(path).run.cautions}


def test_without_a_gatherer_the_run_is_kept_and_that_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said: list[str] = []
    path, code = run_agent(
        job(tmp_path / "x"), asked(tmp_path / "store", port, said, patience_s=0.0)
    )
    assert code == 0
    assert path.is_dir()
    assert said[0].startswith("not delivered: 127.0.0.1:")
    assert str(path) in said[0]


def test_a_wrong_token_does_not_stop_the_training(tmp_path: Path) -> None:
    said: list[str] = []
    with gatherer(tmp_path / "inbox", 1) as there:
        how = asked(tmp_path / "store", there.port, said, token="guessed")
        _, code = run_agent(job(tmp_path / "x"), how)
    assert code == 0
    assert "the gatherer refuses: it does not know the token" in said[0]
    assert there.server.arrivals == {}
    assert "does not know the token" in there.server.turned_away[0]


def test_an_agent_without_a_command_stops_when_the_others_are_done(tmp_path: Path) -> None:
    with gatherer(tmp_path / "inbox", 2) as there:
        first = asked(tmp_path / "store", there.port, [])
        run_agent(job(tmp_path / "x"), first)
        switch = asked(
            tmp_path / "store", there.port, [], identity=Identity(host="s", switch="sw_0")
        )
        _, code = run_agent([], switch)
        there.wait()
    assert code == 0
    assert {one.identity.part for one in there.server.arrivals.values()} == {"node_0", "sw_0"}
    assert all(one.path for one in there.server.arrivals.values())


def test_an_agent_without_a_command_ends_by_a_signal(tmp_path: Path) -> None:
    with pestered(signal.SIGTERM):
        path, code = run_agent([], asked(tmp_path / "store", None, []))
    assert code == 0
    assert open_run(path).run.status is Status.COMPLETE


def test_an_agent_that_vanishes_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with gatherer(tmp_path / "inbox", 2, patience_s=0.3) as there:
        peer = _connected(there.port)
        hello = {"identity": Identity(host="gone", node=1).as_json(), "run": "lost", "waits": False}
        introduce(peer, TOKEN, hello)
        peer.send({"sent": 1})
        answer, _ = peer.receive()
        assert answer["stop"] is False
        peer.close()
        run_agent(job(tmp_path / "x"), asked(tmp_path / "store", there.port, []))
        there.wait()
    lost = there.server.arrivals["lost"]
    assert lost.path is None
    assert not lost.connected


@pytest.mark.parametrize(
    ("hello", "line"),
    [
        ({"identity": {"host": "x y"}, "run": "r"}, b""),
        ({"identity": Identity(host="h").as_json(), "run": "../r"}, b""),
        ({"identity": Identity(host="h").as_json(), "run": "r"}, b"nonsense\n"),
        ({"identity": Identity(host="h").as_json(), "run": "r"}, b'{"run":"r","files":7}\n'),
    ],
)
def test_a_peer_that_knows_the_token_and_talks_nonsense(
    tmp_path: Path, hello: dict[str, Any], line: bytes
) -> None:
    with gatherer(tmp_path / "inbox", 1) as there:
        peer = _connected(there.port)
        introduce(peer, TOKEN, hello)
        if line:
            peer.send_bytes(line)
        with pytest.raises(UnavailableError):
            peer.receive()
        peer.close()
    assert len(there.server.turned_away) == 1


@contextmanager
def pestered(number: signal.Signals) -> Iterator[None]:
    """Send this process a signal again and again while the block runs."""
    over = threading.Event()

    def pester() -> None:
        while not over.wait(0.2):
            os.kill(os.getpid(), number)

    before = signal.signal(number, lambda number, frame: None)
    thread = threading.Thread(target=pester)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        signal.signal(number, before)


def _connected(port: int) -> Peer:
    return Peer(socket.create_connection(("127.0.0.1", port)))


def listening(inbox: Path, ready: Callable[[int], None], **more: Any) -> Listening:
    known: dict[str, Any] = {
        "address": ("127.0.0.1", 0), "token": TOKEN, "expected": 1, "inbox": inbox,
        "patience_s": 0.3, "first_s": 0.5, "ready": ready, "tell": lambda text: None,
    }  # fmt: skip
    return Listening(**{**known, **more})


def test_collecting_names_who_did_not_deliver_and_finds_what_is_shared(tmp_path: Path) -> None:
    threads: list[threading.Thread] = []

    def ready(port: int) -> None:
        def come() -> None:
            for run, node in (("lost", 0), (kept.name, 1)):
                peer = _connected(port)
                who = Identity(host="gone", node=node).as_json()
                introduce(peer, TOKEN, {"identity": who, "run": run, "waits": False})
                peer.close()
            stranger = socket.create_connection(("127.0.0.1", port))
            stranger.close()

        threads.append(threading.Thread(target=come))
        threads[0].start()

    kept, _ = run_agent(job(tmp_path / "x"), asked(tmp_path / "store", None, []))
    how = listening(tmp_path / "inbox", ready, expected=2, shared=(tmp_path / "store",))
    nodes, found = collect(how)
    threads[0].join()
    assert [node.stored.path for node in nodes] == [kept]
    texts = {one.severity: one.message for one in found if one.rule == "gather/not-delivered"}
    assert "node_0 (gone) did not deliver: last heard at" in texts[Severity.ERROR]
    assert "node_1 (gone) did not deliver; its run was found in" in texts[Severity.WARNING]


def test_strangers_are_listened_to_only_with_a_token(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a token"):
        collect(listening(tmp_path, lambda port: None, address=("0.0.0.0", 0), token=""))
    with pytest.raises(UnavailableError, match="cannot listen"):
        collect(listening(tmp_path, lambda port: None, address=("192.0.2.1", 1)))


def test_a_signal_ends_the_waiting(tmp_path: Path) -> None:
    with pestered(signal.SIGINT):
        nodes, _ = collect(listening(tmp_path, lambda port: None, first_s=60.0))
    assert nodes == []


def test_a_period_above_a_second_is_refused(tmp_path: Path) -> None:
    slow = Options(store=tmp_path, objects=[NodeMeter()], period_s=2.0)
    with pytest.raises(UsageError, match="a reading a second"):
        run_agent([], asked(tmp_path, None, [], options=slow))
    assert collecting.LOOPBACK

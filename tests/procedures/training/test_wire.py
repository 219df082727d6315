"""Agents and gatherer talk over a socket pair; whoever lies or floods is borne."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from joulemark.core.errors import FormatError, JoulemarkError, UnavailableError, UsageError
from joulemark.procedures.training import delivery
from joulemark.procedures.training.wire import (
    MAX_LINE,
    Peer,
    address_of,
    introduce,
    stamp_of,
    welcome,
)
from joulemark.store.checksums import verify
from tests.procedures.training.made import three


@pytest.fixture
def pair() -> Iterator[tuple[Peer, Peer]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        other, _ = listener.accept()
    peers = Peer(one), Peer(other)
    yield peers
    for peer in peers:
        peer.close()


def both(here: Callable[[], Any], there: Callable[[], Any]) -> tuple[Any, Any]:
    """Do two things at once; return what each gave or raised."""
    said: list[Any] = [None, None]

    def do(place: int, what: Callable[[], Any]) -> None:
        try:
            said[place] = what()
        except JoulemarkError as error:
            said[place] = error

    thread = threading.Thread(target=do, args=(1, there))
    thread.start()
    do(0, here)
    thread.join(20)
    assert not thread.is_alive()
    return said[0], said[1]


def test_both_sides_prove_that_they_know_the_token(pair: tuple[Peer, Peer]) -> None:
    agent, gatherer = pair
    hello = {"identity": {"host": "h"}, "run": "r", "waits": True}
    _, heard = both(lambda: introduce(agent, "secret", hello), lambda: welcome(gatherer, "secret"))
    assert heard == hello


def test_the_token_is_never_sent(pair: tuple[Peer, Peer]) -> None:
    agent, gatherer = pair
    gatherer.send({"joulemark": 1, "challenge": "c"})

    def listen() -> dict[str, Any]:
        said, _ = gatherer.receive()
        gatherer.send({"welcome": 1, "proof": "wrong"})
        return said

    error, said = both(lambda: introduce(agent, "secret", {}), listen)
    assert isinstance(error, UsageError)
    assert "gatherer does not know the token" in str(error)
    assert "secret" not in json.dumps(said)


def test_who_does_not_know_it_is_refused_and_told(pair: tuple[Peer, Peer]) -> None:
    agent, gatherer = pair
    here, there = both(lambda: introduce(agent, "guess", {}), lambda: welcome(gatherer, "secret"))
    assert isinstance(here, UsageError)
    assert "refuses: it does not know the token in JOULEMARK_TOKEN" in str(here)
    assert isinstance(there, UsageError)
    assert "guess" not in str(here) + str(there)


def test_text_that_is_no_text_is_no_proof(pair: tuple[Peer, Peer]) -> None:
    agent, gatherer = pair
    odd = rb'"\ud800"'
    agent.send_bytes(b'{"hello":{"x":%s},"challenge":%s,"proof":%s}\n' % (odd, odd, odd))
    with pytest.raises(UsageError, match="refused"):
        welcome(gatherer, "secret")


@pytest.mark.parametrize("answer", [{}, {"hello": 1}, {"hello": {}, "challenge": 1, "proof": "x"}])
def test_no_agent_is_no_agent(pair: tuple[Peer, Peer], answer: dict[str, Any]) -> None:
    agent, gatherer = pair
    agent.send(answer)
    with pytest.raises(FormatError, match="no agent of joulemark"):
        welcome(gatherer, "")


def test_no_gatherer_is_no_gatherer(pair: tuple[Peer, Peer]) -> None:
    agent, gatherer = pair
    gatherer.send({"joulemark": 99, "challenge": "c"})
    with pytest.raises(FormatError, match="no gatherer of this version"):
        introduce(agent, "", {})


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/1.1\r\n", b"[]\n", b"NaN\n", b"\xff\n", b"[" * 5000 + b"\n", b"\n"]
)
def test_lines_that_are_no_message_are_refused(pair: tuple[Peer, Peer], line: bytes) -> None:
    pair[0].send_bytes(line)
    with pytest.raises(FormatError, match="no JSON object"):
        pair[1].receive()


def test_a_line_without_end_is_cut_off(pair: tuple[Peer, Peer]) -> None:
    def flood() -> None:
        for _ in range(MAX_LINE // 65536 + 40):
            pair[0].send_bytes(b"x" * 65536)

    def listen() -> None:
        try:
            pair[1].receive()
        finally:
            pair[1].close()

    _, error = both(flood, listen)
    assert isinstance(error, FormatError)
    assert "longer than" in str(error)


def test_a_connection_that_ends_is_told(pair: tuple[Peer, Peer]) -> None:
    pair[0].hang_up()
    with pytest.raises(UnavailableError, match="the connection ended"):
        pair[1].receive()


def test_stamps_are_whole_numbers() -> None:
    assert stamp_of({"sent": 5}, "sent", "p") == 5
    for value in (None, -1, 1 << 62, True, 1.5, "5"):
        with pytest.raises(FormatError, match="no stamp"):
            stamp_of({"sent": value}, "sent", "p")


def test_addresses() -> None:
    assert address_of("head") == ("head", 8377)
    assert address_of("head:99") == ("head", 99)
    assert address_of(":99") == ("127.0.0.1", 99)
    assert address_of("[::1]:99") == ("::1", 99)
    assert address_of("[::1]") == ("::1", 8377)
    for text in ("head:x", "head:70000", "a b:1"):
        with pytest.raises(UsageError, match="no address"):
            address_of(text)


def test_a_run_arrives_as_it_was(pair: tuple[Peer, Peer], tmp_path: Path) -> None:
    run, *_ = three(tmp_path / "store")
    inbox = tmp_path / "inbox"
    inbox.mkdir()

    def take() -> Path:
        message, _ = pair[1].receive()
        return delivery.receive(pair[1], message, inbox)

    lost, path = both(lambda: delivery.send(pair[0], run, 0), take)
    assert lost == ""
    assert path == inbox / run.name
    assert verify(path) == []
    assert [p.name for p in inbox.iterdir()] == [run.name]


def test_a_run_that_came_damaged_is_not_kept(pair: tuple[Peer, Peer], tmp_path: Path) -> None:
    digest = hashlib.sha256(b"one").hexdigest()
    pair[0].send_bytes(b"two")
    with pytest.raises(FormatError, match="came damaged"):
        delivery.receive(pair[1], {"run": "r", "files": [["run.json", 3, digest]]}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_came_in_part_is_not_kept(pair: tuple[Peer, Peer], tmp_path: Path) -> None:
    pair[0].send_bytes(b"tw")
    pair[0].hang_up()
    with pytest.raises(UnavailableError):
        delivery.receive(pair[1], {"run": "r", "files": [["run.json", 3, "0" * 64]]}, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("run", "files"),
    [
        ("r", None),
        ("../r", []),
        (5, []),
        ("r", [["../../etc/passwd", 1, "0" * 64]]),
        ("r", [["raw/../../x", 1, "0" * 64]]),
        ("r", [["raw/.hidden", 1, "0" * 64]]),
        ("r", [["run.json", -1, "0" * 64]]),
        ("r", [["run.json", True, "0" * 64]]),
        ("r", [["run.json", 1 << 60, "0" * 64]]),
        ("r", [["run.json", 1, "0"]]),
        ("r", [["run.json", 1]]),
        ("r", [["run.json", 0, "0" * 64]] * 2),
        ("r", [5]),
        ("r", [["run.json", 0, "0" * 64]] * 1001),
    ],
)
def test_what_is_no_list_of_a_run_is_refused(
    pair: tuple[Peer, Peer], tmp_path: Path, run: Any, files: Any
) -> None:
    with pytest.raises(FormatError):
        delivery.receive(pair[1], {"run": run, "files": files}, tmp_path)
    assert list(tmp_path.iterdir()) == []

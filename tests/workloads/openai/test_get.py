"""Small questions beside a load: bounded in time and size, whatever comes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from joulemark.virtual.redfish.certificate import self_signed
from joulemark.virtual.serving.instrument import Serving
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
from joulemark.workloads.openai.get import get, root_of
from joulemark.workloads.openai.target import Target


@contextmanager
def saying(*pieces: bytes, every_s: float = 0.0) -> Iterator[tuple[Target, list[bytes]]]:
    """Answer one question with these bytes, then close."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as line:

        def serve() -> None:
            one, _ = line.accept()
            with one:
                heard.append(one.recv(9999))
                for piece in pieces:
                    try:
                        one.sendall(piece)
                    except OSError:
                        return
                    time.sleep(every_s)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{line.getsockname()[1]}/v1"
        yield Target(url=url, model="m", key="secret"), heard
        thread.join(10)


def test_an_answer_is_read_and_the_key_is_given() -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", b"good") as (target, heard):
        got = get(target, "/metrics")
    assert (got.ok, got.body) == (True, b"good")
    assert heard[0].startswith(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Authorization: Bearer secret\r\n" in heard[0]


def test_an_answer_may_end_with_its_connection() -> None:
    with saying(b"HTTP/1.0 404 No\r\n\r\nnothing here") as (target, _):
        got = get(target, "/metrics")
    assert (got.ok, got.status, got.body) == (False, 404, b"nothing here")


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([b"SSH-2.0-OpenSSH\r\n"], "no HTTP"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], "ended before"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + b"x" * 200], "longer than 100 bytes"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n"], "chunk"),
        ([], "ended before"),
    ],
)
def test_a_bad_answer_is_told_in_words(pieces: list[bytes], said: str) -> None:
    with saying(*pieces) as (target, _):
        got = get(target, "/metrics", most=100, timeout_s=5.0)
    assert not got.ok
    assert said in got.error


def test_a_drip_does_not_hold_it_longer_than_its_bound() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
    begin = time.monotonic()
    with saying(head, *[b"x"] * 60, every_s=0.01) as (target, _):
        got = get(target, "/metrics", timeout_s=0.2)
        assert time.monotonic() - begin < 0.55
    assert got.error == "no whole answer came within 0.2 s"


def test_nobody_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as line:
        port = line.getsockname()[1]
    got = get(Target(url=f"http://127.0.0.1:{port}", model="m"), "/metrics")
    assert got.status == 0
    assert "refused" in got.error


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("http://a:1", ""),
        ("http://a:1/v1/", ""),
        ("http://a:1/v1/chat/completions", ""),
        ("http://a:1/proxy/llama/v1", "/proxy/llama"),
    ],
)
def test_what_is_beside_the_protocol_has_its_own_root(url: str, root: str) -> None:
    assert root_of(Target(url=url, model="m")) == root


def test_over_tls_only_who_is_trusted_is_asked(tmp_path: Path) -> None:
    pytest.importorskip("cryptography", reason="cryptography is not installed")
    certificate = self_signed("127.0.0.1", "localhost")
    certificate.hand_out(tmp_path / "ca.pem")
    script = Serving(first=0.0, step=0.0).script()
    made = ScriptedServer(script, Wrongs(()), context=certificate.context())
    try:
        trusted = Target(url=made.url, model="m", cafile=str(tmp_path / "ca.pem"))
        assert get(trusted, "/health").ok
        strange = get(Target(url=made.url, model="m"), "/health")
    finally:
        made.close()
    assert strange.status == 0
    assert "certificate" in strange.error.lower()

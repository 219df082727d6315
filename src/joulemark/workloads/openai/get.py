"""One small question beside the load: GET, with a bound on time and size."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass

from joulemark.workloads.openai.http import ProtocolError, Reader
from joulemark.workloads.openai.target import AGENT, Target

PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Got:
    """What a server answered.

    Attributes:
        status: of HTTP; 0 where nothing that could be understood came.
        body: of the answer.
        error: what went wrong, in words; empty where the answer is whole.
    """

    status: int
    body: bytes = b""
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether a whole answer of success came."""
        return not self.error and 200 <= self.status < 300


def root_of(target: Target) -> str:
    """Return the path under which a server has what is not of OpenAI's protocol."""
    path = target.parts.path.rstrip("/")
    for last in ("/completions", "/chat", "/v1"):
        path = path.removesuffix(last)
    return path


def get(target: Target, path: str, *, timeout_s: float = 5.0, most: int = 1 << 22) -> Got:
    """Ask a server; return what it answered, or what went wrong. Raises nothing.

    Args:
        target: the server.
        path: what is asked for, after the address.
        timeout_s: most time for all of it, s.
        most: largest body, bytes.
    """
    until = time.monotonic() + timeout_s
    try:
        with _connected(target, timeout_s) as line:
            line.sendall(_question(target, path))
            return _answer(line, until, most)
    except TimeoutError:
        return Got(0, error=f"no whole answer came within {timeout_s:g} s")
    except ProtocolError as error:
        return Got(0, error=str(error))
    except OSError as error:
        return Got(0, error=error.strerror or str(error))


def _answer(line: socket.socket, until: float, most: int) -> Got:
    reader, body = Reader(), bytearray()
    while not reader.done:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line.settimeout(left)
        data = line.recv(PIECE)
        if not data and not reader.end():
            raise ProtocolError("the connection ended before the answer did")
        for piece in reader.feed(data) if data else ():
            body += piece
        if reader.wrong is not None:
            raise reader.wrong
        if len(body) > most:
            raise ProtocolError(f"the answer is longer than {most} bytes")
    return Got(reader.status, bytes(body))


def _connected(target: Target, timeout_s: float) -> socket.socket:
    line = socket.create_connection(target.address, timeout_s)
    context: ssl.SSLContext | None = target.context()
    if context is None:
        return line
    try:
        return context.wrap_socket(line, server_hostname=target.address[0])
    except BaseException:
        line.close()
        raise


def _question(target: Target, path: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {target.parts.netloc}", f"User-Agent: {AGENT}"]
    if target.key:
        lines.append(f"Authorization: Bearer {target.key}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace")

"""What agents and gatherer say to each other: lines of JSON over TCP, and the bytes of files.

1. The gatherer sends its version and a challenge. The agent answers who it is, with a proof that it
   knows the shared token (HMAC-SHA-256 over challenge and answer) and a challenge of its own; the
   gatherer proves itself likewise, or says why it refuses. The token itself is never sent.
2. As often as it likes the agent sends a stamp and gets two back (``accounting.clocks``), and with
   them whether it shall stop.
3. At its end the agent lists the files of its run, with their sizes and SHA-256, and sends them.

What follows the proofs is neither encrypted nor signed: a network that others write to needs a
tunnel. A peer that is hostile gets an error and its connection closed; lines, files and times are
bounded.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, UnavailableError, UsageError
from joulemark.core.jsonlight import dumps, loads

VERSION = 1
PORT = 8377
TOKEN = "JOULEMARK_TOKEN"  # noqa: S105 # the name of a variable
"""Environment variable that holds the shared token."""
MAX_LINE = 256 << 10
TIMEOUT_S = 20.0
"""A peer that says nothing for so long has gone."""
_CHUNK = 1 << 16
_LAST_NS = 1 << 62

Clock = Callable[[], int]


def address_of(text: str, port: int = PORT) -> tuple[str, int]:
    """Return host and port of ``HOST``, ``HOST:PORT``, ``:PORT`` or ``[V6]:PORT``.

    Raises:
        UsageError: if it is neither.
    """
    host, colon, number = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host, number = text, str(port)
    host = host.removeprefix("[").removesuffix("]")
    if not number.isdecimal() or not 0 <= int(number) < 65536 or any(c.isspace() for c in host):
        raise UsageError(f"{text!r} is no address", remedy="write it like node0:8377")
    return host or "127.0.0.1", int(number)


class Peer:
    """One connection.

    Args:
        connection: it; owned from now on.
        clock: stamps what comes, ns.
    """

    def __init__(self, connection: socket.socket, clock: Clock = time.time_ns) -> None:
        """Take over the connection."""
        self._socket = connection
        self._clock = clock
        self._rest = bytearray()
        self._socket.settimeout(TIMEOUT_S)
        host, port = connection.getpeername()[:2]
        self.name = f"{host}:{port}"

    def close(self) -> None:
        """Let go of the connection."""
        self._socket.close()

    def hang_up(self) -> None:
        """End the connection from another thread; whoever uses it is told."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a line.

        Raises:
            UnavailableError: if the connection ended.
        """
        self.send_bytes(dumps(message).encode() + b"\n")

    def send_bytes(self, data: bytes) -> None:
        """Send bytes; raises what :meth:`send` does."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._gone(error) from None

    def receive(self) -> tuple[dict[str, Any], int]:
        """Return the next line, and when it came.

        Raises:
            UnavailableError: if the connection ended, or nothing came for too long.
            FormatError: if it is too long, or no JSON object.
        """
        while (end := self._rest.find(b"\n")) < 0:
            if len(self._rest) > MAX_LINE:
                raise FormatError(f"a line longer than {MAX_LINE} bytes", where=self.name)
            self._rest += self._more(_CHUNK)
        came = self._clock()
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        try:
            message = loads(line)
        except (ValueError, RecursionError):
            message = None
        if len(line) > MAX_LINE or not isinstance(message, dict):
            raise FormatError("what came is no JSON object", where=self.name)
        return message, came

    def receive_file(self, path: Path, size: int, digest: str) -> None:
        """Write the bytes of a file that follow.

        Raises:
            UnavailableError: if the connection ended before its last byte.
            FormatError: if its SHA-256 is another.
            OSError: if it cannot be written.
        """
        seen, left = hashlib.sha256(), size
        with path.open("xb") as file:
            while left:
                if not self._rest:
                    self._rest += self._more(_CHUNK)
                part = bytes(self._rest[:left])
                del self._rest[: len(part)]
                seen.update(part)
                file.write(part)
                left -= len(part)
        if not hmac.compare_digest(seen.hexdigest(), digest):
            raise FormatError(f"{path.name} came damaged", where=self.name)

    def _more(self, most: int) -> bytes:
        try:
            data = self._socket.recv(most)
        except OSError as error:
            raise self._gone(error) from None
        if not data:
            raise UnavailableError("the connection ended", where=self.name)
        return data

    def _gone(self, error: OSError) -> UnavailableError:
        return UnavailableError(
            f"the connection ended ({error.strerror or error})", where=self.name
        )


def welcome(peer: Peer, token: str) -> dict[str, Any]:
    """Be the gatherer's side of the proofs; return what the agent says of itself.

    Raises:
        UsageError: if it does not know the token, or speaks another version; it was told so.
        FormatError: if it sends anything else.
        UnavailableError: if the connection ends.
    """
    challenge = secrets.token_hex(16)
    peer.send({"joulemark": VERSION, "challenge": challenge})
    said, _ = peer.receive()
    hello, theirs, given = said.get("hello"), said.get("challenge"), said.get("proof")
    if not isinstance(hello, dict) or not isinstance(theirs, str) or not isinstance(given, str):
        raise FormatError("no agent of joulemark", where=peer.name)
    wanted = _proof(token, "agent", challenge, hello)
    if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        refuse(peer, f"it does not know the token in {TOKEN}")
    peer.send({"welcome": VERSION, "proof": _proof(token, "gather", theirs, {})})
    return hello


def refuse(peer: Peer, why: str) -> None:
    """Tell a peer why it is refused; always raises UsageError."""
    peer.send({"refused": why})
    raise UsageError(f"an agent was refused: {why}", where=peer.name)


def introduce(peer: Peer, token: str, hello: Mapping[str, Any]) -> None:
    """Be the agent's side of the proofs.

    Raises:
        UsageError: if the gatherer refuses, or does not know the token itself.
        FormatError: if no gatherer answers.
        UnavailableError: if the connection ends.
    """
    first, _ = peer.receive()
    challenge = first.get("challenge")
    if first.get("joulemark") != VERSION or not isinstance(challenge, str):
        raise FormatError("no gatherer of this version of joulemark", where=peer.name)
    mine = secrets.token_hex(16)
    proof = _proof(token, "agent", challenge, hello)
    peer.send({"hello": dict(hello), "challenge": mine, "proof": proof})
    answer, _ = peer.receive()
    if "refused" in answer:
        raise UsageError(f"the gatherer refuses: {str(answer['refused'])[:200]}", where=peer.name)
    given = str(answer.get("proof", "")).encode("utf-8", "replace")
    if not hmac.compare_digest(_proof(token, "gather", mine, {}).encode(), given):
        raise UsageError(f"the gatherer does not know the token in {TOKEN}", where=peer.name)


def _proof(token: str, side: str, challenge: str, said: Mapping[str, Any]) -> str:
    text = dumps([side, challenge, dict(said)])
    return hmac.new(
        token.encode("utf-8", "surrogateescape"), text.encode("utf-8", "surrogatepass"), "sha256"
    ).hexdigest()


def stamp_of(message: Mapping[str, Any], key: str, where: str) -> int:
    """Return a stamp of a message, ns.

    Raises:
        FormatError: if there is none.
    """
    value = message.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LAST_NS:
        raise FormatError(f"no stamp {key!r}", where=where)
    return value

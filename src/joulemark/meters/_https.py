"""HTTP over TLS to one host: one connection, a deadline for the whole of each answer, no way out.

A connection is kept, so that a reading costs one exchange and no handshake. Certificates are
verified unless told otherwise. Nothing leads to another host: no proxy of the environment is asked
and a redirection elsewhere is refused, as our token would go with it. Answers are bounded in size.
Decision 17 tells why this is not DMTF's library.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

from joulemark.core.errors import MeterError, UnavailableError, UsageError
from joulemark.core.record import record
from joulemark.core.scope import suppress

MAX_BODY = 1 << 20
"""Longest answer, bytes."""
MAX_RETRY_AFTER_S = 300.0

Tls = Callable[[socket.socket, str], Any]
"""Wraps a socket to a host of this name."""


class SilentError(MeterError):
    """A host that does not answer."""


@record(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        status: of HTTP.
        headers: by name in small letters; of several of one name the last.
        body: what came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def retry_after_s(self) -> float:
        """Return for how long the device asks to be left alone, s; zero where it does not."""
        text = self.headers.get("retry-after", "").strip()
        return min(float(text), MAX_RETRY_AFTER_S) if text.isascii() and text.isdigit() else 0.0


def tls_context(cafile: str, *, verify: bool) -> ssl.SSLContext:
    """Return how to speak TLS: verified by the system's authorities, or by those in a file.

    Args:
        cafile: certificates of authorities, or the device's own, PEM; empty for the system's.
        verify: whether the device must prove to be the host that was asked for.

    Raises:
        UsageError: if the file has no certificates.
    """
    try:
        context = ssl.create_default_context(cafile=cafile or None)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise UsageError(
            f"no certificates can be read: {getattr(error, 'strerror', None) or error}",
            where=f"cafile {cafile}",
            remedy="give the certificate of the device or of its authority, as PEM",
        ) from None
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Https:
    """The way to one host.

    Args:
        host: name or address.
        port: TCP port.
        tls: wraps the socket; see :func:`tls_context`.
        timeout_s: longest time for an answer, connecting included.
        clock: monotonic, s.

    Attributes:
        handshakes: connections that were made.
    """

    def __init__(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext,
        *,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        self.host = host
        self.port = port
        self.handshakes = 0
        self._tls = tls
        self._timeout_s = timeout_s
        self._clock = clock
        self._line: _Line | None = None
        self._ended = False

    @property
    def origin(self) -> str:
        """Beginning of each address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}" if self.port == 443 else f"https://{host}:{self.port}"

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """Ask for a path and return what comes, whatever its status.

        Raises:
            UnavailableError: if the host cannot be reached, or does not prove who it is.
            MeterError: if it does not answer in time, or not in HTTP.
        """
        if self._ended:  # what was broken off is not taken up again
            self.close()
        deadline = self._clock() + self._timeout_s
        kept = self._line is not None
        try:
            return self._try(method, path, headers, body, deadline)
        except (ConnectionError, http.client.BadStatusLine) as error:
            self.close()
            if not kept or method != "GET" or self._ended:
                raise self._failed(error) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise self._failed(error) from None
        try:  # a connection that was kept may have been closed meanwhile
            return self._try(method, path, headers, body, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise self._failed(error) from None

    def interrupt(self) -> None:
        """End an exchange that another thread is waiting for."""
        self._ended = True
        line = self._line
        if line is not None:
            line.break_off()

    def close(self) -> None:
        """Let the connection go; the next exchange makes another."""
        line, self._line = self._line, None
        if line is not None:
            line.end()

    def _try(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, until: float
    ) -> Reply:
        if self._line is None:
            self._line = _Line(self.host, self.port, self._tls, self._clock)
            self._line.until = until
            self._line.connect()
            self.handshakes += 1
        line = self._line
        line.until = until
        line.request(method, path, body=body, headers=dict(headers))
        with line.getresponse() as answer:
            held = answer.read(MAX_BODY + 1)
            if len(held) > MAX_BODY:
                raise ValueError(f"its answer is longer than {MAX_BODY} bytes")
            if answer.length:  # what is left; None where it was not told
                raise http.client.IncompleteRead(held)
            told = {name.lower(): value for name, value in answer.getheaders()}
            ends = answer.will_close
        if ends:
            self.close()
        return Reply(answer.status, told, held)

    def _failed(self, error: Exception) -> MeterError | UnavailableError:
        where = self.origin
        if isinstance(error, ssl.SSLCertVerificationError):
            return UnavailableError(
                f"its certificate is not trusted ({error.verify_message})",
                where=where,
                remedy="give its certificate, or its authority's, as cafile=PATH; verify=false "
                "takes whoever answers",
            )
        if isinstance(error, TimeoutError):
            return SilentError(f"no answer within {self._timeout_s:g} s", where=where)
        if isinstance(error, socket.gaierror):
            return UnavailableError("there is no such host", where=where, remedy="check host=")
        if isinstance(error, ConnectionResetError | BrokenPipeError | http.client.BadStatusLine):
            return MeterError("it closed the connection", where=where)
        if isinstance(error, OSError):
            said = error.strerror or type(error).__name__
            return SilentError(f"it cannot be reached: {said}", where=where)
        if isinstance(error, http.client.HTTPException):
            return MeterError(f"it does not speak HTTP: {type(error).__name__}", where=where)
        return MeterError(str(error), where=where)


class _Line(http.client.HTTPConnection):
    """A connection whose every wait ends at one deadline, ``until``."""

    default_port = 443

    def __init__(
        self, host: str, port: int, tls: ssl.SSLContext, clock: Callable[[], float]
    ) -> None:
        super().__init__(host, port)
        self.until = 0.0
        self._tls = tls
        self._clock = clock
        self._plain: socket.socket | None = None

    def left(self) -> float:
        """Return the time until the deadline, s.

        Raises:
            TimeoutError: if it has passed.
        """
        left = self.until - self._clock()
        if left <= 0:
            raise TimeoutError
        return left

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), timeout=self.left())
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(self.left())
            self._plain = plain
            secret = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            self._plain = None
            plain.close()
            raise
        self._plain = secret
        self.sock = _Timed(secret, self.left)

    def break_off(self) -> None:
        """Wake whoever waits for the other side."""
        plain = self._plain
        if plain is not None:
            with suppress(OSError):
                socket.socket.shutdown(plain, socket.SHUT_RDWR)

    def end(self) -> None:
        """Close it and its socket."""
        self.close()
        plain, self._plain = self._plain, None
        if plain is not None:
            plain.close()


class _Timed:
    """As much of a socket as :mod:`http.client` uses, with a deadline for all of it together."""

    def __init__(self, plain: socket.socket, left: Callable[[], float]) -> None:
        self._plain = plain
        self._left = left

    def sendall(self, data: bytes) -> None:
        self._plain.settimeout(self._left())
        self._plain.sendall(data)

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(_Raw(self._plain, self._left))

    def close(self) -> None:
        """Leave it to :class:`_Line`: an answer may be read after the end of a connection."""


class _Raw(io.RawIOBase):
    def __init__(self, plain: socket.socket, left: Callable[[], float]) -> None:
        self._plain = plain
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._plain.settimeout(self._left())
        return self._plain.recv_into(buffer)

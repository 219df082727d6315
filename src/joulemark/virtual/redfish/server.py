"""The sockets of a virtual Redfish service."""

from __future__ import annotations

import math
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from joulemark.core.errors import UnavailableError
from joulemark.virtual.redfish.certificate import Certificate
from joulemark.virtual.redfish.service import Answer, Service

MAX_BODY = 65536
IDLE_S = 60.0
DRIP_S = 0.2


class Server:
    """Answers for a service over HTTPS, in threads of its own.

    Args:
        service: what answers.
        certificate: who it claims to be.
        host: address to listen at.
        port: TCP port; 0 for any that is free.

    Attributes:
        port: the port that it listens at.
        handshakes: TLS handshakes so far.
    """

    def __init__(self, service: Service, certificate: Certificate, host: str, port: int) -> None:
        """Begin to listen.

        Raises:
            UnavailableError: if the port is taken.
        """
        try:
            self._server = _Listener((host, port), service, certificate.context())
        except OSError as error:
            raise UnavailableError(
                f"it cannot listen: {error.strerror}",
                where=f"{host}:{port}",
                remedy="another --port, or 0 for any that is free",
            ) from None
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="virtual-redfish", daemon=True
        )
        self._thread.start()

    @property
    def handshakes(self) -> int:
        """TLS handshakes so far."""
        return self._server.handshakes

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        self._server.end()
        self._thread.join()


class _Listener(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = False
    block_on_close = True

    def __init__(self, at: tuple[str, int], service: Service, tls: ssl.SSLContext) -> None:
        self.service = service
        self.ended = threading.Event()
        self.handshakes = 0
        self._tls = tls
        self._lock = threading.Lock()
        self._held: set[socket.socket] = set()
        super().__init__(at, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever went away while it was being answered is no error here."""

    def secured(self, plain: socket.socket) -> socket.socket:
        """Return a connection after its handshake; it is broken off at the end."""
        plain.settimeout(IDLE_S)
        wrapped = self._tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._held.add(wrapped)
        if self.ended.is_set():
            self.let_go(wrapped)
            raise ConnectionError
        try:
            wrapped.do_handshake()
        except BaseException:
            self.let_go(wrapped)
            raise
        with self._lock:
            self.handshakes += 1
        return wrapped

    def let_go(self, held: socket.socket) -> None:
        """Close a connection."""
        with self._lock:
            self._held.discard(held)
        held.close()

    def end(self) -> None:
        """Break off every connection and stop to listen."""
        self.ended.set()
        self.shutdown()
        with self._lock:
            held = list(self._held)
        for each in held:
            try:
                socket.socket.shutdown(each, socket.SHUT_RDWR)
            except OSError:
                continue
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "virtual"
    sys_version = ""
    disable_nagle_algorithm = True
    server: _Listener

    def setup(self) -> None:
        self._secure = self.request
        self._secure = self.request = self.server.secured(self.request)
        super().setup()

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.let_go(self._secure)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.service.answer(self.command, self.path, headers, body)
        if answer.after_s:
            wait = None if math.isinf(answer.after_s) else answer.after_s
            if self.server.ended.wait(wait) or math.isinf(answer.after_s):
                self.close_connection = True
                return
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        told = {"Content-Type": "application/json", "OData-Version": "4.0", **answer.headers}
        for name, value in told.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not answer.slowly:
            self.wfile.write(answer.body)
            return
        for place in range(len(answer.body)):
            if self.server.ended.wait(DRIP_S):
                return
            self.wfile.write(answer.body[place : place + 1])


def since_start() -> Any:
    """Return a clock that counts from now, s."""
    start = time.monotonic()
    return lambda: time.monotonic() - start

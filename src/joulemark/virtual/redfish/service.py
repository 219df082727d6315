"""Who may read a virtual Redfish service, and what it answers; no sockets here."""

from __future__ import annotations

import hmac
import json
import math
import secrets
import threading
from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from joulemark.virtual.faults import Faults
from joulemark.virtual.redfish.resources import (
    ROOT,
    Json,
    Resources,
    collection,
    date_time,
    ref,
    resource,
)
from joulemark.virtual.redfish.wrongs import has_reading, with_readings

LATE_S = 5.0
RETRY_AFTER_S = 2
SESSIONS = f"{ROOT}/SessionService/Sessions"
ELSEWHERE = "https://elsewhere.invalid"
_OPEN = ("/redfish", ROOT, f"{ROOT}/odata")
"""What may be read without a name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back.

    Attributes:
        status: of HTTP.
        body: of the message.
        headers: besides those of every answer.
        after_s: how long it is held back, s; infinite for never.
        slowly: whether it is sent a byte at a time.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    slowly: bool = False


class Service:
    """A Redfish service without its sockets; may be asked by several threads.

    Args:
        resources: what there is.
        user: the only account.
        password: its password.
        elapsed: returns the time since the start, s.
        utc: returns the time, s since 1970.
        faults: of an instrument.
        wrong: see :mod:`joulemark.virtual.redfish.wrongs`.
        session_timeout_s: after so long without a request a session is forgotten.
        most_sessions: that may be open at once.

    Attributes:
        sessions: those that are open, by their ``Id``: token, and when last used.
        asked: requests so far.
        wrong: as given; may be changed while it runs.
    """

    def __init__(
        self,
        resources: Resources,
        *,
        user: str,
        password: str,
        elapsed: Callable[[], float],
        utc: Callable[[], float],
        faults: Faults | None = None,
        wrong: Mapping[str, tuple[float, float]] | None = None,
        session_timeout_s: float = 1800.0,
        most_sessions: int = 16,
    ) -> None:
        """Begin without sessions."""
        self.sessions: dict[str, tuple[str, float]] = {}
        self.asked = 0
        self.wrong = dict(wrong or {})
        self._resources = resources
        self._user, self._password = user, password
        self._elapsed, self._utc = elapsed, utc
        self._faults = faults or Faults()
        self._timeout_s, self._most = session_timeout_s, most_sessions
        self._lock = threading.Lock()
        self._forgot = False

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """Return the answer to a request.

        Args:
            method: of HTTP.
            path: its target.
            headers: by name in small letters.
            body: of the request.
        """
        now = self._elapsed()
        with self._lock:
            self.asked += 1
            count = self.asked
            answer = self._spoilt(now) or self._sound(method, path.rstrip("/"), headers, body, now)
        if self._faults.dropped(count) or self._faults.stalled_since(now) is not None:
            return replace(answer, after_s=math.inf)
        slowly = self._is(now, "drip")
        return replace(answer, slowly=slowly, after_s=LATE_S if self._is(now, "late") else 0.0)

    def _is(self, now: float, name: str) -> bool:
        after, lasting = self.wrong.get(name, (math.inf, 0.0))
        return after <= now < after + lasting

    def _spoilt(self, now: float) -> Answer | None:
        """Return an answer that is none, if that is what goes wrong now."""
        if self._is(now, "expired") and not self._forgot:
            self._forgot = True
            self.sessions.clear()
        if self._is(now, "busy"):
            return _problem(
                503, "ServiceTemporarilyUnavailable", {"Retry-After": str(RETRY_AFTER_S)}
            )
        if self._is(now, "html"):
            page = b"<!DOCTYPE html><html><title>Log in</title><form>\xff</form></html>"
            return Answer(200, page, {"Content-Type": "text/html"})
        if self._is(now, "huge"):
            return Answer(200, b'{"Members": "' + b"x" * (4 << 20) + b'"}')
        if self._is(now, "nested"):
            return Answer(200, b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
        if self._is(now, "redirect"):
            return Answer(302, b"", {"Location": f"{ELSEWHERE}{ROOT}/"})
        return None

    def _sound(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, now: float
    ) -> Answer:
        if method == "GET" and path in _OPEN:
            return self._opened(path, now)
        if method == "POST" and path in (SESSIONS, f"{SESSIONS}/Members"):
            return self._log_in(body, now)
        if not self._known(headers, now):
            return _problem(401, "NoValidSession", {"WWW-Authenticate": 'Basic realm="redfish"'})
        if method == "DELETE" and path.rpartition("/")[0] == SESSIONS:
            gone = self.sessions.pop(path.rpartition("/")[2], None)
            return Answer(204) if gone else _problem(404, "ResourceMissingAtURI")
        if method != "GET":
            return _problem(405, "OperationNotAllowed", {"Allow": "GET"})
        return self._get(path, now)

    def _opened(self, path: str, now: float) -> Answer:
        if path == "/redfish":
            return _json({"v1": f"{ROOT}/"})
        if path == ROOT:
            return _json(self._resources[ROOT](now))
        services = [{"name": "Service", "kind": "Singleton", "url": f"{ROOT}/"}]
        return _json({"@odata.context": f"{ROOT}/$metadata", "value": services})

    def _get(self, path: str, now: float) -> Answer:
        make = self._resources.get(path)
        found = make(now) if make else self._of_sessions(path)
        if found is None:
            return _problem(404, "ResourceMissingAtURI")
        if make and self._is(now, "forbidden") and has_reading(found):
            return _problem(403, "InsufficientPrivilege")
        for name, value in (("null", None), ("text", "312 W")):
            if self._is(now, name):
                found = with_readings(found, value)
        return _json(found)

    def _of_sessions(self, path: str) -> Json | None:
        if path == f"{ROOT}/SessionService":
            return resource(
                path, "SessionService.v1_2_0", "Session Service", ServiceEnabled=True,
                SessionTimeout=round(self._timeout_s), Sessions=ref(SESSIONS),
            )  # fmt: skip
        if path == SESSIONS:
            return collection(SESSIONS, "Session", [f"{SESSIONS}/{key}" for key in self.sessions])
        if path.rpartition("/")[0] == SESSIONS and path.rpartition("/")[2] in self.sessions:
            return self._session(path)
        return None

    def _session(self, path: str) -> Json:
        return resource(
            path, "Session.v1_8_0", "User Session", UserName=self._user, Password=None,
            CreatedTime=date_time(self._utc()),
        )  # fmt: skip

    def _log_in(self, body: bytes, now: float) -> Answer:
        try:
            told = json.loads(body)
            user, password = str(told["UserName"]), str(told["Password"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return _problem(400, "MalformedJSON")
        if not self._is_account(user, password):
            return _problem(401, "NoValidSession")
        self._forget(now)
        if len(self.sessions) >= self._most:
            return _problem(503, "SessionLimitExceeded", {"Retry-After": str(RETRY_AFTER_S)})
        own, token = secrets.token_hex(8), secrets.token_urlsafe(24)
        self.sessions[own] = (token, now)
        path = f"{SESSIONS}/{own}"
        made = _json(self._session(path))
        return replace(made, status=201, headers={"Location": path, "X-Auth-Token": token})

    def _known(self, headers: Mapping[str, str], now: float) -> bool:
        self._forget(now)
        token = headers.get("x-auth-token", "")
        for own, (held, _) in self.sessions.items():
            if token and hmac.compare_digest(held.encode(), token.encode()):
                self.sessions[own] = (held, now)
                return True
        kind, _, both = headers.get("authorization", "").partition(" ")
        try:
            user, _, password = b64decode(both, validate=True).decode().partition(":")
        except (Error, ValueError):
            return False
        return kind == "Basic" and self._is_account(user, password)

    def _is_account(self, user: str, password: str) -> bool:
        given, held = f"{user}:{password}".encode(), f"{self._user}:{self._password}".encode()
        return hmac.compare_digest(given, held)

    def _forget(self, now: float) -> None:
        """Drop the sessions that were not used for long."""
        old = [own for own, (_, used) in self.sessions.items() if now - used > self._timeout_s]
        for own in old:
            del self.sessions[own]


def _json(value: Json) -> Answer:
    return Answer(200, json.dumps(value).encode())


def _problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an error response (DSP0266, 8.6) with a message of the registry Base 1.22."""
    told = {"@Message.ExtendedInfo": [{"MessageId": f"Base.1.22.{message}", "Message": message}]}
    error = {"error": {"code": f"Base.1.22.{message}", "message": message, **told}}
    return Answer(status, json.dumps(error).encode(), headers or {})

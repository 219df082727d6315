"""A session with a Redfish service: DMTF DSP0266, schemas of the bundle DSP8010 2025.4.

The service root is read without a name; then a session is made (``X-Auth-Token``), used for all
readings, renewed when it has expired, and deleted at the end. With ``basic`` the name and the
password go with each request instead, for services without sessions.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from joulemark.core.errors import (
    JoulemarkError,
    MeterError,
    PermissionNeededError,
    UnavailableError,
)
from joulemark.core.jsonlight import dumps, loads
from joulemark.core.scope import suppress
from joulemark.meters._credentials import Credentials
from joulemark.meters._https import Https, Reply
from joulemark.meters._remote import BusyError

ROOT = "/redfish/v1/"
SESSIONS = "/redfish/v1/SessionService/Sessions"
MAX_MEMBERS = 64
"""Members of a collection that are looked at."""
MAX_PATH = 1000
_GONE_ASTRAY = (301, 302, 303, 307, 308)
_BUSY = (429, 503)


class Redfish:
    """A Redfish service.

    Args:
        way: how it is reached.
        who: name and password.
        basic: whether they go with each request, instead of a session.

    Attributes:
        sessions: how many were made.
        root: the service root; known after ``begin``.
    """

    def __init__(self, way: Https, who: Credentials, *, basic: bool = False) -> None:
        """Keep the arguments; nothing is touched."""
        self.way = way
        self.sessions = 0
        self.root: dict[str, Any] = {}
        self._who = who
        self._basic = basic
        self._token = ""
        self._session = ""
        self._moved: dict[str, str] = {}

    def begin(self) -> None:
        """Read the service root and log in.

        Raises:
            UnavailableError: if it cannot be reached, is no Redfish service, or refuses us.
            MeterError: if it does not answer as it should.
        """
        reply = self._exchange("GET", ROOT)
        self.root = self._object(ROOT, reply)
        if "RedfishVersion" not in self.root:
            raise UnavailableError("this is no Redfish service", where=self.way.origin + ROOT)
        self._log_in()

    def get(self, path: str) -> dict[str, Any]:
        """Return a resource.

        Raises:
            PermissionNeededError: if we may not read it.
            MeterError: if it is not there, or the answer is not what it should be.
        """
        reply = self._exchange("GET", path, self._right())
        if reply.status == 401 and not self._basic:
            self._log_in()  # the session has expired
            reply = self._exchange("GET", path, self._right())
        return self._object(path, reply)

    def members(self, path: str) -> list[str]:
        """Return the paths of the members of a collection.

        Raises:
            MeterError: if it cannot be read.
        """
        listed = self.get(path).get("Members")
        found = [link(member) for member in listed] if isinstance(listed, list) else []
        return [each for each in found if each][:MAX_MEMBERS]

    def interrupt(self) -> None:
        """End a question that another thread is waiting for."""
        self.way.interrupt()

    def close(self) -> None:
        """Delete the session and close the connection; a second call does nothing."""
        session, self._session = self._session, ""
        with suppress(JoulemarkError):
            if session:
                self._exchange("DELETE", session, self._right())
        self._token = ""
        self.way.close()

    def _right(self) -> dict[str, str]:
        if self._basic:
            both = f"{self._who.user}:{self._who.password}".encode()
            return {"Authorization": f"Basic {b64encode(both).decode('ascii')}"}
        return {"X-Auth-Token": self._token} if self._token else {}

    def _log_in(self) -> None:
        if self._basic:
            return
        path = link(mapping(self.root, "Links").get("Sessions")) or SESSIONS
        body = dumps({"UserName": self._who.user, "Password": self._who.password}).encode()
        reply = self._exchange("POST", path, {}, body)
        self._check(path, reply)
        token = reply.headers.get("x-auth-token", "")
        if not token or not token.isascii() or not token.isprintable():
            raise MeterError(
                "it gave no token for a session",
                where=self.way.origin + path,
                remedy="auth=basic if it has no sessions",
            )
        self._token, self.sessions = token, self.sessions + 1
        self._session = self._own_path(reply.headers.get("location", ""))

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str] = {}, body: bytes | None = None
    ) -> Reply:
        """Ask, and follow a redirection within this service (``/x`` to ``/x/``) once.

        Raises:
            MeterError: if it redirects to another host.
        """
        told = {"Accept": "application/json", "OData-Version": "4.0", **headers}
        if body is not None:
            told["Content-Type"] = "application/json"
        moved = self._moved.get(path, path)
        reply = self.way.exchange(method, moved, told, body)
        if reply.status not in _GONE_ASTRAY or method != "GET":
            return reply
        there = self._own_path(reply.headers.get("location", ""))
        if not there or there == moved:
            raise MeterError(
                "it redirects to another place, which is not followed",
                where=self.way.origin + path,
                remedy="name the host itself as host=",
            )
        self._moved[path] = there
        return self.way.exchange(method, there, told, body)

    def _own_path(self, location: str) -> str:
        """Return the path of an address of this service; nothing for one of another."""
        try:
            parts = urlsplit(location)
            port = parts.port or 443
        except ValueError:
            return ""
        ours = (parts.scheme, parts.hostname, port) == (
            "https",
            self.way.host.lower(),
            self.way.port,
        )
        if (parts.netloc or parts.scheme) and not ours:
            return ""
        return parts.path if safe(parts.path) else ""

    def _object(self, path: str, reply: Reply) -> dict[str, Any]:
        self._check(path, reply)
        where = self.way.origin + path
        try:
            found = loads(reply.body)
        except (ValueError, RecursionError):
            kind = reply.headers.get("content-type", "of no kind")
            what = f"it answers with no JSON but {len(reply.body)} bytes ({kind:.40})"
            raise MeterError(what, where=where) from None
        if not isinstance(found, dict):
            raise MeterError(f"it answers with a {type(found).__name__}", where=where)
        return found

    def _check(self, path: str, reply: Reply) -> None:
        """Refuse an answer that is none.

        Raises:
            PermissionNeededError: if name and password are wrong, or do not suffice.
            BusyError: if it asks to be left alone.
            MeterError: for any other status but success.
        """
        where = self.way.origin + path
        if reply.status in (401, 403):
            what = "it refuses this name and password"
            if reply.status == 403:
                what = "this user may not do that"
            raise PermissionNeededError(
                what, where=where, remedy="a user with the privilege Login may read sensors"
            )
        if reply.status in _BUSY:
            rest_s = reply.retry_after_s()
            raise BusyError(f"it is busy (status {reply.status})", where=where, rest_s=rest_s)
        if not 200 <= reply.status < 300:
            raise MeterError(f"it answers with status {reply.status}", where=where)


def link(value: object) -> str:
    """Return the path that a reference (``{"@odata.id": …}``) leads to; nothing for none."""
    path = value.get("@odata.id") if isinstance(value, dict) else None
    return path if isinstance(path, str) and safe(path) else ""


def safe(path: str) -> bool:
    """Whether a path is one of a Redfish service and may stand in a request."""
    plain = path.isascii() and path.isprintable() and not set(path) & set(" #?\\")
    return plain and path.startswith("/redfish/") and len(path) <= MAX_PATH


def mapping(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a member that is an object; an empty one if it is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}

"""How a console is let in: Open Session and the four messages of RAKP (sections 13.17 to 13.24)."""

from __future__ import annotations

import hmac
import os
import struct
from collections.abc import Callable

from joulemark.virtual.bmc.ciphers import SUITES, Keys, Suite
from joulemark.virtual.bmc.session import ADMINISTRATOR, Session

OK, NO_ROOM, NO_SESSION, NO_AUTHENTICATION, NO_INTEGRITY = 0x00, 0x01, 0x02, 0x04, 0x05
NO_ROLE, NAME_TOO_LONG, NO_NAME, WRONG_CODE = 0x09, 0x0C, 0x0D, 0x0F
NO_CONFIDENTIALITY, NO_SUITE, SENSELESS = 0x10, 0x11, 0x12
"""Status codes (table 13-15)."""
MOST_SESSIONS = 64
LONGEST_NAME = 16
NAME_ONLY = 0x10
_PAYLOAD = struct.Struct("<BHBB3x")


class Handshake:
    """Lets consoles in.

    Args:
        users: password of each user.
        guid: our own, 16 bytes.
        random: gives so many random bytes.
    """

    def __init__(
        self,
        users: dict[bytes, bytes],
        guid: bytes,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Begin without sessions."""
        self.sessions: dict[int, Session] = {}
        self._users = users
        self._guid = guid
        self._random = random

    def forget(self, now: int) -> None:
        """Drop sessions that were not used for too long."""
        for own in [own for own, session in self.sessions.items() if session.idle(now)]:
            del self.sessions[own]

    def open(self, payload: bytes, now: int) -> bytes | None:
        """Return the answer to an Open Session Request; None if it is too short for one."""
        if len(payload) < 32:
            return None
        tag, wanted = payload[0], payload[1] & 0x0F
        console = payload[4:8]
        suite, status = _suite(payload[8:32])
        if suite is None:
            return bytes([tag, status, 0, 0]) + console
        if wanted > ADMINISTRATOR:
            return bytes([tag, NO_ROLE, 0, 0]) + console
        if len(self.sessions) >= MOST_SESSIONS:
            return bytes([tag, NO_ROOM, 0, 0]) + console
        own = self._new_number()
        highest = wanted or ADMINISTRATOR
        (number,) = struct.unpack("<I", console)
        self.sessions[own] = Session(own, number, suite, now, highest)
        head = bytes([tag, OK, highest, 0]) + console + struct.pack("<I", own)
        return head + _algorithms(suite)

    def _new_number(self) -> int:
        number = 0
        while number == 0 or number in self.sessions:
            (number,) = struct.unpack("<I", self._random(4))
        return number

    def first(self, payload: bytes, now: int) -> bytes | None:
        """Return RAKP message 2, the answer to message 1."""
        if len(payload) < 28:
            return None
        tag, session = payload[0], self._waiting(payload[4:8])
        if session is None:
            return bytes([tag, NO_SESSION, 0, 0]) + bytes(4)
        console = struct.pack("<I", session.console)
        status = self._named(session, payload)
        if status != OK:
            del self.sessions[session.own]
            return bytes([tag, status, 0, 0]) + console
        session.used, session.own_random = now, self._random(16)
        ids = struct.pack("<II", session.console, session.own)
        randoms = session.console_random + session.own_random
        code = session.suite.code(
            self._users[session.user], ids + randoms + self._guid + _who(session)
        )
        return bytes([tag, OK, 0, 0]) + console + session.own_random + self._guid + code

    def _waiting(self, number: bytes) -> Session | None:
        """Return the session of a number that nobody was let into yet."""
        session = self.sessions.get(struct.unpack("<I", number)[0])
        return session if session is not None and session.keys is None else None

    def _named(self, session: Session, payload: bytes) -> int:
        """Note who wants in; return a status code."""
        role, length = payload[24], payload[27]
        name = payload[28 : 28 + length]
        if length > LONGEST_NAME or len(name) < length:
            return NAME_TOO_LONG
        if not 0 <= role & 0x0F <= ADMINISTRATOR:
            return NO_ROLE
        if name not in self._users:
            return NO_NAME
        session.console_random, session.role, session.user = payload[8:24], role, name
        session.highest = min(session.highest, role & 0x0F or ADMINISTRATOR)
        return OK

    def third(self, payload: bytes, now: int) -> bytes | None:
        """Return RAKP message 4, the answer to message 3; None where the console gave up."""
        if len(payload) < 8:
            return None
        tag, told = payload[0], payload[1]
        session = self._waiting(payload[4:8])
        if session is None or not session.own_random:
            return bytes([tag, NO_SESSION, 0, 0]) + bytes(4)
        if told != OK:
            del self.sessions[session.own]
            return None
        console, suite = struct.pack("<I", session.console), session.suite
        password = self._users[session.user]
        expected = suite.code(password, session.own_random + console + _who(session))
        if not hmac.compare_digest(expected, payload[8:]):
            del self.sessions[session.own]
            return bytes([tag, WRONG_CODE, 0, 0]) + console
        session_key = suite.code(
            password, session.console_random + session.own_random + _who(session)
        )
        session.keys, session.used = Keys.of(suite, session_key), now
        proof = session.console_random + struct.pack("<I", session.own) + self._guid
        return bytes([tag, OK, 0, 0]) + console + suite.short_code(session_key, proof)


def _who(session: Session) -> bytes:
    return bytes([session.role, len(session.user)]) + session.user


def _suite(payloads: bytes) -> tuple[Suite | None, int]:
    """Return the suite that a console proposes, or a status code (table 13-9)."""
    chosen = []
    for kind in range(3):
        told, _, length, algorithm = _PAYLOAD.unpack_from(payloads, 8 * kind)
        if told != kind or length not in (0, 8):
            return None, SENSELESS
        chosen.append(None if length == 0 else algorithm & 0x3F)  # none: ours to choose
    known = list(SUITES.values())
    columns = (
        ([suite.authentication for suite in known], NO_AUTHENTICATION),
        ([suite.integrity for suite in known], NO_INTEGRITY),
        ([suite.confidentiality for suite in known], NO_CONFIDENTIALITY),
    )
    for wanted, (there, status) in zip(chosen, columns, strict=True):
        if wanted is not None and wanted not in there:
            return None, status
    for suite in reversed(known):
        have = (suite.authentication, suite.integrity, suite.confidentiality)
        if all(want in (None, has) for want, has in zip(chosen, have, strict=True)):
            return suite, OK
    return None, NO_SUITE


def _algorithms(suite: Suite) -> bytes:
    chosen = (suite.authentication, suite.integrity, suite.confidentiality)
    return b"".join(_PAYLOAD.pack(kind, 0, 8, number) for kind, number in enumerate(chosen))

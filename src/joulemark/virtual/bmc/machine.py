"""The whole controller without a socket: a packet goes in, an answer comes out, or silence."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping

from joulemark.core.clock import NS
from joulemark.virtual.bmc import commands, frames
from joulemark.virtual.bmc.ciphers import Aes
from joulemark.virtual.bmc.handshake import Handshake
from joulemark.virtual.bmc.session import Session
from joulemark.virtual.faults import Faults
from joulemark.virtual.sensor import PowerSensor, Reading
from joulemark.virtual.watts import Watts

LONGEST_PASSWORD = 20
_SEALED = frames.ENCRYPTED | frames.AUTHENTICATED


class VirtualBmc:
    """A baseboard controller whose power is known.

    Args:
        users: password of each user.
        watts: the truth, by seconds after the start.
        clock: UTC, ns.
        faults: what is wrong with it.
        update_s: pace of its sensor.
        dcmi: whether it has power readings at all.
        random: gives so many random bytes.

    Attributes:
        requests: packets that came.
        began: when it was started, ns UTC.
    """

    def __init__(
        self,
        users: Mapping[str, str],
        watts: Watts,
        clock: Callable[[], int],
        *,
        faults: Faults | None = None,
        update_s: float = 1.0,
        dcmi: bool = True,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Start; nothing answers yet by itself.

        Raises:
            MissingExtraError: without the package ``cryptography``.
        """
        self.faults = faults or Faults()
        self.began, self.requests = clock(), 0
        self._clock, self._aes = clock, Aes()
        self._sensor = PowerSensor(watts, update_s, self.faults)
        guid = random(16)
        self._door = Handshake(
            {name.encode(): word.encode() for name, word in users.items()}, guid, random
        )
        self.controller = commands.Controller(
            guid,
            self._read,
            lambda: clock() / NS,
            self.faults.clock_offset,
            self.began / NS,
            dcmi=dcmi,
        )

    @property
    def sessions(self) -> Mapping[int, Session]:
        """The sessions that are open or being opened, by our number."""
        return self._door.sessions

    def _moment(self) -> float:
        return (self._clock() - self.began) / NS

    def _read(self) -> Reading:
        return self._sensor.at(self._moment())

    def handle(self, packet: bytes) -> bytes | None:
        """Return the answer to a packet; None for silence. Whatever comes, it does not fail."""
        self.requests += 1
        stalled = self.faults.stalled_since(self._moment()) is not None
        if stalled or self.faults.dropped(self.requests):
            return None
        if not 4 < len(packet) <= frames.LONGEST or packet[:1] != frames.RMCP[:1]:
            return None
        if packet[3] == frames.CLASS_ASF:
            return frames.pong(packet)
        return self._ipmi(packet) if packet[3] == frames.CLASS_IPMI else None

    def _ipmi(self, packet: bytes) -> bytes | None:
        self._door.forget(self._clock())
        parsed = frames.parse(packet, self._code_length)
        if parsed is None:
            return None
        if parsed.session:
            return self._in_session(parsed)
        if parsed.kind == frames.IPMI_MESSAGE:
            return self._outside(parsed)
        return self._handshake(parsed)

    def _handshake(self, parsed: frames.Packet) -> bytes | None:
        steps = {
            frames.OPEN_REQUEST: self._door.open,
            frames.RAKP_1: self._door.first,
            frames.RAKP_3: self._door.third,
        }
        step = steps.get(parsed.kind)
        if step is None or parsed.encrypted:
            return None
        reply = step(parsed.payload, self._clock())
        return None if reply is None else frames.pack(parsed.kind + 1, 0, 0, reply)

    def _outside(self, parsed: frames.Packet) -> bytes | None:
        message = frames.parse_message(parsed.payload)
        if message is None or parsed.encrypted:
            return None
        reply = frames.pack_answer(message, *commands.answer(self.controller, message, None))
        return frames.pack_old(reply) if parsed.old else frames.pack(parsed.kind, 0, 0, reply)

    def _code_length(self, number: int) -> int:
        session = self._door.sessions.get(number)
        return 0 if session is None else session.suite.code_length

    def _in_session(self, parsed: frames.Packet) -> bytes | None:
        """Answer within a session; a packet that is not sealed by its keys is dropped."""
        session = self._door.sessions.get(parsed.session)
        message = None if session is None else self._opened(session, parsed)
        if session is None or message is None:
            return None
        session.used = self._clock()
        code, data = commands.answer(self.controller, message, session)
        reply = self._sealed(session, frames.pack_answer(message, code, data))
        if (message.function, message.command) == commands.CLOSE and code == commands.OK:
            del self._door.sessions[session.own]
        return reply

    def _opened(self, session: Session, packet: frames.Packet) -> frames.Message | None:
        """Return the request that a packet holds, if it is genuine, whole and new."""
        keys = session.keys
        sealed = packet.authenticated and packet.encrypted and packet.kind == frames.IPMI_MESSAGE
        if keys is None or not sealed:
            return None
        expected = session.suite.short_code(keys.integrity, packet.covered)
        if not hmac.compare_digest(expected, packet.code):
            return None
        if not session.window.admits(packet.sequence):
            return None
        payload = self._aes.unseal(keys.confidentiality, packet.payload)
        return None if payload is None else frames.parse_message(payload)

    def _sealed(self, session: Session, payload: bytes) -> bytes | None:
        keys = session.keys
        if keys is None:
            return None
        session.sent = session.sent % 0xFFFFFFFF + 1
        inside = self._aes.seal(keys.confidentiality, payload)
        packet = frames.pack(frames.IPMI_MESSAGE | _SEALED, session.console, session.sent, inside)
        packet += frames.trailer(packet)
        return packet + session.suite.short_code(keys.integrity, packet[4:])

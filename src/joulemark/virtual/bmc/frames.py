"""Packets of RMCP, of sessions of IPMI 1.5 and 2.0, and messages inside them.

What is too short, of another class or damaged is ``None``: a controller drops it in silence.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

RMCP = b"\x06\x00\xff"
CLASS_ASF, CLASS_IPMI = 0x06, 0x07
AUTH_NONE, AUTH_RMCP_PLUS = 0x00, 0x06
BMC_ADDRESS = 0x20
ENCRYPTED, AUTHENTICATED = 0x80, 0x40
IPMI_MESSAGE = 0x00
OPEN_REQUEST, OPEN_RESPONSE, RAKP_1, RAKP_2, RAKP_3, RAKP_4 = range(0x10, 0x16)
"""Types of payloads (table 13-16)."""
ASF_IANA = b"\x00\x00\x11\xbe"
_PING, _PONG = 0x80, 0x40
_HEADER = struct.Struct("<BBIIH")
_OLD_HEADER = struct.Struct("<BIIB")
LONGEST = 1024
"""More bytes than any packet that is meant for us."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of IPMI.

    Attributes:
        kind: type of the payload.
        session: session of the receiver; 0 outside of one.
        sequence: number within the session.
        payload: what it carries; still encrypted, if it is.
        encrypted: whether it is.
        authenticated: whether it carries a code of integrity.
        old: whether the header is that of IPMI 1.5.
        covered: what the code of integrity is of.
        code: the code.
    """

    kind: int
    session: int
    sequence: int
    payload: bytes
    encrypted: bool = False
    authenticated: bool = False
    old: bool = False
    covered: bytes = b""
    code: bytes = b""


@dataclass(frozen=True, slots=True)
class Message:
    """A request (section 13.8).

    Attributes:
        function: network function.
        command: number of the command.
        data: its data.
        source: address and logical unit of who asks, and number of the request, as they came.
    """

    function: int
    command: int
    data: bytes
    source: bytes


def pong(packet: bytes) -> bytes | None:
    """Return the answer to a presence ping (section 13.2.3); None if it is none."""
    if len(packet) < 12 or packet[4:8] != ASF_IANA or packet[8] != _PING:
        return None
    body = ASF_IANA + bytes(4) + b"\x81" + bytes(7)
    return RMCP + bytes([CLASS_ASF]) + ASF_IANA + bytes([_PONG, packet[9], 0, len(body)]) + body


def parse(packet: bytes, code_length: Callable[[int], int]) -> Packet | None:
    """Return what a packet of class IPMI carries.

    Args:
        packet: all of it.
        code_length: returns how many bytes a code of integrity has in a session.
    """
    if len(packet) <= 4:
        return None
    if packet[4] == AUTH_NONE:
        return _parse_old(packet)
    if packet[4] != AUTH_RMCP_PLUS or len(packet) < 16:
        return None
    _, kind, session, sequence, length = _HEADER.unpack_from(packet, 4)
    end = 16 + length
    if end > len(packet):
        return None
    plain = Packet(kind & 0x3F, session, sequence, packet[16:end], bool(kind & ENCRYPTED))
    return _with_code(packet, plain, end, code_length(session)) if kind & AUTHENTICATED else plain


def _with_code(packet: bytes, plain: Packet, end: int, length: int) -> Packet | None:
    """Return a packet with its code of integrity; None if the trailer is damaged (table 13-8)."""
    covered = packet[4 : len(packet) - length]
    if len(packet) - length < end + 2 or covered[-1] != CLASS_IPMI:
        return None
    if end + covered[-2] + 2 != len(packet) - length:
        return None
    return Packet(
        plain.kind,
        plain.session,
        plain.sequence,
        plain.payload,
        plain.encrypted,
        authenticated=True,
        covered=covered,
        code=packet[len(packet) - length :],
    )


def _parse_old(packet: bytes) -> Packet | None:
    if len(packet) < 14:
        return None
    _, sequence, session, length = _OLD_HEADER.unpack_from(packet, 4)
    if 14 + length > len(packet):
        return None
    return Packet(IPMI_MESSAGE, session, sequence, packet[14 : 14 + length], old=True)


def pack_old(payload: bytes) -> bytes:
    """Return a packet with the header of IPMI 1.5, outside of any session."""
    head = RMCP + bytes([CLASS_IPMI]) + _OLD_HEADER.pack(AUTH_NONE, 0, 0, len(payload))
    return head + payload


def pack(kind: int, session: int, sequence: int, payload: bytes) -> bytes:
    """Return a packet with the header of IPMI 2.0; ``kind`` with its two highest bits."""
    header = _HEADER.pack(AUTH_RMCP_PLUS, kind, session, sequence, len(payload))
    return RMCP + bytes([CLASS_IPMI]) + header + payload


def trailer(packet: bytes) -> bytes:
    """Return what lies between payload and code of integrity: filling and next header."""
    filling = -(len(packet) - 4 + 2) % 4
    return b"\xff" * filling + bytes([filling, CLASS_IPMI])


def checksum(data: bytes) -> int:
    """Return the two's complement of the sum."""
    return -sum(data) & 0xFF


def parse_message(payload: bytes) -> Message | None:
    """Return the request that a payload holds; None for one of wrong checksums or addressee."""
    if len(payload) < 7 or checksum(payload[:2]) != payload[2]:
        return None
    if checksum(payload[3:-1]) != payload[-1] or payload[0] != BMC_ADDRESS:
        return None
    function = payload[1] >> 2
    if function & 1:  # an answer
        return None
    source = bytes([payload[3], payload[4], payload[1] & 3])
    return Message(function, payload[5], payload[6:-1], source)


def pack_answer(message: Message, code: int, data: bytes) -> bytes:
    """Return the answer to a request."""
    address, number, unit = message.source
    head = bytes([address, (message.function + 1) << 2 | number & 3])
    body = bytes([BMC_ADDRESS, number & 0xFC | unit, message.command, code]) + data
    return head + bytes([checksum(head)]) + body + bytes([checksum(body)])

"""A console that talks to a virtual controller packet by packet, so that any of them can be spoilt.

That the controller speaks what others speak, too, is for ipmitool and pyghmi to say.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from joulemark.virtual.bmc import frames
from joulemark.virtual.bmc.ciphers import SUITES, Aes, Keys
from joulemark.virtual.bmc.machine import VirtualBmc

NAME, PASSWORD = b"admin", b"virtual"
OWN_ID = 0xA0A2A3A4
RANDOM = bytes(range(16))


def request(function: int, command: int, data: bytes = b"", number: int = 1) -> bytes:
    """Return a message to the controller."""
    head = bytes([0x20, function << 2])
    body = bytes([0x81, number << 2, command]) + data
    return head + bytes([frames.checksum(head)]) + body + bytes([frames.checksum(body)])


def body(packet: bytes | None) -> bytes:
    """Return the payload of an answer during the handshake."""
    assert packet is not None
    return packet[16:]


@dataclass
class Console:
    """One console.

    Attributes:
        bmc: to whom it speaks.
        suite: its cipher suite.
        password: what it believes the password to be.
        name: whom it says it is.
        role: what it asks for.
        theirs: the controller's number of the session.
        sequence: number of its last packet.
    """

    bmc: VirtualBmc
    suite: int = 17
    password: bytes = PASSWORD
    name: bytes = NAME
    role: int = 0x14
    theirs: bytes = b""
    sequence: int = 0
    keys: Keys = field(default_factory=lambda: Keys(b"", b""))

    def proposal(self) -> bytes:
        """Return an Open Session Request."""
        suite = SUITES[self.suite]
        kinds = (suite.authentication, suite.integrity, suite.confidentiality)
        told = b"".join(struct.pack("<BHBB3x", kind, 0, 8, n) for kind, n in enumerate(kinds))
        return bytes([7, 0, 0, 0]) + struct.pack("<I", OWN_ID) + told

    def open(self) -> None:
        """Open a session that nobody is let into yet."""
        answer = body(self.bmc.handle(frames.pack(frames.OPEN_REQUEST, 0, 0, self.proposal())))
        assert answer[:2] == bytes([7, 0])
        assert answer[4:8] == struct.pack("<I", OWN_ID)
        self.theirs = answer[8:12]

    def first(self) -> bytes:
        """Send RAKP message 1; return the answer."""
        said = bytes([8, 0, 0, 0]) + self.theirs + RANDOM
        said += bytes([self.role, 0, 0, len(self.name)]) + self.name
        return body(self.bmc.handle(frames.pack(frames.RAKP_1, 0, 0, said)))

    def third(self, second: bytes, status: int = 0) -> bytes | None:
        """Send RAKP message 3; return message 4."""
        suite = SUITES[self.suite]
        who = bytes([self.role, len(self.name)]) + self.name
        theirs, guid = second[8:24], second[24:40]
        own = struct.pack("<I", OWN_ID)
        expected = suite.code(self.password, own + self.theirs + RANDOM + theirs + guid + who)
        assert self.password != PASSWORD or expected == second[40:]
        code = suite.code(self.password, theirs + own + who)
        session_key = suite.code(self.password, RANDOM + theirs + who)
        self.keys = Keys.of(suite, session_key)
        said = bytes([9, status, 0, 0]) + self.theirs + code
        answer = self.bmc.handle(frames.pack(frames.RAKP_3, 0, 0, said))
        if answer is not None and answer[17] == 0:
            proof = suite.short_code(session_key, RANDOM + self.theirs + guid)
            assert answer[24:] == proof
        return None if answer is None else answer[16:]

    def log_in(self) -> Console:
        """Do all of it."""
        self.open()
        self.third(self.first())
        return self

    def sealed(self, message: bytes, sequence: int) -> bytes:
        """Return a packet of the session."""
        suite = SUITES[self.suite]
        inside = Aes().seal(self.keys.confidentiality, message)
        (session,) = struct.unpack("<I", self.theirs)
        packet = frames.pack(0xC0, session, sequence, inside)
        packet += frames.trailer(packet)
        return packet + suite.short_code(self.keys.integrity, packet[4:])

    def ask(self, function: int, command: int, data: bytes = b"") -> bytes:
        """Return completion code and data of a command."""
        self.sequence += 1
        sealed = self.sealed(request(function, command, data), self.sequence)
        return self.unsealed(self.bmc.handle(sealed))

    def unsealed(self, packet: bytes | None) -> bytes:
        """Return completion code and data of a packet from the controller."""
        suite = SUITES[self.suite]
        assert packet is not None
        whole = frames.parse(packet, lambda _: suite.code_length)
        assert whole is not None
        assert whole.session == OWN_ID
        assert whole.code == suite.short_code(self.keys.integrity, whole.covered)
        message = Aes().unseal(self.keys.confidentiality, whole.payload)
        assert message is not None
        return message[6:-1]


def ask_outside(bmc: VirtualBmc, function: int, command: int, data: bytes = b"") -> bytes:
    """Return completion code and data of a command outside of a session."""
    answer = bmc.handle(frames.pack_old(request(function, command, data)))
    assert answer is not None
    return answer[20:-1]

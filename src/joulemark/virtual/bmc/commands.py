"""Commands and their answers: what ipmitool, FreeIPMI and pyghmi ask on their way to a reading."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from joulemark.core.channel import SOFTWARE
from joulemark.virtual.bmc.ciphers import SUITES
from joulemark.virtual.bmc.frames import Message
from joulemark.virtual.bmc.session import CALLBACK, OPERATOR, USER, Session
from joulemark.virtual.sensor import Reading

CHASSIS, APPLICATION, STORAGE, GROUP = 0x00, 0x06, 0x0A, 0x2C
"""Network functions (table 5-1)."""
OK, NO_COMMAND, WRONG_LENGTH, OUT_OF_RANGE, WRONG_FIELD = 0x00, 0xC1, 0xC7, 0xC9, 0xCC
NO_RIGHT = 0xD4
NO_LIMIT, OUT_OF_REACH, NO_SUCH_SESSION = 0x80, 0x81, 0x87
"""Completion codes (table 5-2, and those of single commands)."""
DCMI = 0xDC
SYSTEM_STATISTICS = 0x01
ACTIVE = 0x40
IDENTIFIER = f"{SOFTWARE} BMC"
PIECE = 16
CHANNEL = 0x01
"""The one channel that there is; consoles say 0x0E for the one they speak on."""
_U16, _U32 = 0xFFFF, 0xFFFFFFFF

Answer = tuple[int, bytes]


@dataclass(slots=True)
class Controller:
    """What commands look at and change.

    Attributes:
        guid: 16 bytes.
        reading: returns what the power sensor shows.
        utc: returns the true time, s since 1970.
        offset: the controller's clock minus the true one, s.
        began: when it was started, s since 1970.
        dcmi: whether it has power readings.
    """

    guid: bytes
    reading: Callable[[], Reading]
    utc: Callable[[], float]
    offset: float
    began: float
    dcmi: bool = True

    def stamp(self, utc: float) -> bytes:
        """Return a time by the controller's clock as four bytes."""
        return struct.pack("<I", min(max(int(utc + self.offset), 0), _U32))


Command = Callable[[Controller, bytes, Session | None], Answer]


def answer(controller: Controller, message: Message, session: Session | None) -> Answer:
    """Return completion code and data of a request; it never fails."""
    row = _COMMANDS.get((message.function, message.command))
    if row is None:
        return NO_COMMAND, b""
    least, needed, command = row
    if needed and (session is None or session.privilege < needed):
        return NO_RIGHT, b""
    if len(message.data) < least:
        return WRONG_LENGTH, b""
    return command(controller, message.data, session)


def _device_id(controller: Controller, data: bytes, session: Session | None) -> Answer:
    """Table 20-2: IPMI 2.0, a chassis and SEL device, no maker."""
    return OK, bytes([0x20, 0x01, 0x01, 0x00, 0x02, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0])


def _guid(controller: Controller, data: bytes, session: Session | None) -> Answer:
    return OK, controller.guid


def _authentication(controller: Controller, data: bytes, session: Session | None) -> Answer:
    """Table 22-15: only IPMI 2.0, users have names."""
    return OK, bytes([CHANNEL, 0x80 if data[0] & 0x80 else 0x00, 0x04, 0x02, 0, 0, 0, 0])


def _cipher_suites(controller: Controller, data: bytes, session: Session | None) -> Answer:
    """Tables 22-17 and 22-18: 16 bytes of the list at a time."""
    if data[2] & 0x80:
        rows = (
            (0xC0, s.number, s.authentication, 0x40 | s.integrity, 0x80 | s.confidentiality)
            for s in SUITES.values()
        )
        records = bytes(each for row in rows for each in row)
    else:
        kinds = (
            {s.authentication for s in SUITES.values()},
            {0x40 | s.integrity for s in SUITES.values()},
            {0x80 | s.confidentiality for s in SUITES.values()},
        )
        records = bytes(each for kind in kinds for each in sorted(kind))
    first = 16 * (data[2] & 0x3F)
    return OK, bytes([CHANNEL]) + records[first : first + 16]


def _privilege(controller: Controller, data: bytes, session: Session | None) -> Answer:
    """Table 22-23."""
    wanted = data[0] & 0x0F
    if session is None or wanted == CALLBACK or wanted > 5:
        return WRONG_FIELD, b""
    if wanted > session.highest:
        return OUT_OF_REACH, b""
    session.privilege = wanted or session.privilege
    return OK, bytes([session.privilege])


def _close(controller: Controller, data: bytes, session: Session | None) -> Answer:
    """Table 22-24; whoever called us ends the session."""
    if session is None or struct.unpack("<I", data[:4])[0] != session.own:
        return NO_SUCH_SESSION, b""
    return OK, b""


def _chassis(controller: Controller, data: bytes, session: Session | None) -> Answer:
    """Table 28-3: power is on."""
    return OK, bytes([0x01, 0x00, 0x00])


def _sel_time(controller: Controller, data: bytes, session: Session | None) -> Answer:
    return OK, controller.stamp(controller.utc())


def _set_sel_time(controller: Controller, data: bytes, session: Session | None) -> Answer:
    controller.offset = struct.unpack("<I", data[:4])[0] - controller.utc()
    return OK, b""


def _capabilities(controller: Controller, data: bytes, session: Session | None) -> Answer:
    """DCMI table 6-2 and 6-3; revision 2 of the parameters."""
    if data[0] != DCMI or not controller.dcmi:
        return NO_COMMAND, b""
    parameters = {
        1: bytes([0x00, 0x01, 0x01]),  # power management; the system interface beside the LAN
        2: bytes([0x00, 0x00, 0x00, 0x00, 0x00]),
        3: bytes([0x40, 0x00]),  # by this controller itself
        4: bytes([CHANNEL, 0xFF, 0xFF]),
        5: bytes([0x00]),  # no rolling averages
    }
    if data[1] not in parameters:
        return WRONG_FIELD, b""
    return OK, bytes([DCMI, 0x01, 0x05, 0x02]) + parameters[data[1]]


def _power_reading(controller: Controller, data: bytes, session: Session | None) -> Answer:
    """DCMI table 6-16: whole watts; the stamp is that of the sensor's last value."""
    if data[0] != DCMI or not controller.dcmi:
        return NO_COMMAND, b""
    if data[1] != SYSTEM_STATISTICS:
        return WRONG_FIELD, b""
    shown = controller.reading()
    levels = (shown.watts, shown.low, shown.high, shown.mean)
    watts = struct.pack("<4H", *(min(max(round(level), 0), _U16) for level in levels))
    period = struct.pack("<I", min(max(round(shown.moment * 1000), 1), _U32))
    stamp = controller.stamp(controller.began + shown.moment)
    return OK, bytes([DCMI]) + watts + stamp + period + bytes([ACTIVE])


def _identifier(controller: Controller, data: bytes, session: Session | None) -> Answer:
    """Get Management Controller Identifier String, 16 bytes at a time: it says what it is."""
    if data[0] != DCMI or not controller.dcmi:
        return NO_COMMAND, b""
    name, first, last = IDENTIFIER.encode(), data[1], data[1] + data[2]
    if data[2] > PIECE or last > len(name):
        return OUT_OF_RANGE, b""
    return OK, bytes([DCMI, len(name)]) + name[first:last]


def _power_limit(controller: Controller, data: bytes, session: Session | None) -> Answer:
    """DCMI table 6-17: none is set."""
    return (NO_LIMIT if data[0] == DCMI and controller.dcmi else NO_COMMAND), b""


_COMMANDS: Mapping[tuple[int, int], tuple[int, int, Command]] = {
    (CHASSIS, 0x01): (0, USER, _chassis),
    (APPLICATION, 0x01): (0, USER, _device_id),
    (APPLICATION, 0x37): (0, 0, _guid),
    (APPLICATION, 0x38): (2, 0, _authentication),
    (APPLICATION, 0x3B): (1, USER, _privilege),
    (APPLICATION, 0x3C): (4, CALLBACK, _close),
    (APPLICATION, 0x54): (3, 0, _cipher_suites),
    (STORAGE, 0x48): (0, USER, _sel_time),
    (STORAGE, 0x49): (4, OPERATOR, _set_sel_time),
    (GROUP, 0x01): (2, 0, _capabilities),
    (GROUP, 0x02): (4, USER, _power_reading),
    (GROUP, 0x03): (3, USER, _power_limit),
    (GROUP, 0x09): (3, USER, _identifier),
}
"""Fewest bytes of data, least privilege (0: outside of a session, too), and what answers."""
CLOSE = (APPLICATION, 0x3C)

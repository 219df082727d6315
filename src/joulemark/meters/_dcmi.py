"""Power readings of DCMI: what is asked of a baseboard controller, and what its answers mean.

Data Center Manageability Interface Specification v1.5, sections 6.1.1 (capabilities) and 6.6.1
(Get Power Reading), and its command 09h (Get Management Controller Identifier String); Intelligent
Platform Management Interface Specification v2.0, sections 20.1 (Get Device ID) and 31.10 (Get SEL
Time). Watts are whole and time stamps whole seconds.
"""

from __future__ import annotations

import struct

from joulemark.core.errors import MeterError, UnavailableError
from joulemark.core.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol, TypeAlias

    Request: TypeAlias = "tuple[int, int, bytes]"
    """Network function, number of the command, data."""

    class Way(Protocol):
        """A way to a controller: over the network, or through the kernel."""

        where: str
        """What is asked, for messages."""

        def ask(self, function: int, command: int, data: bytes) -> tuple[int, bytes]:
            """Return completion code and data of an answer.

            Raises:
                MeterError: if there is none.
                PermissionNeededError: if we are not let in.
            """
            ...

        def interrupt(self) -> None:
            """End a question that another thread is waiting for, as soon as can be."""
            ...

        def close(self) -> None:
            """Let go of it; a second call does nothing."""
            ...


GROUP, APPLICATION, STORAGE = 0x2C, 0x06, 0x0A
DCMI = 0xDC
POWER: Request = (GROUP, 0x02, b"\xdc\x01\x00\x00")
"""System power statistics (mode 01h)."""
CAPABILITIES: Request = (GROUP, 0x01, b"\xdc\x01")
IDENTIFIER = (GROUP, 0x09)
"""Get Management Controller Identifier String: offset and count follow, 16 bytes at most."""
DEVICE: Request = (APPLICATION, 0x01, b"")
SEL_TIME: Request = (STORAGE, 0x48, b"")
_POWER = struct.Struct("<B4HIIB")
PIECE, LONGEST_NAME = 16, 64
"""Bytes of an identifier in one answer, and in all."""
_ACTIVE = 0x40
_NO_WATTS = 0xFFFF
_NO_TIME = 0xFFFFFFFF
_FROM_START = 0x20000000
"""Stamps up to here count from the controller's start and not from 1970 (section 37)."""
INVALID = (0xC1, 0xC9, 0xCC)
_CODES: Mapping[int, str] = {
    0xC0: "it is busy",
    0xC1: "it does not know the command",
    0xC3: "it timed out itself",
    0xC7: "it expects another length",
    0xC9: "it expects another parameter",
    0xCC: "it finds a field invalid",
    0xCE: "it could not answer",
    0xD4: "this user has not the right",
    0xD5: "not in its present state",
    0xFF: "it does not say why",
}
"""Completion codes (table 5-2)."""


@record(frozen=True, slots=True)
class Power:
    """An answer to :data:`POWER`.

    Attributes:
        watts: power now.
        low: lowest in the reporting period, W.
        high: highest, W.
        mean: mean, W.
        stamp: the controller's time of it, s since 1970; None if it tells none.
        period_s: the reporting period, s.
    """

    watts: int
    low: int
    high: int
    mean: int
    stamp: int | None
    period_s: float


def power(code: int, data: bytes, where: str) -> Power:
    """Return what an answer says.

    Raises:
        UnavailableError: if the controller has no power readings.
        MeterError: if there is no reading now.
    """
    if code in INVALID:
        raise UnavailableError(
            f"this controller has no power readings of DCMI ({meaning(code)})",
            where=where,
            remedy="try the meter redfish, or a meter in the supply of the node",
        )
    if code:
        raise MeterError(f"no power reading: {meaning(code)}", where=where)
    if len(data) < _POWER.size or data[0] != DCMI:
        raise MeterError(f"no power reading of DCMI but {data[:20].hex()!r}", where=where)
    _, watts, low, high, mean, stamp, period_ms, state = _POWER.unpack_from(data)
    if not state & _ACTIVE:
        raise MeterError("its power measurement is not active", where=where)
    if watts == _NO_WATTS:
        raise MeterError("it tells FFFFh, which is no power", where=where)
    return Power(watts, low, high, mean, time(stamp), period_ms / 1000)


def time(stamp: int) -> int | None:
    """Return a time of the controller, s since 1970; None for one that is none."""
    return None if stamp <= _FROM_START or stamp == _NO_TIME else stamp


def meaning(code: int) -> str:
    """Return a completion code for people."""
    return f"completion code {code:02X}h, {_CODES.get(code, 'of its maker or of this command')}"


def device(code: int, data: bytes) -> dict[str, object]:
    """Return what Get Device ID tells; nothing if it was refused."""
    if code or len(data) < 11:
        return {}
    return {
        "manufacturer": int.from_bytes(data[6:9], "little") & 0xFFFFF,
        "product": int.from_bytes(data[9:11], "little"),
        "firmware": f"{data[2] & 0x7F}.{data[3]:02x}",
        "ipmi": f"{data[4] & 0xF}.{data[4] >> 4}",
    }


def capabilities(code: int, data: bytes) -> dict[str, object]:
    """Return what Get DCMI Capabilities tells; nothing if it was refused."""
    if code or len(data) < 7 or data[0] != DCMI:
        return {}
    return {"dcmi": f"{data[1]}.{data[2]}", "power_management": bool(data[5] & 1)}


def identifier(ask: Callable[[int, int, bytes], tuple[int, bytes]]) -> dict[str, object]:
    """Return what a controller calls itself; nothing if it does not say.

    Args:
        ask: puts a question to it; see :class:`Way`.
    """
    text, whole = b"", 1
    while len(text) < min(whole, LONGEST_NAME):
        count = min(min(whole, LONGEST_NAME) - len(text), PIECE)
        code, data = ask(*IDENTIFIER, bytes([DCMI, len(text), count]))
        if code or len(data) < 3 or data[0] != DCMI:
            break
        whole, text = data[1], text + data[2 : 2 + count]
    name = text.partition(b"\0")[0].decode("ascii", "replace")
    shown = "".join(each if each.isprintable() else "?" for each in name).strip()
    return {"identifier": shown} if shown else {}


def sel_time(code: int, data: bytes) -> int | None:
    """Return the controller's time, s since 1970; None if it tells none."""
    return None if code or len(data) < 4 else time(int.from_bytes(data[:4], "little"))

"""A serial port as the drivers of instruments use one: write bytes, read what has come.

A device and its transport are two objects: a driver is handed a :class:`Port`, which is a real
port, one end of a pseudo-terminal, or a conversation that a test has written down.
"""

from __future__ import annotations

from joulemark.core.errors import (
    MeterLostError,
    MissingExtraError,
    PermissionNeededError,
    UnavailableError,
)
from joulemark.core.scope import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeAlias

    class Port(Protocol):
        """Bytes out and in."""

        def write(self, data: bytes) -> None:
            """Send all of it.

            Raises:
                MeterLostError: if the device is gone.
            """
            ...

        def read(self, timeout_s: float) -> bytes:
            """Return what has come; wait for something up to ``timeout_s``, then return nothing.

            Raises:
                MeterLostError: if the device is gone and all that came was returned.
            """
            ...

        def close(self) -> None:
            """Let go of the port; a second call does nothing."""
            ...

    Opener: TypeAlias = "Callable[[], Port]"
    """Opens the port of a device."""

PIECE = 65536
"""Most bytes that are taken from the port at once."""
MOST_UNREAD = 64 << 20
"""Bytes kept for a driver that does not read; from then on the device has to wait."""
_POLL_S = 0.05
_WRITE_S = 5.0


class SerialPort:
    """A port of this machine, through pyserial; a thread empties it as bytes come.

    Without the thread an instrument that streams would have to hold back, or lose, what the kernel
    has no room for whenever nobody reads for a while.

    Args:
        path: ``/dev/ttyACM0``, or any URL that pyserial opens.
        baud: symbols a second.
        feature: who needs it, for messages.

    Raises:
        MissingExtraError: if pyserial is not installed.
        UnavailableError: if there is no such port, or it is in use.
        PermissionNeededError: if this user may not open it.
    """

    def __init__(self, path: str, baud: int, feature: str) -> None:
        """Open it and begin to read."""
        import threading

        self.path = path
        self._device = _opened(path, baud, feature)
        self._buffer = bytearray()
        self._changed = threading.Condition()
        self._gone = ""
        self._closing = False
        self._thread = threading.Thread(target=self._empty, name=f"reads {path}", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Send all of it; see :class:`Port`."""
        try:
            self._device.write(data)
        except (OSError, ValueError) as error:
            raise _lost(self.path, str(error)) from None

    def read(self, timeout_s: float) -> bytes:
        """Return what has come; see :class:`Port`."""
        with self._changed:
            if not self._buffer and not self._gone:
                self._changed.wait_for(lambda: self._buffer or self._gone, timeout_s)
            found = bytes(self._buffer)
            self._buffer.clear()
            self._changed.notify_all()
            if not found and self._gone:
                raise _lost(self.path, self._gone)
        return found

    def close(self) -> None:
        """Let go of the port; a second call does nothing."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._device.close()

    def _empty(self) -> None:
        try:
            while not self._closing:
                found = self._device.read(1)
                if found:
                    found += self._device.read(min(self._device.in_waiting, PIECE))
                with self._changed:
                    self._buffer += found
                    self._changed.notify_all()
                    self._changed.wait_for(self._room)
        except (OSError, TypeError, ValueError) as error:  # TypeError: closed under its feet
            with self._changed:
                self._gone = str(error) or "closed"
                self._changed.notify_all()

    def _room(self) -> bool:
        return self._closing or len(self._buffer) < MOST_UNREAD


def _opened(path: str, baud: int, feature: str) -> Any:
    try:
        import serial
    except ImportError:
        raise MissingExtraError(feature, "serial", "boards") from None
    try:
        return serial.serial_for_url(
            path, baudrate=baud, timeout=_POLL_S, write_timeout=_WRITE_S, exclusive=True
        )
    except (OSError, ValueError) as error:
        raise _refused(path, error) from None


def _refused(path: str, error: Exception) -> UnavailableError:
    """Return why a port cannot be opened."""
    import errno

    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return PermissionNeededError(
            "this user may not open the port",
            where=path,
            remedy="sudo usermod -aG dialout $USER, then log in again",
        )
    if number == errno.ENOENT:
        return UnavailableError("there is no such port", where=path, remedy=_there_are())
    what = "the port is in use by another program" if number == errno.EBUSY else str(error)
    return UnavailableError(what, where=path, remedy="close what else has it open")


def _there_are() -> str:
    """Return which ports there are, in words."""
    from serial.tools.list_ports import comports

    names: list[str] = []
    with suppress(OSError):
        names = [f"{port.device} ({port.description})" for port in comports()]
    return f"there are {', '.join(names)}" if names else "no serial port is connected"


def _lost(path: str, what: str) -> MeterLostError:
    return MeterLostError(f"the port is gone ({what})", where=path)

"""Bytes to and from a board: the transport, apart from what is said over it.

Rates: a board in performance or accuracy mode talks at 115200 baud or more, one in energy mode at
9600 (EEMBC EnergyRunner user guide, "Performance Mode vs. Energy Mode": "Baud rate fixed at
9600"); the relay between host and board, an Arduino UNO or ST's interface board, at 115200
(``devices_kws_ic_vww.yaml`` of the Python runner). All are 8N1.
"""

from __future__ import annotations

from typing import Any, Protocol

from joulemark.core.errors import BoardError, MissingExtraError, UnavailableError

BAUD = 115_200
ENERGY_BAUD = 9_600
MOST = 1 << 16
"""Bytes taken at once."""


class Line(Protocol):
    """Bytes to and from a device."""

    def write(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            BoardError: if the device is gone.
        """
        ...

    def read(self, seconds: float) -> bytes:
        """Return what has come; wait for its first byte at most so long. Empty for nothing.

        Raises:
            BoardError: if the device is gone.
        """
        ...

    def close(self) -> None:
        """Let go of the device; a second call does nothing."""
        ...


class SerialLine:
    """A serial port, by pyserial.

    Args:
        port: its path: ``/dev/ttyACM0``, a pseudo-terminal, or a URL that pyserial knows.
        baud: its rate.

    Raises:
        MissingExtraError: if pyserial is not installed.
        UnavailableError: if the port cannot be opened.
    """

    def __init__(self, port: str, baud: int) -> None:
        """Open the port, for this process alone."""
        try:
            import serial
        except ImportError:
            raise MissingExtraError("a serial port", "serial", "boards") from None
        self.port = port
        try:
            self._serial: Any = serial.serial_for_url(
                port, baudrate=baud, timeout=0, exclusive=True
            )
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise UnavailableError(
                f"cannot be opened: {error}",
                where=port,
                remedy="look whether it is there, free, and yours (group dialout)",
            ) from error

    def write(self, data: bytes) -> None:
        """Send all of it."""
        try:
            self._serial.write(data)
        except OSError as error:
            raise self._gone(error) from error

    def read(self, seconds: float) -> bytes:
        """Return what has come."""
        try:
            self._serial.timeout = seconds
            first: bytes = self._serial.read(1)
            self._serial.timeout = 0
            return first + bytes(self._serial.read(MOST)) if first else b""
        except OSError as error:
            raise self._gone(error) from error

    def close(self) -> None:
        """Close the port."""
        self._serial.close()

    def _gone(self, error: OSError) -> BoardError:
        return BoardError(f"the device is gone: {error}", where=self.port, remedy="plug it in")

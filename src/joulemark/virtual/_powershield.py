"""How the virtual LPM01A writes what it measures: the two formats of UM2269 revision 6, §4.4."""

from __future__ import annotations

import math

LEAST_EXPONENT = -13
"""Of a text sample: the manual shows -10 for currents; energies of a millisecond need smaller."""
_STOP = b"\xff\xff"
_MANTISSA = 4096


class Coder:
    """Writes samples and what stands between them.

    Args:
        binary: ``bin_hexa`` instead of ``ascii_dec``.
    """

    def __init__(self, *, binary: bool) -> None:
        """Keep the format."""
        self.binary = binary
        self._last = -1.0, b""

    def check(self, rate: int, seconds: float) -> None:
        """Refuse an acquisition that the format cannot carry (table 2).

        Raises:
            ValueError: with the reason.
        """
        longest = {10_000: 1.0, 20_000: 0.5}.get(rate, math.inf if rate <= 5000 else 0.0)
        if not self.binary and (seconds or math.inf) > longest:
            raise ValueError("acquisition time is too long for this frequency and format")

    def sample(self, value: float) -> bytes:
        """Return one sample (tables 30, 36 and 37); half a unit of the last digit is lost."""
        if value != self._last[0]:
            written = _two_bytes(value) if self.binary else f"{_decimal(value)}\r\n".encode()
            self._last = value, written
        return self._last[1]

    def stamp(self, ms: int, fill: int) -> bytes:
        """Return the time since the beginning (tables 31 and 40)."""
        if self.binary:
            return b"\xf0\xf3" + ms.to_bytes(4, "big") + bytes([fill]) + _STOP
        seconds, rest = divmod(ms, 1000)
        return f"\r\nTimeStamp: {seconds % 1000:03d}s {rest:03d}ms, buff {fill:02d}%\r\n".encode()

    def event(self, number: int) -> bytes:
        """Return that D7 moved; ``ris`` stands there for either edge, as the real one writes it."""
        return self._message(0xF2, f"event {number % 100:02d} ris")

    def error(self, text: str) -> bytes:
        """Return an error (tables 32 and 38)."""
        return self._message(0xF1, f"error {text}")

    def overcurrent(self) -> bytes:
        """Return that the board draws too much (table 42 and its tag as others read it)."""
        return b"\xf0\xf5" + _STOP if self.binary else b"\r\nerror overcurrent\r\n"

    def end(self) -> bytes:
        """Return the end of an acquisition and its summary (tables 33, 35 and 41)."""
        tag = b"\xf0\xf4" + _STOP if self.binary else b"\r\nend\r\n"
        summary = "summary beg\r\n0000-09\r\n9999-09\r\nsummary end\r\nAcquisition completed\r\n"
        return tag + b"\r\n" + summary.encode() + b"PowerShield > "

    def noise(self) -> bytes:
        """Return what a disturbed line makes of the stream: one byte too many, or a torn line."""
        return b"\x31" if self.binary else b"64\xfe9-0\r\n"

    def _message(self, tag: int, text: str) -> bytes:
        if self.binary:
            return bytes([0xF0, tag]) + text.encode() + b"\r\n" + _STOP
        return f"\r\n{text}\r\n".encode()


def _decimal(value: float) -> str:
    """Return four digits and a power of ten."""
    if value <= 0:
        return f"0000{LEAST_EXPONENT:+03d}"
    exponent = max(math.floor(math.log10(value)) - 3, LEAST_EXPONENT)
    mantissa = round(value / 10.0**exponent)
    if mantissa > 9999:
        mantissa, exponent = round(mantissa / 10), exponent + 1
    return f"{mantissa:04d}{exponent:+03d}"


def _two_bytes(value: float) -> bytes:
    """Return 12 bits and a negative power of 16, from 0 to 14."""
    power = 14
    while power > 0 and round(value * 16.0**power) >= _MANTISSA:
        power -= 1
    mantissa = min(round(value * 16.0**power), _MANTISSA - 1)
    return bytes([power << 4 | mantissa >> 8, mantissa & 0xFF])

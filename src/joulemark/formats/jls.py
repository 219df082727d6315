"""Recordings of a Joulescope (``.jls``, version 2), read through Jetperch's ``pyjls``.

What counts is power: a signal of its own, or current times voltage, sample by sample, as the mean
of equal periods. Read in pieces, so a recording may be larger than memory. A sample that the host
did not get is NaN in the file, and counts as lost.

The file's head (jetperch/jls, ``include/jls/format.h``) tells its length once it was closed. One
that was not closed is refused before pyjls sees it: opening it would repair it in place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, MissingExtraError, UnavailableError

IDENTITY = b"jlsfmt\r\n \n \x1a  \xb2\x1c"
HEAD = 32
PIECE = 1 << 20
"""Samples that are read at once."""
MOST_PER_BYTE = 1000
"""Samples that a byte of the file may stand for; constant stretches are left out of it."""
FASTEST_HZ = 100_000_000
MOST_FALLS = 100_000
EPOCH_NS = 1_514_764_800 * NS
"""Where the file's clock begins: 2018-01-01 UTC (``pyjls.time64``)."""
TICKS = 1 << 30
"""Of that clock, a second."""

Means = tuple[NDArray[np.int64], NDArray[np.float64]]
"""When each period ends, ns UTC, and its mean power, W."""


@dataclass(frozen=True, slots=True)
class Source:
    """An instrument of a recording.

    Attributes:
        name: what the file calls it.
        model: JS110, JS220 …
        serial: its number.
        rate_hz: samples a second.
        length: samples that all of its signals of power have.
        power: number of its signal of power; None where it is made of the next two.
        current: number of its signal of current.
        voltage: number of its signal of voltage.
        inputs: number of each signal of an input, by name.
    """

    name: str
    model: str
    serial: str
    rate_hz: int
    length: int
    power: int | None
    current: int | None
    voltage: int | None
    inputs: dict[str, int]


class JlsFile:
    """A recording, open.

    Args:
        path: the file.
        piece: samples that are read at once.
        most_per_byte: samples that a byte of it may stand for.

    Attributes:
        sources: its instruments that tell power.
        lost: samples without a value, of what was read so far.

    Raises:
        UnavailableError: if it cannot be opened, or pyjls is not installed.
        FormatError: if it is no recording, was not closed, or tells no power.
    """

    def __init__(
        self, path: Path, *, piece: int = PIECE, most_per_byte: int = MOST_PER_BYTE
    ) -> None:
        """Open it."""
        self.path = path
        self._piece = piece
        self._most_per_byte = most_per_byte
        self.lost = 0
        self._size = _checked(path)
        try:
            from pyjls import Reader
        except ImportError:
            raise MissingExtraError("a recording of a Joulescope", "pyjls", "boards") from None
        try:
            self._reader: Any = Reader(str(path))
        except RuntimeError as error:
            raise FormatError(f"no recording that can be read ({error})", where=str(path)) from None
        self._signals = {
            number: signal
            for number, signal in self._reader.signals.items()
            if signal.signal_type == 0 and signal.length > 0
        }
        try:
            self.sources = self._found()
        except FormatError:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()

    def _found(self) -> list[Source]:
        sources = []
        for number, told in self._reader.sources.items():
            signals = {s.name: s for s in self._signals.values() if s.source_id == number}
            kinds = ("power",) if "power" in signals else ("current", "voltage")
            if not all(kind in signals for kind in kinds):
                continue
            chosen = [signals[kind] for kind in kinds]
            rates = {signal.sample_rate for signal in chosen}
            if len(rates) > 1 or not 0 < min(rates) <= FASTEST_HZ:
                raise FormatError(f"signals of {sorted(rates)} Hz", where=str(self.path))
            self._believable(*signals.values())
            first, last = self._common(chosen)
            at = {signal.name: signal.signal_id for signal in chosen}
            sources.append(
                Source(
                    name=str(told.name),
                    model=str(told.model),
                    serial=str(told.serial_number),
                    rate_hz=chosen[0].sample_rate,
                    length=max(last - first, 0),
                    power=at.get("power"),
                    current=at.get("current"),
                    voltage=at.get("voltage"),
                    inputs={
                        name: s.signal_id for name, s in signals.items() if name.startswith("gpi[")
                    },
                )
            )
        if not sources:
            raise FormatError("it records no power, nor current and voltage", where=str(self.path))
        return sources

    def _believable(self, *signals: Any) -> None:
        for signal in signals:
            if signal.length > self._most_per_byte * self._size:
                what = f"{signal.length} samples in {self._size} bytes"
                raise FormatError(what, where=f"{self.path}: {signal.name}")

    @staticmethod
    def _common(signals: list[Any]) -> tuple[int, int]:
        """Return first and end of what all signals have, in the instrument's numbers."""
        first = max(signal.sample_id_offset for signal in signals)
        last = min(signal.sample_id_offset + signal.length for signal in signals)
        return first, last

    # ------------------------------------------------------------------ what it holds

    def means(self, source: Source, rate_hz: int) -> Iterator[Means]:
        """Yield the mean power of equal periods, piece by piece.

        A period of which less than half has values is left out, and so is the rest at the end.

        Args:
            source: one of ``sources``.
            rate_hz: periods a second; the recording's own rate where that is no whole multiple.

        Raises:
            FormatError: if the file is damaged.
        """
        signals = [self._signals[n] for n in self._numbers(source)]
        first, _ = self._common(signals)
        per = source.rate_hz // rate_hz if source.rate_hz % rate_hz == 0 else 1
        step = max(self._piece // per, 1) * per
        for place in range(0, source.length - per + 1, step):
            count = min(step, (source.length - place) // per * per)
            watts = np.ones(count)
            for signal in signals:
                start = first - signal.sample_id_offset + place
                watts *= self._fsr(signal, start, count)
            usable = np.isfinite(watts)
            self.lost += count - int(usable.sum())
            have = usable.reshape(-1, per).sum(axis=1)
            sums = np.where(usable, watts, 0.0).reshape(-1, per).sum(axis=1)
            kept = np.flatnonzero(2 * have >= per)
            ends = first - signals[0].sample_id_offset + place + (kept + 1) * per
            yield self._times(signals[0], ends), sums[kept] / have[kept]

    def falls(self, source: Source, name: str) -> NDArray[np.int64]:
        """Return when an input fell, ns UTC; at most the first hundred thousand times.

        Raises:
            FormatError: if the file is damaged.
        """
        signal = self._signals[source.inputs[name]]
        found: list[NDArray[np.int64]] = []
        high, count = False, 0
        for place in range(0, signal.length, self._piece):
            length = min(self._piece, signal.length - place)
            packed = np.ascontiguousarray(self._fsr(signal, place, length), dtype=np.uint8)
            bits = np.unpackbits(packed, bitorder="little")[:length].astype(bool)
            before = np.concatenate(([high and place > 0], bits[:-1]))
            fell = place + np.flatnonzero(before & ~bits)
            found.append(self._times(signal, fell))
            high, count = bool(bits[-1]), count + len(fell)
            if count >= MOST_FALLS:
                break
        return np.concatenate(found)[:MOST_FALLS] if found else np.zeros(0, np.int64)

    def begins(self, source: Source) -> int:
        """Return when the first period begins, ns UTC; 1970 where the file tells no time."""
        signals = [self._signals[n] for n in self._numbers(source)]
        first, _ = self._common(signals)
        start = np.array([first - signals[0].sample_id_offset])
        return int(self._times(signals[0], start)[0])

    def timed(self, source: Source) -> bool:
        """Return whether the file tells the time of day of an instrument's samples."""
        return self._known(self._signals[self._numbers(source)[0]])

    def _known(self, signal: Any) -> bool:
        last = self._reader.sample_id_to_timestamp(signal.signal_id, signal.length)
        return bool(last > signal.length * TICKS // signal.sample_rate + 366 * 86400 * TICKS)

    def _numbers(self, source: Source) -> list[int]:
        numbers = (source.power, source.current, source.voltage)
        return [number for number in numbers if number is not None]

    def _fsr(self, signal: Any, start: int, count: int) -> Any:
        try:
            return self._reader.fsr(signal.signal_id, start, count)
        except RuntimeError as error:
            where = f"{self.path}: {signal.name}: sample {start}"
            raise FormatError(f"damaged ({error})", where=where) from None

    def _times(self, signal: Any, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the times of samples, by their places in a signal."""
        if not self._known(signal):
            return np.asarray(np.round(places * (NS / signal.sample_rate)), dtype=np.int64)
        if not len(places):
            return np.zeros(0, np.int64)
        stamps = self._reader.sample_id_to_timestamp(signal.signal_id, places)
        whole, rest = np.divmod(np.asarray(stamps, dtype=np.int64), TICKS)
        parts = np.round(rest * (NS / TICKS)).astype(np.int64)
        return np.asarray(EPOCH_NS + whole * NS + parts, dtype=np.int64)


def _checked(path: Path) -> int:
    """Return the length of a file that begins as a recording and was closed."""
    try:
        with path.open("rb") as file:
            head, size = file.read(HEAD), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise UnavailableError(
            f"cannot be opened: {error.strerror}", where=str(path), remedy="check the path"
        ) from None
    if not head.startswith(IDENTITY) or len(head) < HEAD:
        raise FormatError("no recording of a Joulescope (.jls, version 2)", where=str(path))
    if int.from_bytes(head[16:24], "little") != size:
        raise FormatError(
            "the recording was not closed, or is cut short",
            where=str(path),
            remedy="open a copy of it once with the Joulescope UI, which repairs it",
        )
    return size

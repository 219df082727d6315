"""replay: a recorded trace as a meter, for rehearsals and tests.

The trace begins when the meter is opened and keeps its own pace. Whatever it once was, it is shown
as declared, never as measured, and its note names the file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from joulemark.core.block import Block, Row
from joulemark.core.channel import Channel, Provenance, Quantity
from joulemark.core.clock import NS, Clock
from joulemark.core.errors import (
    FormatError,
    MeterError,
    StoreError,
    UnavailableError,
    UsageError,
)
from joulemark.core.interfaces import Settings
from joulemark.meters._polled import only_known, path_setting
from joulemark.meters._trace_csv import csv_channels, csv_rows, opened
from joulemark.meters.spool import MAGIC, iter_rows, read_header

MAX_ROWS = 10_000
"""More rows than this wait for the next read."""
MAX_SPAN_NS = 100 * 365 * 86400 * NS
"""Rows of one spool that lie further apart are no trace."""
MAX_CHECKED = 2 << 20
"""Files of up to this many bytes are checked as a whole before anything is measured."""

Moment = tuple[int, tuple[tuple[float, int], ...]]
"""Time since the first moment (ns), and value and channel number of what was read then."""
Moments = Callable[[], Iterator[Moment]]

_COUNTERS = (Quantity.ENERGY, Quantity.CPU_TIME)


class Replay:
    """A trace that is played again.

    Args:
        path: a CSV file (see :mod:`joulemark.meters._trace_csv`) or a spool.
        loop: whether it begins again at its end; counters then go on from where they were.

    Attributes:
        name: registry name.
        channels: what the trace holds; known after ``open``.
        missing: what could not be opened; always empty.
        failures: what was wrong in the file since it was last taken out.
    """

    name = "replay"

    def __init__(self, path: Path, *, loop: bool = False) -> None:
        """Keep the arguments; nothing is touched."""
        self.path = path
        self.channels: Sequence[Channel] = ()
        self.missing: list[UnavailableError] = []
        self.failures: list[MeterError] = []
        self._loop = loop
        self._clock: Clock | None = None
        self._moments: Iterator[Moment] = iter(())
        self._next: Moment | None = None
        self._opened = 0

    def open(self, clock: Clock) -> None:
        """Read what the trace holds; a small one is checked as a whole.

        Raises:
            UnavailableError: if the file cannot be opened.
            FormatError: if it is no trace, naming line and column.
        """
        self.close()
        channels, moments, size = _trace(self.path)
        if size <= MAX_CHECKED:
            for _ in _laps(moments, channels, self.path, 2 if self._loop else 1):
                pass
        self.channels = tuple(_declared(channel, self.path) for channel in channels)
        self.failures.clear()
        self._moments = _laps(moments, channels, self.path, None if self._loop else 1)
        self._next = next(self._moments, None)
        if self._next is None:
            raise FormatError("a trace without rows", where=str(self.path))
        self._clock, self._opened = clock, clock()

    def read(self) -> Block:
        """Return the rows whose time has come; none once the trace has ended.

        Where the file is wrong the trace ends; the reason goes to ``failures``.

        Raises:
            MeterError: if it is not open.
        """
        if self._clock is None:
            raise MeterError("read while closed", where="meter replay")
        passed = self._clock() - self._opened
        rows: list[Row] = []
        try:
            while self._next is not None and self._next[0] <= passed and len(rows) < MAX_ROWS:
                since, values = self._next
                rows.extend((self._opened + since, value, place) for value, place in values)
                self._next = next(self._moments, None)
        except (FormatError, StoreError, UnavailableError) as error:
            self._next = None
            self.failures.append(MeterError(error.what, where=error.where, remedy=error.remedy))
        return Block.of(rows)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        self._clock = None
        self._next = None
        self._moments = iter(())


def _trace(path: Path) -> tuple[tuple[Channel, ...], Moments, int]:
    """Return channels, moments and size (bytes) of a file."""
    with opened(path) as file:
        spooled = file.read(len(MAGIC)) == MAGIC
        size = file.seek(0, 2)
    if spooled:
        header = read_header(path)
        return header.channels, lambda: _of_spool(path, len(header.channels)), size
    channels = csv_channels(path)
    return channels, lambda: _of_csv(path, len(channels)), size


def _of_csv(path: Path, count: int) -> Iterator[Moment]:
    first = None
    for time, values in csv_rows(path, count):
        first = time if first is None else first
        yield time - first, tuple((value, place) for place, value in enumerate(values))


def _of_spool(path: Path, count: int) -> Iterator[Moment]:
    first = None
    for number, (time, value, place) in enumerate(iter_rows(path)):
        first = time if first is None else first
        if place >= count or abs(time - first) > MAX_SPAN_NS:
            raise FormatError("time or channel cannot be", where=f"{path}: row {number}")
        yield time - first, ((value, place),)


def _declared(channel: Channel, path: Path) -> Channel:
    note = f"replayed from {path}"
    return replace(
        channel,
        name=f"replay/{channel.name.removeprefix('replay/')}",
        meter="replay",
        provenance=Provenance.DECLARED,
        note=f"{note}; {channel.note}" if channel.note else note,
    )


def _laps(
    moments: Moments, channels: Sequence[Channel], path: Path, times: int | None
) -> Iterator[Moment]:
    """Yield the moments of a trace some times over (None: for ever), counters going on.

    A lap follows the last moment at the distance, and with the step, of the last two.

    Raises:
        FormatError: if another lap is asked for and no time passes in the trace.
    """
    begin, counters = 0, [_Counter(channel) for channel in channels]
    while times is None or times > 0:
        before = last = 0
        for since, values in moments():
            before, last = last, since
            yield begin + since, tuple((counters[c].next(v), c) for v, c in values)
        if times is not None:
            times -= 1
        if times != 0 and last <= 0:
            raise FormatError(
                "a trace in which no time passes cannot be looped",
                where=str(path),
                remedy="give two moments at least",
            )
        begin += last + (last - before)
        for counter in counters:
            counter.lap()


class _Counter:
    """The values of one channel over several laps; only those of a counter are changed."""

    def __init__(self, channel: Channel) -> None:
        self._counts = channel.quantity in _COUNTERS
        self._carried = 0.0
        self._first = self._before = self._last = math.nan

    def next(self, value: float) -> float:
        if not self._counts or math.isnan(value):
            return value
        self._before, self._last = self._last, value
        if math.isnan(self._first):
            self._first = value
        return value + self._carried

    def lap(self) -> None:
        step = self._last - self._before
        if not math.isnan(self._first):
            self._carried += self._last - self._first + (0.0 if math.isnan(step) else step)
        self._first = self._before = self._last = math.nan


def replay(settings: Settings) -> Replay:
    """Return the meter that plays a trace.

    Settings: ``path``, and ``loop`` (default false).

    Raises:
        UsageError: if a setting is missing, unknown or makes no sense.
    """
    only_known("replay", settings, ("path", "loop"))
    loop = settings.get("loop", False)
    if not isinstance(loop, bool):
        raise UsageError(f"loop is {loop!r}, not true or false", where="meter replay")
    return Replay(Path(path_setting("replay", settings, "path", "")), loop=loop)

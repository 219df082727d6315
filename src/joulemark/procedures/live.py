"""Live watts, read from the end of the spool while it grows."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from joulemark.core.block import ROW, Block
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS
from joulemark.core.energy import Energy
from joulemark.core.errors import JoulemarkError
from joulemark.core.value import Value
from joulemark.meters.spool import read_header

Tell = Callable[[str, float, float, float | None], None]
"""Told of progress: phase, seconds done, seconds in all, watts (None where unknown)."""

EVERY_S = 0.5
"""Time between two tellings."""
SPAN_S = 2.0
"""Stretch that live watts are the mean of."""
_TICKS = 64
"""Ticks of the sampler that are looked at."""

Samples = list[tuple[int, float]]


class Tail:
    """The last rows of a growing spool.

    Telling watts must cost next to nothing while something is measured, so it is plain
    arithmetic; the exact figures are computed from the whole trace afterwards.

    Args:
        path: of the spool.
    """

    def __init__(self, path: Path) -> None:
        """Read the header."""
        header = read_header(path)
        self._channels = header.channels
        self._first = header.offset
        self._path = path
        self._added: list[int] | None = None

    def watts(self) -> float | None:
        """Return mean power of all added parts over the last seconds; None where unknown."""
        samples = self._samples()
        known = {
            place: power
            for place, channel in enumerate(self._channels)
            if (power := _watts(channel, samples.get(place, []))) is not None
        }
        if not known:
            return None
        if self._added is None or not set(self._added) <= set(known):
            self._added = _added(self._channels, known)
        return sum(known[place] for place in self._added)

    def _samples(self) -> dict[int, Samples]:
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            size = os.fstat(descriptor).st_size - self._first
            whole = size - size % ROW.size
            wanted = min(whole, _TICKS * len(self._channels) * ROW.size)
            rows = Block(os.pread(descriptor, wanted, self._first + whole - wanted)).rows()
        finally:
            os.close(descriptor)
        since = rows[-1][0] - round(SPAN_S * NS) if rows else 0
        samples: dict[int, Samples] = {}
        for moment, value, place in rows:
            if moment >= since:
                samples.setdefault(place, []).append((moment, value))
        return samples


def _watts(channel: Channel, samples: Samples) -> float | None:
    """Return mean power of one channel, W; None where it cannot be told."""
    if len(samples) < 2 or not channel.carries_energy:
        return None
    (first, low), (last, high) = samples[0], samples[-1]
    if channel.quantity is Quantity.POWER:
        return sum(value for _, value in samples) / len(samples) * channel.scale
    if channel.quantity is Quantity.INTERVAL:
        gained = sum(value for _, value in samples[1:])
    else:
        gained = high - low + (channel.wrap or 0.0 if high < low else 0.0)
    return gained * channel.scale * NS / (last - first) if last > first else None


def _added(channels: Sequence[Channel], known: Mapping[int, float]) -> list[int]:
    """Return the places of the channels that make up the total."""
    from joulemark.accounting.boundary import choose, split

    places = {channels[place].name: place for place in known}
    energies = [
        (channels[place], Energy(joules=Value(watts, "J"), provenance=channels[place].provenance))
        for place, watts in known.items()
    ]
    return [places[part.channel.name] for part in split(choose(energies)) if part.added]


class LiveWatts:
    """Live watts of a run, from when its sampler has begun to write; None until then.

    Args:
        path: run directory.
    """

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self._spool = path / "traces" / "sampler.spool"
        self._tail: Tail | None = None

    def __call__(self) -> float | None:
        """Return mean power over the last seconds; None where unknown."""
        try:
            self._tail = self._tail or Tail(self._spool)
            return self._tail.watts()
        except (OSError, JoulemarkError):
            return None


@contextmanager
def ticking(beat: Callable[[bool], None]) -> Iterator[None]:
    """Call ``beat`` every half second from a thread while the block runs, and once at its end.

    Args:
        beat: told whether this is the end.
    """
    over = threading.Event()

    def beats() -> None:
        last = False
        while not last:
            last = over.wait(EVERY_S)
            beat(last)

    thread = threading.Thread(target=beats, daemon=True, name="joulemark-live")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def following(path: Path, phase: str, total_s: float, tell: Tell | None) -> Iterator[None]:
    """Tell of progress from a thread while the block runs; without ``tell`` do nothing.

    Args:
        path: run directory.
        phase: what goes on.
        total_s: how long it is expected to take.
        tell: who is told.
    """
    if tell is None:
        yield
        return
    began, watts = time.monotonic(), LiveWatts(path)

    def beat(_: bool) -> None:  # noqa: FBT001 # as ticking hands it over
        tell(phase, min(time.monotonic() - began, total_s), total_s, watts())

    with ticking(beat):
        yield

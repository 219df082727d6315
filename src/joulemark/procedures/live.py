"""Live watts, read from the end of the spool while it grows."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from joulemark.core.block import ROW, Block
from joulemark.core.channel import Channel
from joulemark.core.clock import NS
from joulemark.core.errors import JoulemarkError
from joulemark.meters.spool import read_header

Tell = Callable[[str, float, float, float | None], None]
"""Told of progress: phase, seconds done, seconds in all, watts (None where unknown)."""

EVERY_S = 0.5
"""Time between two tellings."""
SPAN_S = 2.0
"""Stretch that live watts are the mean of."""
_TAIL_BYTES = 64 * 1024


class Tail:
    """The last rows of a growing spool.

    Args:
        path: of the spool.
    """

    def __init__(self, path: Path) -> None:
        """Read the header."""
        header = read_header(path)
        self.channels: tuple[Channel, ...] = header.channels
        self._first = header.offset
        self._path = path

    def rows(self) -> Block:
        """Return the last whole rows."""
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            size = os.fstat(descriptor).st_size - self._first
            whole = size - size % ROW.size
            wanted = min(whole, _TAIL_BYTES - _TAIL_BYTES % ROW.size)
            return Block(os.pread(descriptor, wanted, self._first + whole - wanted))
        finally:
            os.close(descriptor)

    def watts(self) -> float | None:
        """Return mean power of all added parts over the last seconds; None where unknown."""
        from joulemark.accounting.boundary import choose, split
        from joulemark.accounting.curve import curve_of
        from joulemark.accounting.integrate import energy_between
        from joulemark.core.trace import Trace

        samples: dict[int, list[tuple[int, float]]] = {}
        for moment, value, index in self.rows().rows():
            samples.setdefault(index, []).append((moment, value))
        energies = []
        for index, pairs in samples.items():
            channel = self.channels[index]
            if channel.carries_energy and len(pairs) > 1:
                trace = Trace.of(channel, *zip(*pairs, strict=True))
                stop = int(trace.time[-1])
                start = max(stop - round(SPAN_S * NS), int(trace.time[0]))
                if stop > start:
                    energy = energy_between(curve_of(trace), start, stop)
                    energies.append((channel, energy, (stop - start) / NS * energy.coverage))
        covered = {id(channel): seconds for channel, _, seconds in energies}
        parts = split(choose([(c, e) for c, e, seconds in energies if seconds > 0]))
        added = [p.energy.joules.value / covered[id(p.channel)] for p in parts if p.added]
        return sum(added) if added else None


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
    over = threading.Event()
    thread = threading.Thread(
        target=_follow, args=(path, phase, total_s, tell, over), daemon=True, name="joulemark-live"
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _follow(path: Path, phase: str, total_s: float, tell: Tell, over: threading.Event) -> None:
    began, tail = time.monotonic(), None
    while True:
        ended = over.wait(EVERY_S)
        try:
            tail = tail or Tail(path / "traces" / "sampler.spool")
            watts = tail.watts()
        except (OSError, JoulemarkError):
            watts = None
        tell(phase, min(time.monotonic() - began, total_s), total_s, watts)
        if ended:
            return

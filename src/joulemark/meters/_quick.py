"""Ticks at which nothing but number files is read, in one flat loop.

A process that sleeps between ticks finds the processor's caches cold, and then a tick costs by how
many functions, objects and system calls it touches, not by how fast they are. Most ticks only read
a few counters of the kernel. Those are read, stamped and written here by one function. Whatever is
out of the ordinary (a file that fails or holds no number, another meter that is due) is left to the
meters themselves, which read again and know what to say: so nothing here is needed for a sample to
be taken, and nothing here deals with a failure.
"""

from __future__ import annotations

from joulemark.core.block import packer
from joulemark.meters._files import MAX_DIGITS, MAX_NUMBER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from joulemark.core.clock import Clock
    from joulemark.core.interfaces import NumberSource
    from joulemark.meters._feeds import Feed

ENDLESS = 2**63
"""More ticks than there will be."""


class Quick:
    """The short way through a tick.

    Args:
        feeds: the meters of the loop.
        write: keeps rows.
        clock: the run's clock.
    """

    def __init__(self, feeds: Sequence[Feed], write: Callable[[bytes], None], clock: Clock) -> None:
        """Take no tick before ``renew``."""
        self._feeds = feeds
        self._write = write
        self._clock = clock
        self._files: list[NumberSource] = []
        self._fields: list[float] = []
        self._pack = packer(0).pack
        self._until = 0
        self._never = not any(feed.files() for feed in feeds)

    def took(self, tick: int) -> bool:
        """Read and write all that is due at a tick; return False, and do nothing, if it cannot.

        This runs at each tick: it is kept short, and calls as little as can be.
        """
        if tick >= self._until:
            return False
        clock, fields, at = self._clock, self._fields, 0
        before = clock()
        try:
            for pread, descriptor in self._files:
                raw = pread(descriptor, MAX_NUMBER, 0)
                after = clock()
                if not raw[:-1].isdigit() or len(raw) > MAX_DIGITS:
                    return False
                fields[at] = (before + after) // 2
                fields[at + 1] = int(raw)
                at += 3
                before = after
        except (OSError, ValueError):
            return False
        self._write(self._pack(*fields))
        return True

    def renew(self) -> None:
        """Find out what can be read, and until which tick, once the meters themselves were asked.

        A meter that was lost may have closed its files, one that is back has opened others.
        """
        if self._never:
            return
        self._files, self._fields, others = [], [], []
        for feed in self._feeds:
            files = feed.files()
            for pread, descriptor, place in files:
                self._files.append((pread, descriptor))
                self._fields += (0, 0.0, place)  # time and value to be filled in
            if not files:
                others.append(feed.next_tick)
        self._pack = packer(len(self._files)).pack
        self._until = min(others, default=ENDLESS) if self._files else 0

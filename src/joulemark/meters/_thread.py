"""The sampling loop in a thread, for meters that exist only as objects of this process."""

from __future__ import annotations

import contextlib
import os
import threading
import time

from joulemark.core.caution import Code
from joulemark.core.clock import NS
from joulemark.core.errors import StoreError
from joulemark.meters._feeds import Troubles, open_all
from joulemark.meters._pace import check_period
from joulemark.meters._spool_writer import SpoolWriter
from joulemark.meters.journal import Journal
from joulemark.meters.sampler import sample
from joulemark.meters.sampling import run_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from joulemark.core.channel import Channel
    from joulemark.core.clock import Anchor, Clock
    from joulemark.core.interfaces import Meter
    from joulemark.meters._feeds import Feeds, Missing
    from joulemark.meters._files import StrPath

READY_S = 20.0
"""Time that the first sample may take."""
STOP_S = 10.0
"""Time that a last sample and its way to the disk may take."""


class SamplerThread:
    """A sampling thread, with the surface of a sampling process. Make it with :meth:`start`.

    Attributes:
        channels: what it samples.
        unavailable: meters and parts of meters that could not be opened.
        pid: this process.
    """

    def __init__(
        self, feeds: Feeds, spool: SpoolWriter, journal: Journal, period_s: float, clock: Clock
    ) -> None:
        """Take over open meters and files, and begin."""
        self.pid = os.getpid()
        self.channels: list[Channel] = feeds.channels
        self.unavailable: list[Missing] = feeds.unavailable
        self._feeds = feeds
        self._spool = spool
        self._journal = journal
        self._period_s = period_s
        self._end = threading.Event()
        self._begun = threading.Event()
        self._in_order = False
        self._clock = clock
        self._thread = threading.Thread(target=self._loop, name="joulemark-sampler", daemon=True)
        self._thread.start()
        self._begun.wait(READY_S)

    @classmethod
    def start(
        cls, meters: Sequence[Meter], period_s: float, anchor: Anchor, directory: StrPath
    ) -> Self:
        """Open meters and start to sample into a run directory.

        Writes ``traces/sampler.spool`` and ``events/sampler.jsonl``; ``stop`` closes the meters.

        Args:
            meters: they are not open yet.
            period_s: time between two samples.
            anchor: clock of the run.
            directory: the run directory.

        Raises:
            UnavailableError: if no meter can be opened.
            StoreError: if the run directory cannot be written.
        """
        check_period(period_s)
        spool_path, events_path, _ = run_files(directory)
        clock = anchor.clock(time.monotonic_ns)
        feeds = open_all([(meter, 1) for meter in meters], clock)
        with contextlib.ExitStack() as owned:
            owned.callback(feeds.close)
            journal = Journal(events_path)
            owned.callback(journal.close)
            spool = SpoolWriter(spool_path, "sampler", feeds.channels, anchor)
            owned.pop_all()
        return cls(feeds, spool, journal, period_s, clock)

    def alive(self) -> bool:
        """Whether it still samples."""
        return self._thread.is_alive()

    def stop(self, timeout_s: float = STOP_S) -> bool:
        """Let it take its last sample and end; return whether it ended in order.

        A thread cannot be killed: one whose meter hangs is left to itself.
        """
        self._end.set()
        self._thread.join(timeout_s)
        return self._in_order and not self._thread.is_alive()

    def _wait(self, until: int) -> int | None:
        return None if self._end.wait(max(until - self._clock(), 0) / NS) else 0

    def _loop(self) -> None:
        try:
            sample(
                self._feeds,
                self._spool.append,
                self._clock,
                self._wait,
                period_s=self._period_s,
                note=self._journal.note,
                cpu_s=time.thread_time,
                ready=self._begun.set,
                mode="thread",
            )
            self._spool.sync()
            self._in_order = True
        except StoreError as error:
            troubles = Troubles(self._journal.note)
            with contextlib.suppress(StoreError):
                troubles.tell(Code.SAMPLER_LOST.value, str(error), self._clock())
        finally:
            self._begun.set()
            self._spool.close()
            with contextlib.suppress(StoreError):
                self._journal.sync()
            self._journal.close()
            self._feeds.close()

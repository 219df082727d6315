"""Meters on their way through the sampling loop: when each is read, and what became of it.

A meter that fails costs nobody else a sample. A failed read is told once and then counted; a meter
that is gone is told once and opened again, first after a second, then ever more seldom.
"""

from __future__ import annotations

from joulemark.core.block import Block
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Quantity, as_it_is
from joulemark.core.clock import NS, Clock
from joulemark.core.errors import JoulemarkError, MeterLostError, UnavailableError, UsageError
from joulemark.core.scope import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeAlias

    from joulemark.core.interfaces import Meter, NumberSource

Note: TypeAlias = "Callable[[Mapping[str, Any]], None]"
"""Keeps an event, a JSON object."""

PlacedFile: TypeAlias = "tuple[Callable[[int, int, int], bytes], int, int]"
"""How a number file is read, its descriptor, and the place of its channel in the spool."""

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 60.0
NOTHING = Block()
NO_CAUTIONS: list[Caution] = []
MAX_KINDS = 100
"""Kinds of failure that are told apart; more are only counted together."""


class Troubles:
    """Failures: each kind told when it first happens, and counted at the end.

    Args:
        note: keeps the events.
    """

    def __init__(self, note: Note) -> None:
        """Begin with none."""
        self._note = note
        self._counts: dict[tuple[str, str, str], int] = {}
        self._last: dict[tuple[str, str, str], str] = {}

    def failed(self, meter: str, error: Exception, now: int) -> None:
        """Tell or count a failure."""
        lost = isinstance(error, MeterLostError)
        where = error.where if isinstance(error, JoulemarkError) else ""
        key = (Code.METER_LOST.value if lost else Code.METER_FAILED.value, meter, where)
        if key not in self._counts and len(self._counts) >= MAX_KINDS:
            key = (Code.METER_FAILED.value, "other", "")
        self._counts[key] = self._counts.get(key, 0) + 1
        self._last[key] = str(error)
        if self._counts[key] == 1:
            self.tell(key[0], f"{meter}: {error}", now)

    def tell(self, code: str, detail: str, now: int) -> None:
        """Keep one event."""
        self._note({"event": "caution", "code": code, "detail": detail, "phase": "", "time": now})

    def sum_up(self, now: int) -> None:
        """Tell how often each kind happened, where that was more than once."""
        for key, count in self._counts.items():
            if count > 1:
                self.tell(key[0], f"{key[1]}: {count} times in all, last {self._last[key]}", now)


class Feed:
    """One meter in the loop.

    Args:
        meter: it, open.
        every: read at each so many-th tick.
        places: number of each channel in the spool, by name.

    Attributes:
        meter: it.
        next_tick: the first tick at which it is due again.
    """

    def __init__(self, meter: Meter, every: int, places: Mapping[str, int]) -> None:
        """Take it in; it is due at once."""
        self.meter = meter
        self._read_edges: Callable[[], Block] | None = getattr(meter, "read_edges", None)
        self._number_files: Callable[[], Sequence[NumberSource]] | None = getattr(
            meter, "number_files", None
        )
        self._read_last: Callable[[], Block] = getattr(meter, "read_last", meter.read)
        self._every = every
        self.next_tick = 0
        self._places = places
        self._numbered()
        self._wait_s = FIRST_RETRY_S
        self._lost_at: int | None = None
        self._retry_at = 0

    def _numbered(self) -> None:
        """Note the place of each channel in the spool; the first meter's stay as they are."""
        self._place = [self._places.get(channel.name) for channel in self.meter.channels]
        self._as_it_is = self._place == list(range(len(self._place)))

    def due(self, tick: int) -> bool:
        """Whether it is to be read at this tick; if so, the next time is settled."""
        if tick < self.next_tick:
            return False
        self.next_tick = (tick // self._every + 1) * self._every
        return True

    def files(self) -> list[PlacedFile]:
        """Return the files that it is at each tick; none if the meter itself is to be asked."""
        if self._number_files is None or self._every > 1 or self._lost_at is not None:
            return []
        placed = zip(self._number_files(), self._place, strict=False)
        found = [(pread, file, place) for (pread, file), place in placed if place is not None]
        return found if len(found) == len(self._place) else []

    def take(self, clock: Clock, troubles: Troubles, *, last: bool = False) -> Block:
        """Return what the meter gives now, with the channels' places in the spool.

        A meter may hold that it was read a moment ago; the ``last`` time it has no choice.
        """
        if self._lost_at is not None and not self._returned(clock, troubles):
            return NOTHING
        try:
            block = self._read_last() if last else self.meter.read()
            if last and not block and self._read_edges is not None:
                block = self._read_edges()
        except (JoulemarkError, OSError) as error:
            self._failed(error, clock(), troubles)
            block = NOTHING
        if self.meter.failures:
            for failure in self.meter.failures:
                troubles.failed(self.meter.name, failure, clock())
            self.meter.failures.clear()
        if self._cautions:
            self._warn(clock(), troubles)
        return block if self._as_it_is or not block else self._placed(block)

    @property
    def _cautions(self) -> list[Caution]:
        cautions: list[Caution] = getattr(self.meter, "cautions", NO_CAUTIONS)
        return cautions

    def _warn(self, now: int, troubles: Troubles) -> None:
        for caution in self._cautions:
            troubles.tell(caution.code.value, caution.detail, now)
        self._cautions.clear()

    def _placed(self, block: Block) -> Block:
        placed = [(time, value, self._place[channel]) for time, value, channel in block.rows()]
        return Block.of((time, value, place) for time, value, place in placed if place is not None)

    def _failed(self, error: Exception, now: int, troubles: Troubles) -> None:
        troubles.failed(self.meter.name, error, now)
        if isinstance(error, MeterLostError):
            self._lost_at = now
            self._later(now)

    def _later(self, now: int) -> None:
        self._retry_at = now + round(self._wait_s * NS)
        self._wait_s = min(2 * self._wait_s, LAST_RETRY_S)

    def _returned(self, clock: Clock, troubles: Troubles) -> bool:
        """Open a lost meter again if it is time to."""
        now = clock()
        if self._lost_at is None or now < self._retry_at:
            return False
        try:
            self.meter.close()
            self.meter.open(clock)
        except (JoulemarkError, OSError):
            self._later(now)
            return False
        away = f"{(now - self._lost_at) / NS:.1f}"
        code = Code.METER_LOST.value
        troubles.tell(code, f"{self.meter.name}: read again, it was away for {away} s", now)
        self._numbered()
        self._lost_at, self._wait_s = None, FIRST_RETRY_S
        return True


Missing: TypeAlias = "tuple[str, UnavailableError]"
"""Name of a meter, and what it lacks."""


class Feeds:
    """The meters that could be opened, and what could not.

    Attributes:
        feeds: one for each open meter.
        channels: of all meters, in the order of the spool.
        unavailable: meters, and parts of meters, that could not be opened.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.feeds: list[Feed] = []
        self.channels: list[Channel] = []
        self.unavailable: list[Missing] = []

    def add(self, meter: Meter, clock: Clock, every: int) -> list[Missing]:
        """Open a meter and take it in; return what of it is not available, which is noted too.

        Raises:
            UsageError: if it has a channel of a name that another one has.
        """
        try:
            meter.open(clock)
        except UnavailableError as error:
            missing = [(meter.name, error)]
            self.unavailable += missing
            return missing
        missing = [(meter.name, error) for error in meter.missing]
        self.unavailable += missing
        first, taken = len(self.channels), {channel.name for channel in self.channels}
        for channel in meter.channels:
            if channel.name in taken:
                meter.close()
                raise UsageError(
                    f"two channels are called {channel.name!r}",
                    where=f"meter {meter.name}",
                    remedy="name each meter once",
                )
            taken.add(channel.name)
        self.channels += [as_it_is(channel) for channel in meter.channels]
        places = {channel.name: first + i for i, channel in enumerate(meter.channels)}
        self.feeds.append(Feed(meter, every, places))
        return missing

    def nothing(self) -> UnavailableError:
        """Return the error of a loop that has no meter to read."""
        reasons = "; ".join(f"{name}: {error}" for name, error in self.unavailable)
        return UnavailableError(f"no meter can be read ({reasons})")

    def sees_moments(self, period_s: float) -> bool:
        """Whether a sensor shows power as it is when it is read, and nothing of the time between.

        Sensors of a pace of their own are better read at an even pace, counters at any.

        Args:
            period_s: time between two reads.
        """
        return any(
            channel.quantity is Quantity.POWER
            and max(channel.update_s or 0.0, channel.window_s or 0.0) < period_s
            for channel in self.channels
        )

    def close(self) -> None:
        """Close all meters."""
        for feed in self.feeds:
            with suppress(JoulemarkError, OSError):
                feed.meter.close()


def open_all(meters: Sequence[tuple[Meter, int]], clock: Clock) -> Feeds:
    """Open meters, each with its number of ticks.

    Raises:
        UnavailableError: if none could be opened.
        UsageError: if two give a channel of one name.
    """
    feeds = Feeds()
    try:
        for meter, every in meters:
            feeds.add(meter, clock, every)
    except BaseException:
        feeds.close()
        raise
    if not feeds.feeds:
        raise feeds.nothing()
    return feeds

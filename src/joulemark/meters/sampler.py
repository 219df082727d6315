"""The sampling loop, and the process that runs nothing else.

``python -m joulemark.meters.sampler`` reads an order from standard input, opens the meters that it
names, answers on standard output, and samples until standard input ends (or says anything more), so
that it never outlives whoever started it. After ``pause`` it rests until ``resume``. All
else are JSON objects, one a line::

    {"meters": [{"name": …, "settings": {…}}, …], "period_s": 0.1, "anchor": {"utc_ns": …,
     "monotonic_ns": …}, "spool": PATH, "events": PATH, "writer": "sampler"}
    {"ready": true, "pid": …, "channels": […], "edges": [NAME, …], "unavailable": [{"meter", "what",
     "where", "remedy", "kind"}, …]}

The order may come in several lines, each of which is answered: clock and period first, meters in
any number of lines, and at last where the samples go. So whoever starts us learns from one meter
which others are wanted, and none is opened twice. ``edges`` names the meters that can be read at
the edges of windows; ``path`` and ``stderr`` say where else modules lie, and where messages go.

Deadlines are absolute, so lateness never adds up; a tick whose time has wholly passed is skipped
and counted, not made up for. Every row carries the time at which its meter was read.

What is sampled goes to the kernel at once and to the disk at the end. A process that is killed
loses nothing; a power cut may lose the last seconds. Putting each second on the disk would cost
more than it guards: the disk would draw power in the middle of what is measured.
"""

from __future__ import annotations

import gc
import os
import time

from joulemark.core.block import Block
from joulemark.core.caution import Code
from joulemark.core.clock import NS, Anchor
from joulemark.core.errors import JoulemarkError, StoreError
from joulemark.core.record import names
from joulemark.core.run import Sampler
from joulemark.core.scope import suppress
from joulemark.meters import _orders
from joulemark.meters._child import Leash, be_alone
from joulemark.meters._feeds import NOTHING, Feeds, Troubles
from joulemark.meters._pace import Pace
from joulemark.meters._quick import Quick
from joulemark.meters._spool_writer import SpoolWriter
from joulemark.meters.journal import Journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from joulemark.core.clock import Clock
    from joulemark.meters._child import Wait
    from joulemark.meters._feeds import Note

LATE = 0.01
"""Share of skipped ticks that is worth a warning."""


def sample(
    feeds: Feeds,
    write: Callable[[bytes], None],
    clock: Clock,
    wait: Wait,
    *,
    period_s: float,
    note: Note,
    cpu_s: Callable[[], float],
    ready: Callable[[], None] = lambda: None,
    mode: str = "process",
) -> Sampler:
    """Read the meters until told to end, and once more then; return how that went.

    Args:
        feeds: the open meters.
        write: keeps rows.
        clock: the run's clock.
        wait: waits for the next tick, or for the end.
        period_s: time between two ticks.
        note: keeps events: what failed, and at the end what this returns.
        cpu_s: processor time of this loop's process or thread, s.
        ready: called after the first sample, so that whoever waits for it is covered from then on.
        mode: ``process`` or ``thread``, for the record.

    Raises:
        StoreError: if rows or events cannot be written.
    """
    began, troubles = cpu_s(), Troubles(note)
    pace = Pace(clock(), round(period_s * NS), scattered=feeds.sees_moments(period_s))
    quick = Quick(feeds.feeds, write, clock)
    rested: int | None = 0
    while rested is not None:  # one sample at least, and another at the end
        tick = pace.arrived(clock())
        if not quick.took(tick):
            _take(feeds, tick, write, clock, troubles)
            quick.renew()
        if pace.ticks == 1:
            ready()
        rested = wait(pace.next_deadline(clock()))
        if rested:
            pace.rest(rested)
    _take(feeds, None, write, clock, troubles)
    _sum_up(pace, troubles, clock())
    record = _record(mode, period_s, pace, cpu_s() - began)
    note({"event": "sampler", **{name: getattr(record, name) for name in names(Sampler)}})
    return record


def _record(mode: str, period_s: float, pace: Pace, cpu_s: float) -> Sampler:
    return Sampler(
        mode=mode,
        period_s=period_s,
        ticks=pace.ticks + 1,
        skipped=pace.skipped,
        late_mean_s=pace.late_mean_s,
        late_max_s=pace.late_max_s,
        cpu_s=cpu_s,
    )


def _sum_up(pace: Pace, troubles: Troubles, now: int) -> None:
    troubles.sum_up(now)
    if pace.skipped > LATE * pace.ticks:
        seen = f"{pace.skipped} of {pace.skipped + pace.ticks} skipped"
        troubles.tell(Code.SAMPLER_LATE.value, seen, now)


def _take(
    feeds: Feeds,
    tick: int | None,
    write: Callable[[bytes], None],
    clock: Clock,
    troubles: Troubles,
) -> None:
    """Read what is due at a tick (all, without one) and write it in one piece."""
    whole = NOTHING
    for feed in feeds.feeds:
        if tick is None or feed.due(tick):
            block = feed.take(clock, troubles, last=tick is None)
            if block:
                whole = Block(whole + block) if whole else block
    if whole:
        write(whole)


def main() -> int:
    """Run the process; return its exit code."""
    answers = be_alone()
    try:
        return serve(0, lambda answer: _orders.say(answers, answer))
    except JoulemarkError as error:
        _orders.say(answers, _orders.refused(error))
        os.write(2, f"{error}\n".encode("utf-8", "replace"))
        return 1


def serve(orders: int, answer: Callable[[Mapping[str, Any]], None]) -> int:
    """Follow an order: open meters, and sample when told where to; return the exit code.

    Args:
        orders: descriptor that lines come from.
        answer: takes the answer to a line.

    Raises:
        JoulemarkError: if the order cannot be followed.
    """
    lines, feeds = _orders.Lines(orders), Feeds()
    order: dict[str, Any] = {}
    try:
        while "spool" not in order:
            line = lines.next()
            if order and not line:  # whoever started us has thought better of it
                return 0
            order = _orders.parsed(line, order)
            anchor = Anchor(order["anchor"]["utc_ns"], order["anchor"]["monotonic_ns"])
            found = _orders.opened(feeds, order, anchor.clock(time.monotonic_ns))
            if "spool" not in order:
                answer(found)
        leash = Leash(orders, anchor.clock(time.monotonic_ns))
        return _begin(feeds, order, anchor, leash, lambda: answer(found))
    finally:
        feeds.close()


def _begin(
    feeds: Feeds,
    order: Mapping[str, Any],
    anchor: Anchor,
    leash: Leash,
    ready: Callable[[], None],
) -> int:
    """Sample to where the order says, until told to end."""
    if not feeds.feeds:
        raise feeds.nothing()
    clock = anchor.clock(time.monotonic_ns)
    if "stderr" in order:
        _orders.speak_into(order["stderr"])
    journal = Journal(order["events"])
    spool = SpoolWriter(order["spool"], order["writer"], feeds.channels, anchor)
    gc.freeze()  # what is loaded stays; only what the loop makes is looked through
    try:
        sample(
            feeds,
            spool.append,
            clock,
            leash.wait,
            period_s=order["period_s"],
            note=journal.note,
            cpu_s=time.process_time,
            ready=ready,
        )
        spool.sync()
    except StoreError as error:
        with suppress(StoreError):
            Troubles(journal.note).tell(Code.SAMPLER_LOST.value, str(error), clock())
        os.write(2, f"{error}\n".encode("utf-8", "replace"))
        return 1
    finally:
        spool.close()
        with suppress(StoreError):
            journal.sync()
        journal.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

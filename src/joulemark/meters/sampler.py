"""The sampling loop, and the process that runs nothing else.

``python -m joulemark.meters.sampler`` reads one JSON line from standard input, opens the meters
that it names, answers with one JSON line on standard output, and samples until standard input ends
(or says anything more), so that it never outlives whoever started it::

    {"meters": [{"name": …, "settings": {…}}, …], "period_s": 0.1, "anchor": {"utc_ns": …,
     "monotonic_ns": …}, "spool": PATH, "events": PATH, "writer": "sampler"}
    {"ready": true, "pid": …, "channels": […], "unavailable": [{"meter", "what", "where", "remedy",
     "kind"}, …]}

Deadlines are absolute, so lateness never adds up; a tick whose time has wholly passed is skipped
and counted, not made up for. Every row carries the time at which its meter was read.

What is sampled goes to the kernel at once and to the disk at the end. A process that is killed
loses nothing; a power cut may lose the last seconds. Putting each second on the disk would cost
more than it guards: the disk would draw power in the middle of what is measured.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from joulemark.core.block import Block, Row
from joulemark.core.caution import Code
from joulemark.core.clock import NS, Anchor, Clock
from joulemark.core.errors import FormatError, JoulemarkError, StoreError
from joulemark.core.run import Sampler
from joulemark.meters import METERS
from joulemark.meters._child import Journal, Leash, Wait
from joulemark.meters._feeds import (
    Feeds,
    Note,
    Troubles,
    check_period,
    every_ticks,
    open_all,
    slow_and_own,
)
from joulemark.meters._pace import Pace
from joulemark.meters._tree import SAMPLER_COMM
from joulemark.meters.spool import SpoolWriter, channel_to

LATE = 0.01
"""Share of skipped ticks that is worth a warning."""
MAX_LINE = 16 << 20
"""Longest line that is read from standard input, bytes."""


def sample(
    feeds: Feeds,
    write: Callable[[Block], None],
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
    began, troubles, pace = cpu_s(), Troubles(note), Pace(clock(), round(period_s * NS))
    ended = False  # one sample at least, and another at the end
    while not ended:
        tick = pace.arrived(clock())
        _take(feeds, tick, write, clock, troubles)
        if pace.ticks == 1:
            ready()
        ended = wait(pace.next_deadline(clock()))
    _take(feeds, None, write, clock, troubles)
    _sum_up(pace, troubles, clock())
    record = Sampler(
        mode=mode,
        period_s=period_s,
        ticks=pace.ticks + 1,
        skipped=pace.skipped,
        late_mean_s=pace.late_mean_s,
        late_max_s=pace.late_max_s,
        cpu_s=cpu_s() - began,
    )
    note({"event": "sampler", **{f.name: getattr(record, f.name) for f in fields(Sampler)}})
    return record


def _sum_up(pace: Pace, troubles: Troubles, now: int) -> None:
    troubles.sum_up(now)
    if pace.skipped > LATE * pace.ticks:
        seen = f"{pace.skipped} of {pace.skipped + pace.ticks} skipped"
        troubles.tell(Code.SAMPLER_LATE.value, seen, now)


def _take(
    feeds: Feeds,
    tick: int | None,
    write: Callable[[Block], None],
    clock: Clock,
    troubles: Troubles,
) -> None:
    """Read what is due at a tick (all, without one) and write it in one piece."""
    rows: list[Row] = []
    for feed in feeds.feeds:
        if tick is None or feed.due(tick):
            rows.extend(feed.rows(clock, troubles, last=tick is None))
    if rows:
        write(Block.of(rows))


def main() -> int:
    """Run the process; return its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the measured program
    with contextlib.suppress(OSError):
        _call_ourselves(SAMPLER_COMM)
    answers = os.dup(1)
    os.dup2(2, 1)  # a library that prints must not spoil the answer
    try:
        order = _order(_line(0))
        return _run(order, answers)
    except JoulemarkError as error:
        _answer(answers, {"ready": False, "error": error.what, **_parts(error)})
        sys.stderr.write(f"{error}\n")
        return 1


def _run(order: Mapping[str, Any], answers: int) -> int:
    anchor = Anchor(order["anchor"]["utc_ns"], order["anchor"]["monotonic_ns"])
    clock = anchor.clock(time.monotonic_ns)
    leash = Leash(0, clock)
    feeds = open_all(_meters(order), clock)
    try:
        journal = Journal(order["events"])
        spool = SpoolWriter(order["spool"], order["writer"], feeds.channels, anchor)
        gc.collect()
        gc.freeze()  # what is loaded stays; only what the loop makes is looked through

        def ready() -> None:
            _answer(answers, _ready(feeds))

        return _sample_into(spool, journal, feeds, clock, leash.wait, order["period_s"], ready)
    finally:
        feeds.close()


def _sample_into(
    spool: SpoolWriter,
    journal: Journal,
    feeds: Feeds,
    clock: Clock,
    wait: Wait,
    period_s: float,
    ready: Callable[[], None],
) -> int:
    try:
        sample(
            feeds,
            spool.append,
            clock,
            wait,
            period_s=period_s,
            note=journal.note,
            cpu_s=time.process_time,
            ready=ready,
        )
        spool.sync()
    except StoreError as error:
        with contextlib.suppress(StoreError):
            Troubles(journal.note).tell(Code.SAMPLER_LOST.value, str(error), clock())
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        spool.close()
        journal.close()
    return 0


def _meters(order: Mapping[str, Any]) -> list[tuple[Any, int]]:
    found = []
    for spec in order["meters"]:
        period, settings = slow_and_own(spec["settings"])
        meter = METERS.load(spec["name"])(settings)
        found.append((meter, every_ticks(period, order["period_s"], spec["name"])))
    return found


def _order(line: bytes) -> Mapping[str, Any]:
    try:
        order = json.loads(line)
    except ValueError:
        order = None
    kinds = {"meters": list, "anchor": dict, "spool": str, "events": str, "writer": str}
    if not isinstance(order, dict) or any(
        not isinstance(order.get(name), kind) for name, kind in kinds.items()
    ):
        raise FormatError(
            f"no order for a sampler but {line[:80]!r}",
            where="standard input",
            remedy=f"give one line of JSON with {', '.join([*kinds, 'period_s'])}",
        )
    check_period(order.get("period_s"))
    return order


def _line(descriptor: int) -> bytes:
    """Return the first line."""
    line = b""
    while b"\n" not in line and len(line) < MAX_LINE:
        more = os.read(descriptor, 65536)
        if not more:
            break
        line += more
    return line.partition(b"\n")[0]


def _ready(feeds: Feeds) -> dict[str, Any]:
    return {
        "ready": True,
        "pid": os.getpid(),
        "channels": [channel_to(channel) for channel in feeds.channels],
        "unavailable": [
            {"meter": name, "what": error.what, **_parts(error)}
            for name, error in feeds.unavailable
        ],
    }


def _parts(error: JoulemarkError) -> dict[str, str]:
    """Return an error so that the parent can raise one of the same kind."""
    return {"where": error.where, "remedy": error.remedy, "kind": type(error).__name__}


def _answer(descriptor: int, answer: Mapping[str, Any]) -> None:
    data = json.dumps(answer).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


def _call_ourselves(name: bytes) -> None:
    """Show a name in lists of processes, by which whoever bills processor time leaves us out."""
    file = os.open("/proc/self/comm", os.O_WRONLY)
    try:
        os.write(file, name)
    finally:
        os.close(file)


if __name__ == "__main__":
    raise SystemExit(main())

"""The windows of a power directory, and the clocks of its two hosts."""

from __future__ import annotations

import math

from joulemark.accounting.mlperf_power import STREAMS
from joulemark.core.clock import NS, Anchor
from joulemark.core.errors import FormatError
from joulemark.core.window import Role, Window, Work
from joulemark.formats.inference.as_logs import or_none
from joulemark.formats.inference.directory import RANGING, PowerDirectory
from joulemark.formats.inference.figures import Figures
from joulemark.formats.inference.parsed import Phase, Session
from joulemark.formats.inference.performance import number, performance
from joulemark.formats.inference.timed import TimedRun, round_for

TESTING_PHASE = "testing"
"""How session files, and the run, call the test."""

_MOST = 1e15
"""No run does so much work."""
_LATEST_S = 4e9
"""The year 2096; later stamps of a host are no times."""
_MEASURING, _OVER = 1, 2
"""Stamps of a run: before its start, measuring, workload over, stopped."""


def window_of(directory: PowerDirectory, name: str, run: TimedRun, figures: Figures) -> Window:
    """Return a run as a window.

    Its facts are how far the director's clock was ahead of the tested system's (mean and largest),
    and how long the analyser had measured before it, and did after it, s.

    Args:
        directory: whose.
        name: ``ranging`` or ``testing``.
        run: its readings and bounds.
        figures: of the test.

    Raises:
        FormatError: if it ends before it begins.
    """
    if run.end <= run.begin:
        raise FormatError("power_end is not after power_begin", where=run.detail.name)
    apart = _offsets(directory, name)
    skew = max(map(abs, apart), default=0.0)
    facts = _measuring(directory, name, run)
    if apart:
        facts |= {"clock_offset_s": sum(apart) / len(apart), "clock_offset_max_s": skew}
    return Window(
        phase=name,
        start=run.begin,
        stop=run.end,
        role=Role.RANGING if name == RANGING else Role.MEASURE,
        work=_work(directory, run, figures),
        facts=facts,
        edge_u_s=min(skew, run.seconds) / math.sqrt(3),
    )


def anchor_of(directory: PowerDirectory, test: TimedRun) -> Anchor:
    """Return the tested system's two clocks at the first stamp of the session."""
    stamps = _stamps(or_none(lambda: directory.client))
    if not stamps:
        return Anchor(int(test.begin), 0)
    return Anchor(_ns(stamps[0].unix_s), _ns(stamps[0].monotonic_s or 0.0))


def stopped_at(directory: PowerDirectory, test: TimedRun) -> int:
    """Return when the session ended, ns UTC."""
    stamps = _stamps(or_none(lambda: directory.client))
    return max(_ns(stamps[-1].unix_s) if stamps else 0, int(test.end))


def _offsets(directory: PowerDirectory, name: str) -> list[float]:
    """Return how far the director's clock was ahead of the tested system's, at each stamp, s."""
    client, server = or_none(lambda: directory.client), or_none(lambda: directory.server)
    if client is None or server is None:
        return []
    pairs = zip(client.phases.get(name, ()), server.phases.get(name, ()), strict=False)
    return [b.unix_s - a.unix_s for a, b in pairs if _is_time(a) and _is_time(b)]


def _measuring(directory: PowerDirectory, name: str, run: TimedRun) -> dict[str, float]:
    client = or_none(lambda: directory.client)
    stamps = client.phases.get(name, ()) if client is not None else ()
    if len(stamps) <= _OVER or not all(map(_is_time, stamps)):
        return {}
    return {
        "measuring_before_s": run.begin / NS - stamps[_MEASURING].unix_s,
        "measuring_after_s": stamps[_OVER].unix_s - run.end / NS,
    }


def _work(directory: PowerDirectory, run: TimedRun, figures: Figures) -> Work | None:
    """Return what was done: queries of a stream, tokens, else samples."""
    if figures.measured in STREAMS:
        of_test = run.detail is directory.testing_detail
        count = figures.n_query if of_test else number(run.detail, "result_query_count")
        unit = "query"
    else:
        round_, scenario = round_for(directory), figures.measured
        rate = performance(run.detail, round_, scenario, directory.place.benchmark)
        count = None if rate is None else rate.rate * run.seconds
        unit = "token" if rate is not None and rate.tokens else "sample"
    if count is None or not 0 < count < _MOST:
        return None
    return Work(float(max(round(count), 1)), unit)


def _stamps(session: Session | None) -> list[Phase]:
    """Return the stamps of a session in the order of time, without what is no time."""
    if session is None:
        return []
    found = [s for name in (RANGING, TESTING_PHASE) for s in session.phases.get(name, ())]
    return sorted(filter(_is_time, found), key=lambda stamp: stamp.unix_s)


def _is_time(stamp: Phase) -> bool:
    return 0 <= stamp.unix_s < _LATEST_S and 0 <= (stamp.monotonic_s or 0.0) < _LATEST_S


def _ns(seconds: float) -> int:
    return round(seconds * NS)

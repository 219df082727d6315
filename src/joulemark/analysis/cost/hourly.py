"""An intensity that changes with time, held against when a run used its energy.

Windows are cut where the intensity changes, and the energy of the pieces weighs it. An entry holds
until the next one, the last as long as the one before it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from joulemark.accounting.results import PhaseResult
from joulemark.analysis.cost.factors import ARGUMENT
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, UsageError
from joulemark.core.window import Role, Window

if TYPE_CHECKING:
    from joulemark.analysis.calibrating.tables import Table

HOUR_NS = 3600 * NS
_TIMES = ("time", "datetime", "timestamp", "date", "from", "start")
_VALUES = ("g_per_kwh", "gco2e_per_kwh", "intensity", "carbon_intensity")
_LONGER = 1.5
"""A step of so many usual ones is a gap."""
_APART = "\0"
_HOW = "write time as 2026-11-26T14:00Z or seconds since 1970, and g_per_kwh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hourly:
    """A series of intensities.

    Attributes:
        times: when each begins, ns UTC, strictly increasing.
        g_per_kwh: each, gCO2e/kWh.
        stop: when the last one ends, ns UTC.
        gaps: indices of entries that end before the next one begins.
        step_ns: usual step, ns; after a gap an entry holds for that long.
        by: who said it.
        of: the file.
        basis: what it counts.
    """

    times: tuple[int, ...]
    g_per_kwh: tuple[float, ...]
    stop: int
    gaps: frozenset[int]
    step_ns: int
    by: str = ARGUMENT
    of: str = ""
    basis: str = "not said: average or marginal, direct or life cycle"

    def edges(self, start: int, stop: int) -> list[int]:
        """Return the moments strictly between two at which the intensity changes, ns."""
        return [time for time in self.times if start < time < stop]

    def at(self, moment: int) -> float:
        """Return the intensity at a moment, gCO2e/kWh."""
        return self.g_per_kwh[max(bisect_right(self.times, moment) - 1, 0)]

    def uncovered(self, start: int, stop: int) -> int | None:
        """Return the first moment of a stretch that no entry covers; None if all is covered."""
        if start < self.times[0]:
            return start
        for index in sorted(self.gaps):
            begin, end = self.times[index] + self.step_ns, self.times[index + 1]
            if start < end and begin < stop:
                return max(start, begin)
        return max(start, self.stop) if stop > self.stop else None


def hourly(table: Table, by: str = ARGUMENT) -> Hourly:
    """Return the series that a table holds.

    Raises:
        UsageError: if columns of time and intensity cannot be told.
        FormatError: if a time has no zone, times do not increase, or a number is none.
    """
    time, value = _columns(table)
    times, values = [], []
    for row in table.rows:
        where = table.where(row)
        times.append(_moment(row.cells.get(time), where))
        values.append(_intensity(row.cells.get(value), where))
        if len(times) > 1 and times[-1] <= times[-2]:
            raise FormatError("times do not increase", where=where, remedy="sort the table")
    if not times:
        raise FormatError("the series has no row", where=table.name, remedy=_HOW)
    steps = [b - a for a, b in pairwise(times)]
    step = int(median(steps)) if steps else HOUR_NS
    return Hourly(
        times=tuple(times),
        g_per_kwh=tuple(values),
        stop=times[-1] + (min(steps[-1], step) if steps else step),
        gaps=frozenset(i for i, length in enumerate(steps) if length > _LONGER * step),
        step_ns=step,
        by=by,
        of=table.name,
    )


def _columns(table: Table) -> tuple[str, str]:
    """Return the columns of time and intensity, by their names; of two, the first and second."""
    if len(table.columns) == 2:
        return table.columns[0], table.columns[1]
    plain = {name: name.casefold().partition(" ")[0] for name in table.columns}
    times = [name for name in table.columns if plain[name] in _TIMES]
    values = [
        name
        for name in table.columns
        if name not in times and (plain[name] in _VALUES or "kwh" in name.casefold())
    ]
    for what, found in (("time", times), ("intensity", values)):
        if len(found) != 1:
            many = f"{len(found)} columns could be the {what}" if found else f"no column of {what}"
            remedy = f"leave two columns in the table: {_HOW}"
            raise UsageError(many, where=table.name, remedy=remedy)
    return times[0], values[0]


def _moment(cell: Any, where: str) -> int:
    """Return ns UTC."""
    if isinstance(cell, datetime):
        moment = cell
    else:
        text = str(cell or "").strip()
        number = _number(text)
        if number is not None:
            return round(number * NS)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise FormatError(f"no time: {text!r:.40}", where=where, remedy=_HOW) from None
    if moment.tzinfo is None:
        raise FormatError(f"the time {moment} has no zone", where=where, remedy=_HOW)
    since = moment - datetime.fromtimestamp(0, UTC)
    return (since.days * 86400 + since.seconds) * NS + since.microseconds * 1000


def _intensity(cell: Any, where: str) -> float:
    number = _number(cell)
    if number is None or number < 0:
        raise FormatError(f"no intensity: {cell!r:.40}", where=where, remedy=_HOW)
    return number


def _number(cell: Any) -> float | None:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def pieces(windows: Iterable[Window], series: Hourly) -> tuple[Window, ...]:
    """Return the measured windows cut where the intensity changes, each piece a phase of its own.

    Raises:
        UsageError: if the series does not cover them.
    """
    found: list[Window] = []
    for window in windows:
        if window.role is not Role.MEASURE or window.stop is None or window.stop <= window.start:
            continue
        gap = series.uncovered(window.start, window.stop)
        if gap is not None:
            raise UsageError(
                f"the series does not cover the run: nothing holds at {_iso(gap)}",
                where=series.of,
                remedy=f"it goes from {_iso(series.times[0])} to {_iso(series.stop)}; "
                "give one that covers the run",
            )
        edges = [window.start, *series.edges(window.start, window.stop), window.stop]
        for start, stop in pairwise(edges):
            name = f"{window.phase}{_APART}{len(found)}"
            found.append(replace(window, phase=name, start=start, stop=stop, work=None))
    return tuple(found)


def weighted(results: Sequence[PhaseResult], series: Hourly) -> dict[str, float]:
    """Return each phase's mean intensity (gCO2e/kWh), weighted by when its energy was used.

    Args:
        results: of the pieces of its windows.
        series: the intensities.
    """
    joules: dict[str, float] = defaultdict(float)
    grams: dict[str, float] = defaultdict(float)
    for phase, used, held in _used(results, series):
        joules[phase] += used
        grams[phase] += used * held
    return {phase: grams[phase] / joules[phase] for phase in joules if joules[phase] > 0}


def _used(results: Sequence[PhaseResult], series: Hourly) -> Iterator[tuple[str, float, float]]:
    for result in results:
        if result.total is not None:
            phase = result.phase.partition(_APART)[0]
            held = series.at(result.windows[0].window.start)
            yield phase, result.total.joules.value, held


def _iso(ns: int) -> str:
    return datetime.fromtimestamp(ns / NS, UTC).strftime("%Y-%m-%d %H:%M:%SZ")

"""What a server tells of itself over a window: levels averaged by time, counts as differences.

A server's counters run since it was started; a window is given what they grew by within it. Between
two readings a counter is taken to grow evenly, as a level is taken to change evenly. A counter that
goes back began anew: the server was started again, and what it did between its last reading and its
end is not known. Readings of one metric with several labels are added up, those of parts that share
every request (tensor parallel ranks) are not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.serving_labels import Floats, Labels, Series, Times, grouped, of_all
from joulemark.accounting.serving_names import (
    CACHED,
    KV_USE,
    PREFIXES,
    PROMPT,
    VOCABULARIES,
    Names,
    Vocabulary,
    known_names,
)
from joulemark.core.clock import NS
from joulemark.core.exposition import Sample, samples_of

GAP_S = 5.0
"""A longer time without a reading is said."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a server told at one time.

    Attributes:
        time: ns of the run's clock.
        samples: those that mean something here.
    """

    time: int
    samples: tuple[Sample, ...]

    @classmethod
    def of(cls, time: int, text: str) -> Reading:
        """Return what a text of a server tells."""
        known = known_names()
        samples = (one for one in samples_of(text, PREFIXES) if one.name in known)
        return cls(time, tuple(one for one in samples if math.isfinite(one.value)))


@dataclass(frozen=True, slots=True)
class Level:
    """A level over a window.

    Attributes:
        mean: by time.
        most: the highest that was read in it.
    """

    mean: float
    most: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """What a histogram grew by.

    Attributes:
        count: how many were observed.
        total: their sum.
        bounds: upper bounds of the buckets, ascending, the last infinite.
        within: how many were at most that.
    """

    count: float
    total: float
    bounds: tuple[float, ...] = ()
    within: tuple[float, ...] = ()

    @property
    def mean(self) -> float | None:
        """Mean of what was observed."""
        return self.total / self.count if self.count > 0 else None

    def between(self, share: float) -> tuple[float, float] | None:
        """Return the bounds of the bucket that holds a quantile; None where there is none.

        Args:
            share: of the observations that are at most the quantile, above 0 and up to 1.
        """
        if self.count <= 0 or not self.bounds:
            return None
        i = int(np.searchsorted(self.within, share * self.within[-1], side="left"))
        return (self.bounds[i - 1] if i else 0.0), self.bounds[i]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCounters:
    """What a server told of itself in a window.

    Attributes:
        server: what it is called.
        readings: how many lie in the window.
        start: from when it was read, ns: the window's start, or the first reading if that is later.
        stop: until when.
        levels: by the names of ``serving_names``; what it does not tell is absent.
        counts: likewise.
        times: likewise.
        restarts: how often its counters began anew.
        at_end: tokens are counted when their request ends, not when they are made.
        remarks: what there is to know.
    """

    server: str
    readings: int
    start: int
    stop: int
    levels: Mapping[str, Level]
    counts: Mapping[str, float]
    times: Mapping[str, Histogram]
    restarts: int
    at_end: bool
    remarks: tuple[str, ...]


def server_counters(readings: Iterable[Reading], start: int, stop: int) -> ServerCounters | str:
    """Return what a server told of itself in a window, or in words why nothing.

    Args:
        readings: of the server, in any order, also before and after the window.
        start: of the window, ns.
        stop: of the window, ns.
    """
    told = _in_order(readings)
    if not told:
        return "the server told nothing of itself that is known"
    if max(told[0].time, start) >= min(told[-1].time, stop):
        return "the server was not read twice about the window"
    return _Table(told, _words_of(told)).over(start, stop)


def server_levels(readings: Iterable[Reading]) -> dict[str, tuple[Times, Floats]]:
    """Return levels over time: by the names of ``serving_names``, when they were read and what.

    Args:
        readings: of the server, in any order.
    """
    told = _in_order(readings)
    return dict(_Table(told, _words_of(told)).levels()) if told else {}


def _in_order(readings: Iterable[Reading]) -> list[Reading]:
    return sorted((r for r in readings if r.samples), key=lambda reading: reading.time)


def _words_of(told: Sequence[Reading]) -> Vocabulary:
    return next(v for v in VOCABULARIES if told[-1].samples[0].name.startswith(v.prefix))


class _Table:
    """All readings of a server."""

    def __init__(self, readings: Sequence[Reading], words: Vocabulary) -> None:
        self._words = words
        self._time = np.array([reading.time for reading in readings], np.int64)
        self._series: dict[str, dict[Labels, Floats]] = {}
        self._restarted: set[int] = set()
        for i, reading in enumerate(readings):
            for sample in reading.samples:
                series = self._series.setdefault(sample.name, {})
                labels = frozenset(sample.labels.items())
                if labels not in series:
                    series[labels] = np.full(len(readings), np.nan)
                series[labels][i] = sample.value

    def over(self, start: int, stop: int) -> ServerCounters:
        """Return what was told over a window."""
        first, last = int(self._time[0]), int(self._time[-1])
        edges = np.array([max(start, first), min(stop, last)])
        words = self._words
        levels = {key: _level(*line, edges) for key, line in self.levels()}
        counts = {key: self._growth(series, edges) for key, series in self._found(words.counts)}
        if words.computed and PROMPT in counts:
            counts[PROMPT] += counts.get(CACHED, 0.0)
        times = {
            key: self._histogram(name, edges)
            for key, names in words.times.items()
            if (name := self._first(names, "_count"))
        }
        within = (self._time >= start) & (self._time <= stop)
        restarts = [i for i in self._restarted if edges[0] < self._time[i] <= edges[1]]
        return ServerCounters(
            server=words.server,
            readings=int(within.sum()),
            start=int(edges[0]),
            stop=int(edges[1]),
            levels=levels,
            counts=counts,
            times=times,
            restarts=len(restarts),
            at_end=words.at_end,
            remarks=tuple(self._remarks(start, stop, edges, len(restarts))),
        )

    def _first(self, names: Names, ending: str = "") -> str:
        return next((name for name in names if name + ending in self._series), "")

    def _found(self, table: Mapping[str, Names]) -> Iterable[tuple[str, Series]]:
        for key, names in table.items():
            if name := self._first(names):
                yield key, self._series[name]

    def levels(self) -> Iterable[tuple[str, tuple[Times, Floats]]]:
        """Yield each level, when it was read and what it was: shares as means, the rest as sums."""
        for key, series in self._found(self._words.levels):
            groups = grouped(of_all(series))
            known = ~np.isnan(groups)
            there = known.any(axis=0)
            values = np.where(known, groups, 0.0).sum(axis=0)[there]
            if key == KV_USE:
                values = values / known.sum(axis=0)[there]
            yield key, (self._time[there], values)

    def _growth(self, series: Series, edges: Times) -> float:
        """Return what a counter grew by between two times."""
        total = grouped({labels: self._grown(values) for labels, values in series.items()})
        before, after = np.interp(edges, self._time, total.sum(axis=0))
        return float(after - before)

    def _grown(self, values: Floats) -> Floats:
        """Return a counter that never goes back: what it did before it began anew is kept."""
        filled = np.nan_to_num(values)  # what is not told has not been counted yet
        steps = np.diff(filled)
        back = np.flatnonzero(steps < 0)
        self._restarted |= {int(i) + 1 for i in back}
        steps[back] = filled[back + 1]
        return np.concatenate([filled[:1], filled[0] + np.cumsum(steps)])

    def _histogram(self, name: str, edges: Times) -> Histogram:
        buckets: dict[float, dict[Labels, Floats]] = {}
        for labels, values in self._series.get(f"{name}_bucket", {}).items():
            bound = _number(dict(labels).get("le", ""))
            rest = frozenset(pair for pair in labels if pair[0] != "le")
            if not math.isnan(bound):
                buckets.setdefault(bound, {})[rest] = values
        bounds = tuple(sorted(buckets))
        nothing = {frozenset[tuple[str, str]](): np.zeros(len(self._time))}
        return Histogram(
            count=self._growth(self._series[f"{name}_count"], edges),
            total=self._growth(self._series.get(f"{name}_sum", nothing), edges),
            bounds=bounds,
            within=tuple(self._growth(buckets[bound], edges) for bound in bounds),
        )

    def _remarks(self, start: int, stop: int, edges: Times, restarts: int) -> Iterable[str]:
        missed = (edges[0] - start) + (stop - edges[1])
        if missed > 0:
            yield f"{missed / NS:.1f} s of the window lie before or after all readings"
        used = self._time[(self._time >= edges[0]) & (self._time <= edges[1])]
        steps = np.diff(np.unique(np.concatenate([edges, used])))
        if steps.max(initial=0) > GAP_S * NS:
            yield f"the server did not tell anything for {steps.max() / NS:.0f} s"
        if restarts:
            times = "once" if restarts == 1 else f"{restarts} times"
            yield (
                f"the server's counters began anew {times}: it was started again, and what it did "
                "just before is not counted"
            )


def _level(time: Times, values: Floats, edges: Times) -> Level:
    """Return a level over a window, between readings on a straight line."""
    at = np.interp(edges, time, values)
    inner = (time > edges[0]) & (time < edges[1])
    knots = np.concatenate([edges[:1], time[inner], edges[1:]]) - edges[0]
    heights = np.concatenate([at[:1], values[inner], at[1:]])
    area = float(np.trapezoid(heights, knots.astype(np.float64)))
    return Level(area / float(knots[-1]), float(heights.max()))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan

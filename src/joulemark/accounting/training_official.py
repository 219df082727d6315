"""The energy of an MLPerf Training result as it is published.

The official summarizer takes the mean power of a whole log, each reading for the time since the one
before it, and multiplies it by the time to train: what the log holds beside the run counts as well.
Two versions of it have scored results:

* that of **2024-05** (round v4.0) walks a log in the order of its lines up to the stop mark, and
  ends the mean at the stop mark or the last reading, whichever is later;
* that **since 2024-09** (v4.1 on) sorts the lines by time, takes what lies between the marks, and
  needs a start mark; a stop mark that equals the start makes it fail.

Where it fails, so do we, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from joulemark.accounting.training_record import Kind, Mark, PowerRecord
from joulemark.core.words import StrEnum

MS = 1_000_000
"""Nanoseconds of a millisecond."""
FIRST_OF_THE_PRESENT = (4, 1)
"""The round from which the present algorithm has scored."""
PRESENT_SINCE = 1_726_704_000_000_000_000
"""2024-09-19, ns: runs since then are of such a round."""
DROPPED = {"unet3d": 4}
"""Runs that are left out at either end, where that is not one."""


class Algorithm(StrEnum):
    """A version of the official summarizer."""

    OF_2024 = "2024-05"
    PRESENT = "2024-09"


def algorithm_of(round_: str, started: int | None) -> Algorithm:
    """Return the version that scored a round.

    Args:
        round_: ``v4.0`` …; empty if unknown.
        started: when a run of it began, ns, which tells where the round does not; None if unknown.
    """
    numbers = round_.removeprefix("v").split(".")
    if len(numbers) == 2 and all(number.isdecimal() for number in numbers):
        present = (int(numbers[0]), int(numbers[1])) >= FIRST_OF_THE_PRESENT
    else:
        present = started is None or started >= PRESENT_SINCE
    return Algorithm.PRESENT if present else Algorithm.OF_2024


def published_joules(record: PowerRecord, seconds: float, algorithm: Algorithm) -> float:
    """Return what the official summarizer makes of one log.

    Args:
        record: the log.
        seconds: time to train, s.
        algorithm: which version.

    Raises:
        ValueError: if it fails or makes no number of it; the text says why.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if record.kind is Kind.SWITCH:
            joules = _switch_w(record) * seconds
        elif algorithm is Algorithm.OF_2024:
            joules = _mean_2024_w(record) * seconds
        else:
            joules = _mean_w(record) * seconds
    if not math.isfinite(joules):
        raise ValueError("a value in it is no number")
    return joules


def _switch_w(record: PowerRecord) -> float:
    """Return the first stated power times the factor that stands before it; readings count 0."""
    if not record.estimates:
        return 0.0
    first = min(record.estimates, key=lambda mark: mark.line)
    return first.value * _last([m for m in record.efficiencies if m.line < first.line])


def _mean_2024_w(record: PowerRecord) -> float:
    end = min((mark.line for mark in record.stops), default=np.iinfo(np.int64).max)
    stop = next((mark.time for mark in record.stops if mark.line == end), 0)
    starts = sorted((m for m in record.starts if m.line < end), key=lambda mark: mark.line)
    read = record.line < end
    time, watts, line = record.time[read], record.watts[read], record.line[read]
    rank = np.array([mark.line for mark in starts], dtype=np.int64)
    total = _rectangles_ms(time, watts, line, starts, rank)
    stop = max(stop, int(time.max()) if len(time) else 0)
    start = starts[-1].time if starts else 0
    factor = _last([m for m in record.efficiencies if m.line < end])
    return factor * _over(total, stop - start)


def _mean_w(record: PowerRecord) -> float:
    if not record.starts:
        raise ValueError("it has no power_measurement_start")
    by_time = sorted(record.starts, key=_when)
    stops = sorted(record.stops, key=_when)
    order = np.lexsort((record.line, record.time))
    time, watts, line = record.time[order], record.watts[order], record.line[order]
    read = _after(by_time[0], time, line)
    if stops:
        read &= ~_after(stops[0], time, line)
    time, watts, line = time[read], watts[read], line[read]
    total = 0.0
    if len(time):
        before = np.append(by_time[0].time, time[:-1])
        for mark in by_time[1:]:
            first = int((~_after(mark, time, line)).sum())
            before[first : first + 1] = np.maximum(before[first : first + 1], mark.time)
        total = float((watts * ((time - before) / MS)).sum())
    stop = stops[-1].time if stops else int(time.max()) if len(time) else 0
    return _last(sorted(record.efficiencies, key=_when)) * _over(total, stop - by_time[-1].time)


def _rectangles_ms(
    time: np.ndarray, watts: np.ndarray, line: np.ndarray, starts: list[Mark], rank: np.ndarray
) -> float:
    """Return the sum of readings (W) times the time since what stands before them, W·ms.

    Before the first reading stands the start mark, or nothing: then it is the time since 1970.
    """
    if not len(time):
        return 0.0
    before = np.append(0, time[:-1])
    latest = np.searchsorted(rank, line)  # marks above each reading
    fresh = np.diff(latest, prepend=0) > 0
    marks = np.array([mark.time for mark in starts], dtype=np.int64)
    before[fresh] = marks[latest[fresh] - 1]
    return float((watts * ((time - before) / MS)).sum())


def _over(total_ms: float, length: int) -> float:
    if length == 0:
        raise ValueError("it ends when it starts, and the official tool divides by that time")
    return total_ms / (length / MS)


def _after(mark: Mark, time: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return which readings come after a mark, sorted by time and then by line."""
    later: np.ndarray = (time > mark.time) | ((time == mark.time) & (line > mark.line))
    return later


def _when(mark: Mark) -> tuple[int, int]:
    return mark.time, mark.line


def _last(marks: Sequence[Mark]) -> float:
    return marks[-1].value if marks else 1.0


def counted(seconds: Sequence[float], dropped: int, benchmark: str) -> tuple[int, ...]:
    """Return which runs the olympic mean takes, as places in ``seconds``.

    Of the runs in the order of their time the fastest and the slowest are left out (four of each of
    unet3d); one that did not converge counts as a slow one that is left out already.

    Args:
        seconds: time to train of the converged runs, s.
        dropped: how many did not converge.
        benchmark: its name.

    Returns:
        Fastest first; nothing if too many did not converge, or too few did.
    """
    most = DROPPED.get(benchmark, 1)
    if dropped > most:
        return ()
    order = sorted(range(len(seconds)), key=lambda run: seconds[run])
    return tuple(order[most : len(order) - (most - dropped)])

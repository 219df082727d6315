"""What the rules ask of one power log, worked out once; the log itself is let go."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, field

import numpy as np

from joulemark.accounting.training_in_run import in_run, zone_shift_s
from joulemark.accounting.training_official import Algorithm, published_joules
from joulemark.accounting.training_record import Floats, Kind, Lines, PowerRecord, Times
from joulemark.core.clock import NS
from joulemark.formats.inference.parsed import Problem
from joulemark.formats.training.parsed import PowerLog
from joulemark.rules.training.shape import Course, course_of, pieces_of

_INDEX = re.compile(r"(?:node|sw)_([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Worst:
    """An amount, and the line where it is worst; 0 for none."""

    amount: float = 0.0
    line: int = 0


@dataclass(frozen=True, slots=True)
class InRun:
    """What a log holds of its run, its stamps shifted by its time zone.

    Attributes:
        seconds: length of the run.
        shift_s: seconds by which the stamps were shifted.
        stamps: different stamps with a reading in the run.
        begins_s, ends_s: where readings begin and end, s after the start of the run; before the
            first reading counts from the mark of the start, as the policy's sum does.
        gap: longest distance of two readings, s, and the line of the later one.
        still: longest stretch of one value, s, and the line of its end.
        still_readings: how many readings it has.
        course: how the readings in the run follow each other.
        mean_w: mean of the readings in the run, as read.
        published_j, in_run_j: energy as the official summarizer has it and in the run; NaN where
            there is none.
    """

    seconds: float
    shift_s: int
    stamps: int
    begins_s: float
    ends_s: float
    gap: Worst
    still: Worst
    still_readings: int
    course: Course
    mean_w: float
    published_j: float
    in_run_j: float

    @property
    def covered_s(self) -> float:
        """How much of the run lies between the first reading and the last, s."""
        return max(min(self.ends_s, self.seconds) - max(self.begins_s, 0.0), 0.0)

    @property
    def rate(self) -> float:
        """Readings a second, where there are any."""
        return self.stamps / self.covered_s if self.covered_s else 0.0


@dataclass(frozen=True, slots=True)
class LogFacts:
    """One power log.

    Attributes:
        file: relative to the root of the tree.
        name: ``node_0`` …
        kind: what it is of.
        index: the number in its name; None without.
        content: of the file, hashed.
        pieces: what its readings are known by.
        hosts: that its readings name.
        readings: how many.
        bad: readings that are no number, zero, negative, and the line of the first.
        highest: W, and its line.
        back: longest step back from line to line, s, and where; how many there are.
        doubled: readings on a stamp that another has, and the line of the first.
        whole_seconds: whether all stamps are.
        first, last: stamps of the readings, ns; None without.
        starts, stops: marks.
        stop_is_start: whether the stop has the stamp of the start.
        null_texts: marks whose value is the text "null".
        efficiencies: as stated, with the line of the last.
        sides: what was read, as stated: ``AC``, ``DC``.
        estimates: powers that are declared, W.
        in_run: of the run; None where the log does not lie over it or the run is not known.
        apart_s: how far its middle is from the run's, s; NaN where it lies over it.
        problems: of the file.
    """

    file: str
    name: str
    kind: Kind
    index: int | None
    content: str
    pieces: frozenset[int]
    hosts: tuple[str, ...]
    readings: int
    bad: dict[str, Worst]
    highest: Worst
    back: Worst
    backs: int
    doubled: Worst
    whole_seconds: bool
    first: int | None
    last: int | None
    starts: int
    stops: int
    stop_is_start: bool
    null_texts: int
    efficiencies: tuple[float, ...]
    efficiency_line: int
    sides: tuple[str, ...]
    estimates: tuple[float, ...]
    in_run: InRun | None = None
    apart_s: float = math.nan
    problems: tuple[Problem, ...] = field(default=())

    @property
    def span_s(self) -> float:
        """Time from the first reading to the last, s; 0 without."""
        return 0.0 if self.first is None or self.last is None else (self.last - self.first) / NS


def facts_of(
    log: PowerLog, data: bytes, run: tuple[int, int] | None, algorithm: Algorithm
) -> LogFacts:
    """Return what the rules ask of a log.

    Args:
        log: the log.
        data: the file.
        run: start and stop of its run, ns; None if they are not known.
        algorithm: version of the official summarizer of its round.
    """
    record = log.record
    time, watts, line = record.time, record.watts, record.line
    match = _INDEX.fullmatch(record.name)
    steps = np.diff(time) / NS
    found = None if run is None or not len(time) else _in_run(record, run, algorithm)
    starts, stops = [m.time for m in record.starts], [m.time for m in record.stops]
    return LogFacts(
        file=log.name,
        name=record.name,
        kind=record.kind,
        index=int(match[1]) if match else None,
        content=hashlib.sha256(data).hexdigest(),
        pieces=pieces_of(watts),
        hosts=log.hosts,
        readings=len(time),
        bad=_bad(watts, line),
        highest=_highest(watts, line),
        back=_worst(-steps, line[1:]),
        backs=int((steps < 0).sum()),
        doubled=_doubled(time, line),
        whole_seconds=len(time) > 1 and not bool((time % NS).any()),
        first=int(time.min()) if len(time) else None,
        last=int(time.max()) if len(time) else None,
        starts=len(starts),
        stops=len(stops),
        stop_is_start=bool(starts and stops) and stops[-1] == starts[0],
        null_texts=log.null_texts,
        efficiencies=tuple(mark.value for mark in record.efficiencies),
        efficiency_line=max((mark.line for mark in record.efficiencies), default=0),
        sides=log.sides,
        estimates=tuple(mark.value for mark in record.estimates),
        in_run=found,
        apart_s=_apart_s(time, run) if found is None and run is not None else math.nan,
        problems=log.problems,
    )


def _bad(watts: Floats, line: Lines) -> dict[str, Worst]:
    kinds = {"no number": ~np.isfinite(watts), "zero": watts == 0, "negative": watts < 0}
    return {
        name: Worst(int(mask.sum()), int(line[mask][0]))
        for name, mask in kinds.items()
        if mask.any()
    }


def _highest(watts: Floats, line: Lines) -> Worst:
    known = np.where(np.isfinite(watts), watts, -math.inf)
    return _worst(known, line)


def _worst(amounts: Floats, line: Lines) -> Worst:
    if not len(amounts):
        return Worst()
    at = int(amounts.argmax())
    return Worst(max(float(amounts[at]), 0.0), int(line[at]))


def _doubled(time: Times, line: Lines) -> Worst:
    _, first = np.unique(time, return_index=True)
    again = np.ones(len(time), dtype=bool)
    again[first] = False
    return Worst(int(again.sum()), int(line[again][0])) if again.any() else Worst()


def _apart_s(time: Times, run: tuple[int, int]) -> float:
    if not len(time):
        return math.nan
    middle = int(time.min()) / 2 + int(time.max()) / 2
    return (middle - (run[0] / 2 + run[1] / 2)) / NS


def _in_run(record: PowerRecord, run: tuple[int, int], algorithm: Algorithm) -> InRun | None:
    start, stop = run
    order = np.argsort(record.time, kind="stable")
    time, watts, line = record.time[order], record.watts[order], record.line[order]
    shift = zone_shift_s(time, start, stop) if stop > start else None
    if shift is None and not (stop > start and _touches(time, start, stop)):
        return None
    moved = (time - start) / NS + (shift or 0)
    length = (stop - start) / NS
    inside = (moved >= 0) & (moved <= length)
    known = watts[inside & np.isfinite(watts)]
    marks = [(m.time - start) / NS + (shift or 0) for m in record.starts]
    still, count = _still(moved[inside], watts[inside], line[inside])
    return InRun(
        seconds=length,
        shift_s=shift or 0,
        stamps=len(np.unique(moved[inside])),
        begins_s=min([float(moved[0]), *marks]),
        ends_s=float(moved[-1]),
        gap=_gap(moved, line, length),
        still=still,
        still_readings=count,
        course=course_of(watts[inside]),
        mean_w=float(known.mean()) if len(known) else math.nan,
        published_j=_published(record, length, algorithm),
        in_run_j=_joules(record, start, stop),
    )


def _touches(time: Times, start: int, stop: int) -> bool:
    return bool(int(time[0]) < stop and int(time[-1]) > start)


def _gap(moved: Floats, line: Lines, length: float) -> Worst:
    """Return the longest distance of readings that lies in the run, whole where it does in part."""
    over = (moved[1:] > 0) & (moved[:-1] < length)
    return _worst(np.where(over, np.diff(moved), 0.0), line[1:])


def _still(moved: Floats, watts: Floats, line: Lines) -> tuple[Worst, int]:
    """Return the longest stretch of one value, and how many readings it has."""
    if not len(watts):
        return Worst(), 0
    edges = np.flatnonzero(np.diff(watts) != 0)
    first = np.append(0, edges + 1)
    last = np.append(edges, len(watts) - 1)
    lengths = moved[last] - moved[first]
    at = int(lengths.argmax())
    return Worst(float(lengths[at]), int(line[last[at]])), int(last[at] - first[at]) + 1


def _published(record: PowerRecord, seconds: float, algorithm: Algorithm) -> float:
    try:
        return published_joules(record, seconds, algorithm)
    except ValueError:
        return math.nan


def _joules(record: PowerRecord, start: int, stop: int) -> float:
    try:
        return in_run(record, start, stop)[0].joules.value
    except ValueError:
        return math.nan

"""A measurement as its page shows it: read, judged, and put on one time axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from joulemark.accounting.mlperf_power import is_read
from joulemark.core.clock import NS
from joulemark.core.errors import JoulemarkError
from joulemark.formats.inference.directory import RANGING, TESTING, PowerDirectory
from joulemark.formats.inference.parsed import PowerLog, Times
from joulemark.formats.inference.timed import TimedRun
from joulemark.procedures.checked import Checked
from joulemark.procedures.kinds import Outcome
from joulemark.report.audit.stated import Stated
from joulemark.rules.inference.review import Review

Got = TypeVar("Got")
RUNS: Mapping[str, str] = {RANGING: "ranging", TESTING: "testing"}
"""Folder of each run, and its name."""
LATEST_S = 9.2e9
"""Later moments have no place on an axis of int64 ns."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One of the results that rest on a measurement.

    Attributes:
        directory: its power directory.
        checked: what the check came to.
        official: what the official checker of its round says, by check.
        stated: what tables state of it.
    """

    directory: PowerDirectory
    checked: Checked
    official: Mapping[str, Outcome]
    stated: Sequence[Stated] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The readings of one run on the time axis.

    Attributes:
        folder: of the run.
        log: its power log.
        time: ns UTC, shape (n,).
        read: which are readings, shape (n,).
        timed: with LoadGen's window, where that is known.
    """

    folder: str
    log: PowerLog
    time: Times
    read: np.ndarray
    timed: TimedRun | None

    @property
    def inside(self) -> np.ndarray:
        """Which readings lie in LoadGen's window, shape (n,)."""
        return np.zeros(len(self.time), np.bool_) if self.timed is None else self.timed.inside


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A measurement.

    Attributes:
        members: the results that rest on it; the first is shown.
        review: of the first.
        pieces: its runs that have readings.
        windows: begin and end of LoadGen's window, ns UTC, by folder of the run.
        stamps: the client's stamps of the session, s since 1970, by folder of the run.
    """

    members: Sequence[Member]
    review: Review
    pieces: Sequence[Piece]
    windows: Mapping[str, tuple[int, int]]
    stamps: Mapping[str, Sequence[float]]

    @property
    def first(self) -> Member:
        """The result that is shown."""
        return self.members[0]


def or_none(read: Callable[[], Got]) -> Got | None:
    """Return what a function returns; None where a file that it needs cannot be read."""
    try:
        return read()
    except (JoulemarkError, OSError):
        return None


def reading_of(members: Sequence[Member]) -> Reading:
    """Return a measurement; what cannot be read is left out.

    Args:
        members: the results that rest on it, the one to be shown first.
    """
    review = Review(members[0].directory)
    timed = {
        RANGING: or_none(lambda: review.ranging),
        TESTING: or_none(lambda: review.testing),
    }
    logs = {
        RANGING: or_none(lambda: review.ranging_power),
        TESTING: or_none(lambda: review.testing_power),
    }
    shift = or_none(lambda: review.shift) or 0
    return Reading(
        members=members,
        review=review,
        pieces=[
            _piece(folder, log, timed[folder], shift)
            for folder, log in logs.items()
            if log is not None and len(log.time)
        ],
        windows={
            folder: (run.begin, run.end)
            for folder, run in timed.items()
            if run is not None and run.end > run.begin
        },
        stamps=_stamps(review),
    )


def _piece(folder: str, log: PowerLog, run: TimedRun | None, shift: int) -> Piece:
    if run is not None:
        return Piece(folder, log, run.time, run.read, run)
    return Piece(folder, log, log.time + shift, is_read(log.whole.watts), None)


def _stamps(review: Review) -> dict[str, list[float]]:
    client = or_none(lambda: review.client)
    if client is None:
        return {}
    found = {}
    for folder, name in RUNS.items():
        times = [stamp.unix_s for stamp in client.phases.get(name, ())]
        found[folder] = [time for time in times if 0 <= time < LATEST_S]
    return {folder: times for folder, times in found.items() if times}


def as_ns(seconds: float) -> int:
    """Return a stamp in ns."""
    return round(seconds * NS)

"""The readings of a run against the window that LoadGen marked, both on one time axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from joulemark.accounting.curve import ABSURD
from joulemark.accounting.mlperf_power import Flags, is_read, mean_power, within
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.formats.inference.directory import RANGING, PowerDirectory
from joulemark.formats.inference.parsed import Detail, PowerLog, Times
from joulemark.formats.inference.rounds import LOCAL, Round, guess_round, rounds, shift_ns

FURTHEST_S = 86_400
"""No time zone is further from UTC."""


@dataclass(frozen=True, slots=True, eq=False)
class TimedRun:
    """A run on one time axis.

    Attributes:
        log: its power log.
        detail: LoadGen's detail log.
        begin: of the first query, ns UTC by the clock of the system under test.
        end: of the last completion, likewise.
        time: of the readings, ns UTC by the clock of the director, shape (n,).
        inside: which readings lie between begin and end, neither included, shape (n,).
        read: which are readings (of every analyser), not failures, shape (n,).
        positive_only: whether the round leaves readings of 0 W and less out of its mean.
    """

    log: PowerLog
    detail: Detail
    begin: int
    end: int
    time: Times
    inside: Flags
    read: Flags
    positive_only: bool

    @property
    def seconds(self) -> float:
        """Length of the window, s."""
        return (self.end - self.begin) / NS

    @property
    def used(self) -> Flags:
        """Which readings there are in the window, shape (n,)."""
        used: Flags = self.inside & self.read
        return used

    @property
    def counted(self) -> Flags:
        """Which lines make the published mean, in early rounds failures too; shape (n,)."""
        watts = self.log.whole.watts
        counts = is_read(watts) if self.positive_only else np.abs(watts) < ABSURD
        counted: Flags = self.inside & counts
        return counted

    @property
    def mean_w(self) -> float | None:
        """Plain mean over the window as the round publishes it, W; None without a reading."""
        return mean_power(self.log.whole.watts[self.counted]) if self.used.any() else None

    def first_line(self, of: Flags) -> int | None:
        """Return the line of the first reading of some; None of none."""
        places = np.flatnonzero(of)
        return int(self.log.line[places[0]]) if len(places) else None


def round_for(directory: PowerDirectory) -> Round:
    """Return a directory's round: as its path says, else the most probable, else the newest."""
    known = rounds()
    named = directory.place.round or guess_round(directory)
    return known.get(named) or list(known.values())[-1]


def shifts(directory: PowerDirectory) -> tuple[int, int]:
    """Return what is added to LoadGen's stamps and to PTDaemon's for UTC, ns.

    Raises:
        FormatError: if a file is needed for it and cannot be read.
    """
    round_ = round_for(directory)
    if round_.stamps != LOCAL:
        return 0, 0
    begin, read = directory.testing_detail.begin, directory.testing_power.time
    first = int(read[len(read) // 2]) if len(read) else 0
    client, server = directory.client, directory.server
    for session in (client, server):
        if abs(session.timezone_s) > FURTHEST_S:
            raise FormatError(f"a timezone of {session.timezone_s:g} s", where=session.name)
    of_loadgen = shift_ns(round_, client, first if begin is None else begin)
    return of_loadgen, shift_ns(round_, server, first)


def timed(directory: PowerDirectory, run: str) -> TimedRun:
    """Return a run on one time axis.

    Args:
        directory: its power directory.
        run: its folder.

    Raises:
        FormatError: if a file of it cannot be read, or LoadGen did not mark the window.
    """
    ranging = run == RANGING
    detail = directory.ranging_detail if ranging else directory.testing_detail
    log = directory.ranging_power if ranging else directory.testing_power
    if detail.begin is None or detail.end is None:
        raise FormatError("power_begin or power_end is missing", where=detail.name)
    of_loadgen, of_meter = shifts(directory)
    begin, end, time = detail.begin + of_loadgen, detail.end + of_loadgen, log.time + of_meter
    inside, positive_only = within(time, begin, end), round_for(directory).positive_only
    return TimedRun(log, detail, begin, end, time, inside, _read(log), positive_only)


def _read(log: PowerLog) -> Flags:
    """Return which lines have a reading; of several analysers each must have one."""
    read = is_read(log.whole.watts)
    for part in log.parts:
        if part.name.startswith("Analyzer") and "/" not in part.name:
            read = read & is_read(part.watts)
    return read

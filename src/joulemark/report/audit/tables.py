"""Channels, clocks and files of a measurement: rows of texts for the tables of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from joulemark.accounting.mlperf_power import is_read
from joulemark.core.clock import NS
from joulemark.core.units import digits, si
from joulemark.formats.inference.directory import TESTING
from joulemark.report.audit.facts import moment
from joulemark.report.audit.reading import LATEST_S, RUNS, Reading, or_none
from joulemark.report.format import NOTHING, axis_unit, clean

MOST_FILES, MOST_CHANNELS = 100, 64


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel, or the whole, in LoadGen's window of the test: texts."""

    name: str
    watts: str
    lowest: str
    highest: str
    volts: str
    amps: str
    factor: str
    dropped: str


def channel_rows(reading: Reading) -> list[ChannelRow]:
    """Return mean readings of each channel in the window of the test."""
    made = []
    for piece in reading.pieces:
        if piece.folder != TESTING or piece.timed is None:
            continue
        inside = piece.inside
        for part in (piece.log.whole, *piece.log.parts)[:MOST_CHANNELS]:
            read = inside & is_read(part.watts)
            watts = part.watts[read]
            dropped = int(inside.sum() - read.sum())
            made.append(
                ChannelRow(
                    name=clean(part.name, 40),
                    watts=_shown(watts, "W"),
                    lowest=NOTHING if not len(watts) else si(float(watts.min()), "W"),
                    highest=NOTHING if not len(watts) else si(float(watts.max()), "W"),
                    volts=_shown(part.volts[read & is_read(part.volts)], "V"),
                    amps=_shown(part.amps[read & is_read(part.amps)], "A"),
                    factor=_shown(part.pf[read & is_read(part.pf)], ""),
                    dropped=f"{dropped} of {int(inside.sum())}" if dropped else "none",
                )
            )
    return made


def _shown(values: Any, unit: str) -> str:
    if not len(values):
        return NOTHING
    mean = float(values.mean())
    return si(mean, unit) if unit else f"{mean:.3f}"


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One stamp of the session by both hosts: texts."""

    name: str
    client: str
    server: str
    difference: str


def clock_rows(reading: Reading) -> list[ClockRow]:
    """Return the stamps of both hosts and how far they are apart."""
    client = or_none(lambda: reading.review.client)
    server = or_none(lambda: reading.review.server)
    words = ("before the start", "measuring", "workload over", "stopped")
    made = []
    for run in RUNS.values():
        mine = () if client is None else client.phases.get(run, ())
        theirs = () if server is None else server.phases.get(run, ())
        for number in range(min(max(len(mine), len(theirs)), len(words))):
            pair = [each[number].unix_s if number < len(each) else None for each in (mine, theirs)]
            apart = None if pair[0] is None or pair[1] is None else 1000 * (pair[1] - pair[0])
            made.append(
                ClockRow(
                    name=f"{run}: {words[number]}",
                    client=_stamp(pair[0]),
                    server=_stamp(pair[1]),
                    difference=NOTHING if apart is None else f"{digits(apart, 3)} ms",
                )
            )
    return made


def _stamp(seconds: float | None) -> str:
    if seconds is None or not 0 <= seconds < LATEST_S:
        return NOTHING
    return moment(round(seconds * NS))


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of the power directory: texts."""

    name: str
    size: str
    sha1: str
    recorded: str
    is_bad: bool


def file_rows(reading: Reading) -> list[FileRow]:
    """Return the files with their SHA-1, and whether the session recorded the same."""
    directory = reading.first.directory
    recorded = or_none(lambda: reading.review.recorded) or {}
    made = []
    for name in sorted(directory.entries)[:MOST_FILES]:
        data = or_none(lambda name=name: directory.read(name))  # type: ignore[misc]
        if data is None:
            made.append(FileRow(name, NOTHING, NOTHING, "cannot be read", is_bad=True))
            continue
        found, known = directory.sha1(name), recorded.get(name)
        factor, unit = axis_unit(float(len(data)), "B")
        size = f"{digits(len(data) / factor, 3)} {unit}" if data else "0 B"
        said = "not recorded" if known is None else "as recorded" if known == found else "changed"
        made.append(FileRow(name, size, found, said, is_bad=said == "changed"))
    return made

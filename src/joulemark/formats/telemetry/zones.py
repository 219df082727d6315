"""Time zones of a log and of a load: told, or found by which of the world's makes them meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, UsageError
from joulemark.core.finding import Finding, Severity
from joulemark.formats.telemetry.load import finding
from joulemark.formats.telemetry.stamps import offset_s

# fmt: off
OFFSETS = (
    0, 1, -1, 2, -2, 3, -3, 3.5, -3.5, 4, -4, 4.5, 5, -5, 5.5, 5.75, 6, -6, 6.5, 7, -7, 8, -8,
    8.75, 9, -9, 9.5, -9.5, 10, -10, 10.5, 11, -11, 12, -12, 12.75, 13, 14,
)
# fmt: on
"""Hours ahead of UTC of the world's zones, the nearest first."""
WHOLE, MOST_OF, LITTLE = 0.999, 0.5, 0.1
"""Shares of a load that a log covers: all of it, enough to name a zone, none to speak of."""

Span = tuple[int, int]
"""From when to when, ns."""


@dataclass(frozen=True, slots=True)
class Timed:
    """From when to when something goes.

    Attributes:
        span: ns; as if UTC where the zone is unknown.
        utc: whether its times name their zone.
    """

    span: Span
    utc: bool


@dataclass(frozen=True, slots=True)
class Met:
    """How far the times of a log and of a load are ahead of UTC.

    Attributes:
        log_ns: of the log.
        load_ns: of the load.
        known: whether the times are UTC then; else they are local of a zone that nobody told.
        findings: what was done to them.
    """

    log_ns: int = 0
    load_ns: int = 0
    known: bool = True
    findings: tuple[Finding, ...] = ()


def ahead_ns(zone: str, span: Span) -> int:
    """Return how far local times of a zone are ahead of UTC, ns.

    Args:
        zone: ``UTC``, ``+02:00`` or a name like ``Europe/Zurich``.
        span: of the times, as if UTC.

    Raises:
        UsageError: if there is no such zone.
        FormatError: if its clocks were changed within the span.
    """
    seconds = 0 if zone.upper() in ("UTC", "Z") else offset_s(zone)
    if seconds is not None:
        return seconds * NS
    try:
        place = ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise UsageError(
            f"no time zone {zone[:40]!r}", remedy="for instance UTC, +02:00 or Europe/Zurich"
        ) from None
    first, last = (_offset(place, time) for time in span)
    if first != last:
        what = f"the clocks of {zone} were changed while it was written"
        raise FormatError(what, where="log", remedy="tell the zone as +HH:MM and cut the log there")
    return first * NS


def _offset(place: ZoneInfo, time: int) -> int:
    local = datetime.fromtimestamp(time // NS, UTC).replace(tzinfo=place)
    return int((local.utcoffset() or timedelta(0)).total_seconds())


def overlap(log: Span, load: Span, shift_ns: int = 0) -> float:
    """Return the share of a load that a log covers, if the log is that far ahead of it."""
    begin, end = max(log[0] - shift_ns, load[0]), min(log[1] - shift_ns, load[1])
    return max(end - begin, 0) / max(load[1] - load[0], 1)


def meet(log: Timed, load: Timed | None, zone: str = "") -> Met:
    """Return how far both are ahead of UTC.

    A zone that is told holds for whichever does not name its own. Without one, they are shifted by
    the one zone in which the log covers the load, and that is said.

    Args:
        log: when the log goes.
        load: when the load ran; None without one.
        zone: of the times that name none; empty where nobody told.

    Raises:
        UsageError: if there is no such zone.
        FormatError: if they do not meet, or meet in several zones.
    """
    if zone and not (log.utc and (load is None or load.utc)):
        told = ahead_ns(zone, log.span if not log.utc or load is None else load.span)
        met = Met(0 if log.utc else told, 0 if load is None or load.utc else told)
        if load is not None and overlap(log.span, load.span, met.log_ns - met.load_ns) < LITTLE:
            raise _apart(log, load, f"in {zone}")
        return met
    if load is None:
        return Met() if log.utc else Met(known=False, findings=(_local("of the log"),))
    if log.utc == load.utc and overlap(log.span, load.span) >= LITTLE:
        return Met() if log.utc else Met(known=False, findings=(_local("of log and result"),))
    return _searched(log, load)


def _local(of: str) -> Finding:
    what = f"the times {of} are local, of a zone that nobody told (--zone); they stand as if UTC"
    return finding("zone-unknown", Severity.NOTE, what)


def _searched(log: Timed, load: Timed) -> Met:
    sign = -1 if log.utc and not load.utc else 1
    shares = {
        hours: overlap(log.span, load.span, sign * round(hours * 3600 * NS)) for hours in OFFSETS
    }
    fit = [hours for hours, share in shares.items() if share >= WHOLE]
    best = max(shares.values())
    if not fit and best >= MOST_OF:
        fit = [hours for hours, share in shares.items() if share == best]
    if not fit:
        raise _apart(log, load, "in any time zone")
    if len(fit) > 1 and 0 not in fit:
        raise FormatError(
            f"the log covers the load in several time zones: {_listed(fit)}",
            where="log and result",
            remedy="tell which with --zone",
        )
    return _met(log, load, 0 if 0 in fit else fit[0], fit)


def _met(log: Timed, load: Timed, hours: float, fit: Sequence[float]) -> Met:
    """Return a shift, on whichever of the two has no zone of its own, as a finding tells it."""
    shift = round(hours * 3600 * NS)
    others = [each for each in fit if each != hours]
    also = f"; {_listed(others)} would do too: tell --zone" if others else ""
    if log.utc == load.utc:
        what = f"the clocks of log and result are apart by {_name(hours)}, a whole time zone"
        found = finding("clocks-apart", Severity.WARNING, f"{what}: the log was shifted{also}")
        return Met(log_ns=shift, known=log.utc, findings=(found,))
    whose = "result" if log.utc else "log"
    what = f"the {whose} names no time zone; in {_name(hours)} the log covers the load{also}"
    found = finding("zone-inferred", Severity.WARNING if others else Severity.NOTE, what)
    if log.utc:
        return Met(load_ns=shift, findings=(found,))
    return Met(log_ns=shift, findings=(found,))


def _apart(log: Timed, load: Timed, where: str) -> FormatError:
    what = f"the log goes from {_iso(log.span[0])} to {_iso(log.span[1])}, the load ran from "
    what += f"{_iso(load.span[0])} to {_iso(load.span[1])}: they do not meet {where}"
    return FormatError(what, where="log and result", remedy="name the log of that load")


def _iso(time: int) -> str:
    return f"{datetime.fromtimestamp(time // NS, UTC):%Y-%m-%d %H:%M:%S}"


def _name(hours: float) -> str:
    minutes = round(abs(hours) * 60)
    return f"{'-' if hours < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def _listed(hours: Sequence[float]) -> str:
    return ", ".join(map(_name, hours[:6]))

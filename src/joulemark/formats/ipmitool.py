"""Loops of ``ipmitool dcmi power reading`` kept in a file, and of FreeIPMI's ``ipmi-dcmi``.

Each reading is a paragraph; what stands between them (the output of ``date``, say) is left out::

    Instantaneous power reading:                   421 Watts
    Minimum during sampling period:                120 Watts
    Maximum during sampling period:                655 Watts
    Average power reading over sample period:      402 Watts
    IPMI timestamp:                           Wed May 01 10:00:00 2024
    Sampling period:                          00000001 Seconds.
    Power reading state is:                   activated

The stamp is the controller's own time in whole seconds. Releases of ipmitool write it in ways of
their own: ``Wed May 01 10:00:00 2024``, ``05/01/24 10:00:00 UTC`` (month first; 1.8.19, which also
leaves out the end of the line), ``2024-05-01 10:00:00 UTC``; FreeIPMI ``05/01/2024 - 10:00:00``.
Where no zone is written, or one other than UTC, whoever knows it says how far it is ahead of UTC,
and with it how far the controller's clock is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from joulemark.core.baseboard import ASSUMED
from joulemark.core.channel import Channel, Domain, Instrument, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.trace import Trace
from joulemark.formats.files import numbered_lines, wrong

BACK_S = 2
"""Stamps that go back further were not written by one clock."""

_WATTS = re.compile(
    r"(?:Instantaneous power reading|Current Power)\s{0,80}:\s{0,80}(\d{1,6})\s{1,80}Watts", re.I
)
_STAMP = re.compile(r"(?:IPMI timestamp|Time Stamp)\s{0,80}:\s{0,80}(\S[^\t\n]{0,60})", re.I)
_INACTIVE = re.compile(r"(?:Power reading state|Power Measurement)[^:]*:\s*(?:deact|not)", re.I)
_ZONE = re.compile(r"(.*\d)\s+([A-Z][A-Za-z]{1,5})")
_FORMS = (
    "%a %b %d %H:%M:%S %Y",
    "%m/%d/%y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%m/%d/%Y - %H:%M:%S",
)


@dataclass(slots=True)
class _Reading:
    """One paragraph."""

    watts: int
    line: int
    stamp: int | None = None
    active: bool = True


def ipmitool_trace(path: Path, *, ahead_s: float | None = None, node: str = "localhost") -> Trace:
    """Return the power of a node.

    The same value under the same stamp is a value that the controller holds, and no sample. Of
    several values under one stamp the last is kept.

    Args:
        path: the file.
        ahead_s: how far the stamps are ahead of UTC, s: their zone, and what the controller's clock
            is wrong by; None where the file says itself that it is in UTC.
        node: the host.

    Raises:
        UnavailableError: if it cannot be opened.
        FormatError: naming file and line of what is wrong.
    """
    kept: dict[int, int] = {}
    left_out = held = 0
    latest = 0
    for reading in _readings(path, told=ahead_s is not None):
        if reading.stamp is None or not reading.active:
            left_out += 1
            continue
        if reading.stamp < latest - BACK_S:
            what = f"the stamp goes back by {latest - reading.stamp} s: the clock was set"
            raise wrong(what, path, reading.line, "cut the file there")
        latest = max(latest, reading.stamp)
        held += kept.get(reading.stamp) == reading.watts
        kept[reading.stamp] = reading.watts
    if not kept:
        raise FormatError("no reading with a time stamp", where=str(path))
    shift = round((ahead_s or 0.0) * NS)
    times = [stamp * NS - shift for stamp in kept]
    channel = _channel(path, node, held, left_out)
    return Trace.of(channel, times, list(kept.values()))


def _readings(path: Path, *, told: bool) -> Iterator[_Reading]:
    """Yield the paragraphs; one that the end cut short has no stamp."""
    reading: _Reading | None = None
    for number, line in numbered_lines(path):
        if match := _WATTS.search(line):
            if reading is not None:
                yield reading
            reading = _Reading(int(match[1]), number)
        elif reading is None:
            continue
        elif match := _STAMP.search(line):
            stamp = " ".join(match[1].partition("Sampling period")[0].split())
            reading.stamp = _seconds(stamp, path, number, told=told)
        if _INACTIVE.search(line):
            reading.active = False
    if reading is not None:
        yield reading


def _seconds(text: str, path: Path, line: int, *, told: bool) -> int | None:
    """Return a stamp, s since 1970 as if it were in UTC; None for one that counts from a start."""
    if text.startswith(("S+", "Unspecified")):
        return None
    match = _ZONE.fullmatch(text)
    bare, zone = (match[1], match[2]) if match else (text, "")
    for form in _FORMS:
        try:
            moment = datetime.strptime(bare, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        if not told and zone not in ("UTC", "GMT"):
            seen = f"zone {zone}" if zone else "no zone"
            raise wrong(
                f"{text!r} is in {seen}", path, line, "say how far its clock is ahead of UTC"
            )
        return round(moment.timestamp())
    raise wrong(f"{text[:40]!r} is no time", path, line)


def _channel(path: Path, node: str, held: int, left_out: int) -> Channel:
    notes = ["DCMI, stamped by the controller in whole seconds"]
    if held:
        notes.append(f"{held} repeats of a value under its stamp are no samples")
    if left_out:
        notes.append(f"{left_out} readings without a time, or while not active, are left out")
    return Channel(
        name="ipmitool/node/power",
        meter="ipmitool",
        part="node",
        domain=Domain.NODE,
        quantity=Quantity.POWER,
        unit="W",
        node=node,
        resolution=1.0,
        accuracy=ASSUMED,
        instrument=Instrument.PLATFORM,
        source=path.name,
        note="; ".join(notes),
    )

"""Which channels of a run the two sides of a calibration are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from joulemark.accounting.boundary import contains, part_of
from joulemark.accounting.calibrated import device_of
from joulemark.core.calibration import TOTAL, Side
from joulemark.core.channel import Accuracy, Channel
from joulemark.core.errors import CalibrationError, UsageError
from joulemark.store.reader import StoredRun


def channel_named(stored: StoredRun, name: str) -> Channel:
    """Return the channel of energy that a name means: its own, or the only part of a meter.

    Raises:
        UsageError: if there is none, or more than one.
    """
    carrying = [channel for channel in stored.channels if channel.carries_energy]
    for channel in carrying:
        if channel.name == name:
            return channel
    of_meter = [channel for channel in carrying if channel.meter == name]
    parts = {part_of(channel) for channel in of_meter}
    if len(parts) == 1:
        return of_meter[0]
    known = ", ".join(channel.name for channel in of_meter or carrying) or "none"
    what = f"meter {name!r} reads several parts" if parts else f"no channel of energy {name!r}"
    raise UsageError(what, where=str(stored.path), remedy=f"choose from {known}")


def target_side(name: str, inner: list[Channel], host: str) -> Side:
    """Return the target.

    Args:
        name: what a person called it.
        inner: its channels.
        host: name of the machine.
    """
    first = inner[0]
    return Side(
        name=TOTAL if name == TOTAL else first.name,
        meter=" + ".join(sorted({channel.meter for channel in inner})),
        part=TOTAL if name == TOTAL else first.part,
        domain=first.domain,
        node=host,
        device=device_of(inner),
        channels=tuple(sorted(c.name for c in inner)) if name == TOTAL else (),
        accuracy=first.accuracy if len(inner) == 1 else Accuracy(),
    )


def reference_side(outer: Channel, inner: list[Channel], known: Sequence[Channel]) -> Side:
    """Return the reference; one of the same kind as the only target watches the same part.

    Args:
        outer: the reference.
        inner: the channels of the target.
        known: all channels of the target's run; a part that the target's meter knows by the
            reference's name is another one.

    Raises:
        CalibrationError: if the reference does not watch all that the target does.
    """
    part, meters = outer.part, {channel.meter for channel in inner}
    if len(inner) == 1 and inner[0].domain is outer.domain:
        theirs = {channel.part for channel in known if channel.meter in meters}
        if part != inner[0].part and part in theirs:
            what = f"{outer.name} watches {part}, not {inner[0].part}"
            raise CalibrationError(what, remedy="calibrate against a meter of the same part")
        part = inner[0].part
    else:
        within = replace(outer, node=inner[0].node)
        lost = [c.name for c in inner if not contains(within, c, {})]
        if lost:
            raise CalibrationError(
                f"{outer.name} ({outer.domain.value}) does not hold {', '.join(lost)}",
                remedy="calibrate against a meter of the same part or of one that holds it",
            )
    return Side(
        name=outer.name,
        meter=outer.meter,
        part=part,
        domain=outer.domain,
        node=outer.node,
        device=outer.source,
        accuracy=outer.accuracy,
        resolution_j=0.0 if math.isnan(outer.resolution) else outer.resolution * outer.scale,
    )

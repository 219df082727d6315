"""The answer of ``joulemark meters``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import IO, Any

from joulemark.core.channel import Channel, Provenance
from joulemark.core.units import digits, si
from joulemark.procedures.survey import ChannelSurvey, MeterSurvey

_STATES = {"ready": "ready", "denied": "no permission", "extra": "not installed", "absent": "none"}


def meters_json(found: list[MeterSurvey]) -> list[dict[str, Any]]:
    """Return a survey as JSON values."""
    return [
        {
            "meter": meter.name,
            "state": meter.state,
            "channels": [
                {
                    **asdict(one.channel),
                    "measured_update_s": one.update_s,
                    "average_power_w": one.watts,
                }
                for one in meter.channels
            ],
            "problems": [
                {"what": p.what, "where": p.where, "remedy": p.remedy} for p in meter.problems
            ],
        }
        for meter in found
    ]


def print_meters(found: list[MeterSurvey], file: IO[str] | None = None) -> None:
    """Print a survey for a person: a table of channels, then what is missing and what helps."""
    from rich.console import Console
    from rich.table import Table

    console = Console(file=file, highlight=False, width=80 if file else None)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("meter", "channel", "kind", "accuracy (95 %)", "update", "now"):
        right = heading in ("update", "now")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for meter in found:
        for one in meter.channels:
            if one.channel.carries_energy:
                table.add_row(meter.name, *_row(one))
    if table.row_count:
        console.print(table)
    if not any(_measures(meter) for meter in found):
        console.print("\nNo sensor of this machine can be read: energy is estimated by a model.")
    for line in _notes(found):
        console.print(line, soft_wrap=False, markup=False)


def _measures(meter: MeterSurvey) -> bool:
    return any(
        one.channel.provenance is Provenance.MEASURED and one.channel.carries_energy
        for one in meter.channels
    )


def _row(one: ChannelSurvey) -> tuple[str, ...]:
    channel = one.channel
    return (
        channel.name.removeprefix(f"{channel.meter}/"),
        f"{channel.provenance.value} {channel.quantity.value}",
        accuracy(channel),
        "-" if one.update_s is None else si(one.update_s, "s", 2),
        "-" if one.watts is None else si(one.watts, "W", 3),
    )


def accuracy(channel: Channel) -> str:
    """Return the accuracy class of a channel, as 95 % half-widths."""
    parts = []
    relative = channel.accuracy.gain or channel.accuracy.model
    if relative:
        parts.append(f"±{digits(100 * relative, 2)} %")
    if channel.accuracy.offset_w:
        parts.append(f"±{si(channel.accuracy.offset_w, 'W', 2)}")
    return " ".join(parts) or "not known"


def _notes(found: list[MeterSurvey]) -> Iterator[str]:
    for meter in found:
        energies = [one.channel for one in meter.channels if one.channel.carries_energy]
        notes = dict.fromkeys(channel.note for channel in energies if channel.note)
        for note in notes:
            yield f"\n{meter.name}: {note}"
        for problem in meter.problems:
            yield f"\n{meter.name}: {_STATES[meter.state]}: {problem.what}"
            if problem.where:
                yield f"  where: {problem.where}"
            if problem.remedy:
                yield f"  to get it: {problem.remedy}"

"""What the page's tables of results hold: rows of text, ready to be set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.boundary import part_of
from joulemark.accounting.results import PhaseResult, WindowResult
from joulemark.core.channel import Channel, Quantity
from joulemark.core.units import count_of, digits, plural, si
from joulemark.core.value import Value
from joulemark.core.window import Role
from joulemark.report.calibrated import part_name
from joulemark.report.families import listing
from joulemark.report.format import (
    NOTHING,
    axis_unit,
    clean,
    iso,
    percent,
    plus_minus,
    quantity,
    short_time,
)
from joulemark.report.nesting import idle_watts
from joulemark.report.series import readable, state_unit
from joulemark.report.words import ROLES

Cell = tuple[str, str]
"""A figure and its interval."""


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One phase in the table of phases."""

    phase: str
    about: str
    role: str
    time: str
    figures: list[Cell]
    provenance: str
    coverage: str


def phase_headings(results: Sequence[PhaseResult]) -> list[str]:
    """Return the headings of the figures, after the unit of work."""
    units = list(dict.fromkeys(clean(r.work.unit, 30) for r in results if r.work is not None))
    unit = units[0] if len(units) == 1 else "unit"
    return ["mean power", "gross energy", "net of idle", f"J/{unit}", f"{plural(unit)}/J"]


def phase_row(result: PhaseResult) -> PhaseRow:
    """Return the figures of one phase, each with its relative interval."""
    total = result.total
    joules = None if total is None else total.joules
    values = (result.power, joules, result.net, result.per_unit, result.units_per_joule)
    windows = len(result.windows)
    about = [] if result.role is Role.MEASURE else [ROLES[result.role]]
    about += [f"{windows} windows"] if windows > 1 else []
    if result.work is not None:
        about.append(count_of(result.work.count, clean(result.work.unit, 30)))
    return PhaseRow(
        phase=clean(result.phase, 80),
        about=", ".join(about),
        role=result.role.value,
        time=short_time(result.duration_s),
        figures=[(quantity(value, _unit(value)), plus_minus(value)) for value in values],
        provenance="" if total is None else total.provenance.value,
        coverage="no data" if total is None else _coverage(total.coverage),
    )


def _unit(value: Value | None) -> str:
    return "" if value is None or value.unit not in ("J", "W") else value.unit


def _coverage(share: float) -> str:
    return "" if share >= 0.9995 else f"{percent(share)} covered"


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part in the table of parts; ``share`` says ``inside`` where it is not added."""

    part: str
    depth: int
    meter: str
    about: str
    watts: str
    idle: str
    joules: str
    share: str
    provenance: str


def part_rows(result: PhaseResult, results: Sequence[PhaseResult]) -> list[PartRow]:
    """Return the parts of one phase, each after the part that contains it."""
    idle = idle_watts(results)
    several = len({part.channel.node for part in result.parts}) > 1
    whole = 0.0 if result.total is None else result.total.joules.value
    made = []
    for part, depth, watts in listing(result):
        channel, here = part.channel, part_of(part.channel)
        name = f"{channel.node} {part_name(channel)}" if several else part_name(channel)
        share = percent(part.energy.joules.value / whole) if whole > 0 else NOTHING
        made.append(
            PartRow(
                part=clean(name, 80),
                depth=depth,
                meter=clean(channel.meter, 40),
                about=clean(", ".join(filter(None, (channel.source, channel.note)))),
                watts=_si(watts, "W"),
                idle=_si(idle.get(here), "W"),
                joules=quantity(part.energy.joules),
                share=share if part.added else "inside",
                provenance=part.energy.provenance.value,
            )
        )
    return made


def _si(value: float | None, unit: str) -> str:
    return NOTHING if value is None else si(value, unit)


def state_table(
    results: Sequence[PhaseResult], channels: Sequence[Channel]
) -> list[tuple[str, list[str]]]:
    """Return means of everything recorded beside energy: name, and a text for each phase."""
    known = {channel.name: channel for channel in channels}
    names = dict.fromkeys(name for result in results for name in result.context if name in known)
    return [(clean(name, 80), [_state(known[name], r.context) for r in results]) for name in names]


def _state(channel: Channel, context: Mapping[str, float]) -> str:
    if channel.name not in context:
        return NOTHING
    value = context[channel.name]
    if channel.quantity is Quantity.CPU_TIME:
        return f"{digits(value, 3)} threads"
    shown, unit = float(readable(channel, np.array([value]))[0]), state_unit(channel.quantity)
    factor, unit = axis_unit(abs(shown), unit)
    return f"{digits(shown / factor, 3)} {unit}".strip()


MOST_FACTS, MOST_WINDOWS = 12, 1000


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of one phase: headings, and a row of texts for each."""

    headings: list[str]
    rows: list[list[str]]


def windows(result: PhaseResult) -> Windows:
    """Return when each window began, how long it was, what it used and what else is known."""
    shown = result.windows[:MOST_WINDOWS]
    facts = list(dict.fromkeys(name for one in shown for name in one.window.facts))[:MOST_FACTS]
    names = [clean(name, 40).replace("_", " ") for name in facts]
    return Windows(
        headings=["window", "began (UTC)", "time", "energy", "work", "per unit", *names],
        rows=[[str(n), *_window(one, facts)] for n, one in enumerate(shown, 1)],
    )


def _window(one: WindowResult, facts: Sequence[str]) -> list[str]:
    window, joules = one.window, None if one.total is None else one.total.joules
    per_unit = None
    if joules is not None and window.work is not None and window.work.count > 0:
        per_unit = joules.scaled(1 / window.work.count, f"J/{clean(window.work.unit, 30)}")
    work = "" if window.work is None else count_of(window.work.count, clean(window.work.unit, 30))
    return [
        (iso(window.start) or "")[11:23],
        short_time(window.duration_s),
        f"{quantity(joules)} {plus_minus(joules)}".strip(),
        work or NOTHING,
        quantity(per_unit),
        *(_fact(name, window.facts.get(name)) for name in facts),
    ]


def _fact(name: str, value: float | None) -> str:
    if value is None:
        return NOTHING
    return si(value, "s", 3) if name.endswith("_s") else digits(value, 4)

"""Measurements by the scale of their systems, from microwatts to megawatts: pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from joulemark.core.value import Value
from joulemark.core.words import StrEnum


class Scale(StrEnum):
    """A scale of machine-learning systems, the smallest first."""

    TINY = "tiny"
    EDGE = "edge"
    DATACENTER = "datacenter"
    TRAINING = "training"
    UNKNOWN = "not said"


class Basis(StrEnum):
    """Where a figure comes from."""

    MEASURED = "measured"
    """By a run of one's own."""
    ESTIMATED = "estimated"
    """By a model in a run of one's own."""
    PLAYED_BACK = "played back"
    """By a run of one's own whose readings are said to be, not read."""
    LOGS = "logs"
    """Computed from the logs of somebody's measurement."""
    PUBLISHED = "published"
    """Stated by a table, or printed by a program whose traces are not here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One measurement.

    Attributes:
        scale: of the system.
        why: how the scale was determined.
        basis: where the figures come from.
        name: whose it is, for people.
        power: mean power, W; None where the figures do not tell.
        energy: of one unit of work, J; None likewise.
        unit: of work, singular: sample, query, token, inference, run; empty without.
        of: names the measurement, which may give more than one point; empty for one of its own.
    """

    scale: Scale
    why: str
    basis: Basis
    name: str
    power: Value | None = None
    energy: Value | None = None
    unit: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """The least and the greatest of some values.

    Attributes:
        low: point with the least.
        high: point with the greatest.
        least: the value of the former.
        most: of the latter.
    """

    low: Point
    high: Point
    least: Value
    most: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleRow:
    """All measurements of one scale.

    Attributes:
        scale: which.
        why: how it was determined, each way with how many.
        count: measurements.
        bases: how many by where their figures come from.
        power: mean power, W.
        energies: of one unit of work, J, by the unit.
    """

    scale: Scale
    why: Mapping[str, int]
    count: int
    bases: Mapping[Basis, int]
    power: Spread | None
    energies: Mapping[str, Spread]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What was left out, by why.

    Attributes:
        copies: of another's measurement, or its statement in a table.
        doubtful: a rule calls them an error.
        implausible: they imply more power than a system of the scale can draw: a unit slipped.
        silent: they state no power and no energy.
        rehearsals: runs of one's own with instruments in software.
        gpus_alone: their energy is that of GPUs, not of a system.
    """

    copies: int = 0
    doubtful: int = 0
    implausible: int = 0
    silent: int = 0
    rehearsals: int = 0
    gpus_alone: int = 0


@dataclass(frozen=True, slots=True)
class Scales:
    """All scales of a store.

    Attributes:
        rows: by scale, the smallest first; scales without a result are left out.
        left_out: what was left out.
    """

    rows: tuple[ScaleRow, ...]
    left_out: LeftOut = field(default_factory=LeftOut)


def scales(points: Iterable[Point], left_out: LeftOut | None = None) -> Scales:
    """Return one row for each scale that has a measurement.

    Args:
        points: all measurements.
        left_out: what was left out.
    """
    by_scale: dict[Scale, list[Point]] = {}
    for point in points:
        by_scale.setdefault(point.scale, []).append(point)
    rows = [_row(scale, by_scale[scale]) for scale in Scale if scale in by_scale]
    return Scales(tuple(rows), left_out or LeftOut())


def _row(scale: Scale, points: Sequence[Point]) -> ScaleRow:
    units = dict.fromkeys(point.unit for point in points if point.unit)
    spreads = {unit: _spread([(p, p.energy) for p in points if p.unit == unit]) for unit in units}
    each = list({point.of or place: point for place, point in enumerate(points)}.values())
    counts: dict[str, int] = {}
    for point in each:
        counts[point.why] = counts.get(point.why, 0) + 1
    return ScaleRow(
        scale=scale,
        why=counts,
        count=len(each),
        bases={basis: n for basis in Basis if (n := sum(p.basis is basis for p in each))},
        power=_spread([(point, point.power) for point in points]),
        energies={unit: spread for unit, spread in spreads.items() if spread is not None},
    )


def _spread(pairs: Sequence[tuple[Point, Value | None]]) -> Spread | None:
    known = [(point, value) for point, value in pairs if value is not None]
    if not known:
        return None
    low = min(known, key=lambda pair: pair[1].value)
    high = max(known, key=lambda pair: pair[1].value)
    return Spread(low[0], high[0], low[1], high[1])


def per_joule(energy: Value) -> float:
    """Return units of work per joule from the energy of one; infinite for none."""
    return 1 / energy.value if energy.value > 0 else math.inf

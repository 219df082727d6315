"""Figure 2: the least and the greatest power of each scale."""

from __future__ import annotations

from pathlib import Path

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.published.tables import (
    DATACENTER,
    EDGE,
    TRAINING,
    Pair,
    Row,
    joined,
    read_table,
)
from joulemark.analysis.published.trends import tiny_pairs
from joulemark.analysis.published.words import KILOJOULES, MINUTES, POWERS, of_units, offline

WRITTEN_OVER_W = 6280.2
"""The script puts this in the place of a lesser greatest power of the datacenter table."""
_MODELS = ("MobileNetV1 (0.25x)", "ResNet-V1", "DSCNN", "FC AutoEncoder")
_Power = tuple[float, tuple[str, ...], str]


def power_scales(folder: Path) -> FigureData | None:
    """Return figure 2; None where a table of it is missing."""
    found = {
        "Tiny": _tiny(folder),
        "Edge": _stated(folder, EDGE),
        "Datacenter": _stated(folder, DATACENTER),
        "Training": _training(folder),
    }
    if not all(found.values()):
        return None
    least = [_point(name, min(powers)) for name, powers in found.items()]
    most = [_point(name, max(powers)) for name, powers in found.items()]
    return FigureData(
        number="2",
        title="Power of systems, from microwatts to megawatts",
        basis=Basis.PUBLISHED,
        kind=Kind.BARS,
        series=(
            Series(name="Least", points=tuple(least)),
            Series(name="Greatest", points=tuple(map(_written_over, most))),
        ),
        x_label="Scale",
        y_label="Power (W)",
        log_y=True,
        notes=(
            "edge and datacenter: Offline results alone",
            "tiny: energy of an inference divided by the latency of an inference, two runs",
        ),
    )


def _point(name: str, power: _Power) -> Point:
    return Point(x=name, y=power[0], label=power[2], sources=power[1])


def _written_over(point: Point) -> Point:
    if point.x != "Datacenter" or point.y >= WRITTEN_OVER_W:
        return point
    note = (
        f"the script puts {WRITTEN_OVER_W} W over the table's {point.y:.1f} W ({point.sources[0]})"
    )
    return Point(x=point.x, y=WRITTEN_OVER_W, note=note)


def _tiny(folder: Path) -> list[_Power]:
    pairs = [pair for pair in tiny_pairs(folder) if pair.rate["Model MLC"] in _MODELS]
    return _powers(pairs, 1e-3)


def _stated(folder: Path, table: str) -> list[_Power]:
    rows = of_units(offline(read_table(folder, table)), POWERS)
    return [
        (row.result, (row.source,), row["Public ID"])
        for row in rows
        if _plain(row) is not None and row.result
    ]


def _plain(row: Row) -> float | None:
    """Return a power as the script reads it: one with a comma is no number."""
    return None if "," in row["Result"] else row.result


def _training(folder: Path) -> list[_Power]:
    """Return J divided by s; results of one number and model meet, whatever their size."""
    rows = read_table(folder, TRAINING)
    pairs = joined(
        of_units(rows, (MINUTES,)), of_units(rows, (KILOJOULES,)), lambda row: row["Model MLC"]
    )
    return _powers(pairs, 1e3 / 60)


def _powers(pairs: list[Pair], factor: float) -> list[_Power]:
    return [
        (factor / pair.ratio, pair.sources, pair.rate["Public ID"]) for pair in pairs if pair.ratio
    ]

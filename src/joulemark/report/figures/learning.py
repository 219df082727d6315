"""Loss and accuracy of each epoch, where a run has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from joulemark.report import svg
from joulemark.report.format import clean
from joulemark.report.style import mark

WIDTH, HEIGHT = 1000.0, 170
MOST_EPOCHS = 10_000
_TOP = 8
_KINDS = (("loss", "Loss", "", 1.0), ("accuracy", "Accuracy", "%", 100.0))


@dataclass(frozen=True, slots=True)
class Curve:
    """One quantity over the epochs: its name, colour, path and the places of its points."""

    label: str
    colour: int
    path: str
    points: list[tuple[float, float, str]]


@dataclass(frozen=True, slots=True)
class Chart:
    """All curves of one kind on one axis; ticks as px from above and label."""

    name: str
    unit: str
    height: int
    curves: list[Curve]
    ticks: list[tuple[float, str]]
    epochs: list[tuple[float, str]]
    summary: str


def epochs_of(results: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Return name and records of epochs among what tools said: JSON objects with ``epoch``."""
    for name, value in results.items():
        if isinstance(value, list) and value and all(_is_epoch(record) for record in value):
            return name, value[:MOST_EPOCHS]
    return "", []


def _is_epoch(record: object) -> bool:
    return isinstance(record, dict) and _number(record.get("epoch")) is not None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def charts(epochs: list[dict[str, Any]]) -> list[Chart]:
    """Return a chart of loss and one of accuracy, where two epochs or more have them."""
    made = [_chart(epochs, *kind) for kind in _KINDS]
    return [chart for chart in made if chart is not None]


def _chart(
    epochs: list[dict[str, Any]], word: str, name: str, unit: str, factor: float
) -> Chart | None:
    keys = [key for key in dict.fromkeys(k for e in epochs for k in e) if word in str(key)]
    series = {key: _points(epochs, key, factor) for key in keys[:4]}
    series = {key: points for key, points in series.items() if len(points) > 1}
    if not series:
        return None
    numbers = [y for points in series.values() for _, y in points]
    at = [x for points in series.values() for x, _ in points]
    marks = _marks(min(numbers), max(numbers))
    x = svg.Scale(min(at), max(at), 0.02 * WIDTH, 0.98 * WIDTH)
    y = svg.Scale(marks[0], marks[-1], HEIGHT - 2.0, float(_TOP))
    whole = [t for t in svg.ticks(x.low, x.high, 6) if t == round(t)]
    return Chart(
        name=name,
        unit=unit,
        height=HEIGHT,
        curves=[_curve(n, key, series[key], x, y) for n, key in enumerate(series)],
        ticks=[(round(y(value), 2), text) for value, text in svg.labelled(marks)],
        epochs=[(round(x(t) / WIDTH * 100, 3), f"{t:.0f}") for t in whole],
        summary=_summary(name, unit, series),
    )


def _marks(low: float, high: float) -> list[float]:
    step = svg.nice_step(max(high - low, abs(high) / 100, 1e-9), 4)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [i * step for i in range(first, max(last, first + 1) + 1)]


def _points(epochs: list[dict[str, Any]], key: str, factor: float) -> list[tuple[float, float]]:
    found = ((_number(record.get("epoch")), _number(record.get(key))) for record in epochs)
    return [(x, y * factor) for x, y in found if x is not None and y is not None]


def _curve(
    n: int, key: str, points: list[tuple[float, float]], x: svg.Scale, y: svg.Scale
) -> Curve:
    xs, ys = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    shown = points if len(points) <= 60 else []
    label = clean(key, 40).replace("_", " ")
    return Curve(
        label=label,
        colour=mark(n)[0],
        path=svg.path(x.all(xs), y.all(ys)),
        points=[
            (round(x(a) / WIDTH * 100, 3), round(y(b), 2), f"epoch {a:.0f}: {label} {b:.4g}")
            for a, b in shown
        ],
    )


def _summary(name: str, unit: str, series: Mapping[str, list[tuple[float, float]]]) -> str:
    said = [
        f"{clean(key, 40)} from {points[0][1]:.4g} to {points[-1][1]:.4g} {unit}".strip()
        for key, points in series.items()
    ]
    return f"{name} per epoch: {'; '.join(said)}."

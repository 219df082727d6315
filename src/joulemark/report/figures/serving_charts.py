"""How times were distributed, and what requests of some length cost: small charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.serving_requests import Costs
from joulemark.accounting.serving_work import Floats
from joulemark.core.request import Request
from joulemark.core.units import digits, si
from joulemark.loads.serving.latency import Target, per_request
from joulemark.report import svg
from joulemark.report.format import axis_unit
from joulemark.report.serving_words import TIMES, bound_of

WIDTH, HEIGHT, TOP = 1000.0, 180, 8
POINTS = 200
"""Steps of a distribution that are drawn."""
SHOWN = 0.995
"""The axis of times ends with this share: the longest of thousands would squeeze the rest."""
MOST_DOTS = 500
"""So many requests are drawn, evenly chosen; the line is of all."""
MEANS = 8
"""Groups of requests of like length whose means are joined by a line."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A small picture: a line, dots, and bounds.

    Attributes:
        name: what it shows.
        unit: of the vertical axis.
        across: what the horizontal axis is, with its unit.
        height: px.
        path: the line.
        dots: places in percent and px.
        bounds: places in percent, and words.
        ticks: px from above and label.
        across_ticks: percent and label.
        summary: the picture in words.
        note: what is left out.
    """

    name: str
    unit: str
    across: str
    height: int
    path: str
    dots: list[tuple[float, float]]
    bounds: list[tuple[float, str]]
    ticks: list[tuple[float, str]]
    across_ticks: list[tuple[float, str]]
    summary: str
    note: str = ""


def distributions(requests: Sequence[Request], slo: Target | None) -> Iterator[Chart]:
    """Yield the distribution of each kind of time over complete requests."""
    times = per_request([one for one in requests if one.ok])
    bounds = (
        {} if slo is None else {"ttft": slo.ttft_s, "tpot": slo.tpot_s, "latency": slo.latency_s}
    )
    for name in ("ttft", "tpot", "latency"):
        values = np.sort(times[name][~np.isnan(times[name])])
        if len(values) > 1:
            yield _distribution(TIMES[name], values, bounds.get(name))


def _distribution(name: str, values: Floats, bound: float | None) -> Chart:
    most = float(np.quantile(values, SHOWN, method="inverted_cdf"))
    most = max(most, bound * 1.05) if bound is not None and bound < 4 * most else most
    factor, unit = axis_unit(most, "s")
    x = svg.Scale(0.0, max(most / factor, 1e-9), 0.0, WIDTH)
    y = svg.Scale(0.0, 100.0, HEIGHT - 2.0, float(TOP))
    shares = np.linspace(0, 1, min(POINTS, len(values)) + 1)
    at = np.quantile(values, shares, method="inverted_cdf")
    kept = at <= most
    corners, levels = svg.steps(np.append(at[kept], most), 100 * shares[kept])
    beyond = int((values > most).sum())
    return Chart(
        name=name,
        unit="% of requests",
        across=f"time, {unit}",
        height=HEIGHT,
        path=svg.path(x.all(corners / factor), y.all(levels)),
        dots=[],
        bounds=_bounds(bound, x, factor),
        ticks=[(round(y(v), 2), f"{v:.0f}") for v in (0.0, 25.0, 50.0, 75.0, 100.0)],
        across_ticks=_across(x),
        summary=_said(name, values, bound),
        note=f"beyond it: {beyond}, up to {si(float(values[-1]), 's', 3)}" if beyond else "",
    )


def _bounds(bound: float | None, x: svg.Scale, factor: float) -> list[tuple[float, str]]:
    if bound is None or bound / factor > x.high:
        return []
    return [(round(x(bound / factor) / WIDTH * 100, 3), f"service level {bound_of(bound)}")]


def _said(name: str, values: Floats, bound: float | None) -> str:
    low, half, high = (si(float(v), "s", 3) for v in np.quantile(values, (0.05, 0.5, 0.95)))
    kept = (
        "" if bound is None else f"; {100 * float((values <= bound).mean()):.0f} % within the bound"
    )
    return f"{name}: half of {len(values)} requests within {half}, 5 % {low}, 95 % {high}{kept}."


def by_length(costs: Costs) -> Iterator[Chart]:
    """Yield the energy of whole requests against the tokens of their prompts and answers."""
    joules = costs.joules[costs.whole]
    whole = [one for one, kept in zip(costs.requests, costs.whole, strict=True) if kept]
    for name, tokens in (
        ("prompt", np.array([float(one.tokens_in or 0) for one in whole])),
        ("answer", np.array([float(one.tokens_out or 0) for one in whole])),
    ):
        if len(whole) > 1 and tokens.max() > tokens.min():
            yield _scatter(name, tokens, joules)


def _scatter(name: str, tokens: Floats, joules: Floats) -> Chart:
    factor, unit = axis_unit(float(joules.max()), "J")
    x = svg.Scale(0.0, svg.round_up(float(tokens.max()), 4), 0.0, WIDTH)
    high = svg.round_up(float(joules.max()) / factor, 4)
    y = svg.Scale(0.0, high, HEIGHT - 2.0, float(TOP))
    chosen = np.unique(np.linspace(0, len(joules) - 1, min(MOST_DOTS, len(joules))).astype(int))
    order = np.argsort(tokens, kind="stable")
    groups = np.array_split(order, min(MEANS, len(order)))
    means = [(float(tokens[g].mean()), float(joules[g].mean())) for g in groups]
    at, of = (np.array(column) for column in zip(*means, strict=True))
    drawn = "" if len(chosen) == len(joules) else f"{len(chosen)} of {len(joules)} requests as dots"
    return Chart(
        name=f"Energy by length of the {name}",
        unit=unit,
        across=f"tokens of the {name}",
        height=HEIGHT,
        path=svg.path(x.all(at), y.all(of / factor)),
        dots=[
            (round(x(float(tokens[i])) / WIDTH * 100, 2), round(y(float(joules[i]) / factor), 1))
            for i in chosen.tolist()
        ],
        bounds=[],
        ticks=[(round(y(v), 2), text) for v, text in svg.labelled(svg.ticks(0.0, high, 4))],
        across_ticks=_across(x),
        summary=(
            f"Energy of {len(joules)} requests by the length of the {name}: "
            f"{si(means[0][1], 'J', 3)} at {digits(means[0][0], 3)} tokens, "
            f"{si(means[-1][1], 'J', 3)} at {digits(means[-1][0], 3)}."
        ),
        note=drawn,
    )


def _across(x: svg.Scale) -> list[tuple[float, str]]:
    marks = svg.labelled(svg.ticks(x.low, x.high, 5))
    return [(round(x(v) / WIDTH * 100, 3), text) for v, text in marks]

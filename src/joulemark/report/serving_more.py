"""What the tables of the terminal and of the page have in common, beside words and energies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from joulemark.accounting.serving_energy import MLENERGY_FIGURES
from joulemark.accounting.serving_requests import QUANTILES, Costs, groups
from joulemark.accounting.serving_windows import Steady, Unknown
from joulemark.core.request import Request
from joulemark.core.units import si
from joulemark.core.value import Value
from joulemark.loads.serving.latency import Spread, latency_of
from joulemark.procedures.serving.figures import spreads_of
from joulemark.procedures.serving.results import ServingResult
from joulemark.report.flat import Row
from joulemark.report.format import NOTHING, clean, percent
from joulemark.report.serving_words import TIMES, clipped_words


def shown_spreads(result: ServingResult) -> tuple[str, dict[str, Spread]]:
    """Return of what the times are, and the times by name, in the order of ``TIMES``.

    Of the windows; where no repeat has one, of the whole load, and that is said.
    """
    found, where = spreads_of(result), "in the window"
    if not found:
        every = [one for repeat in result.repeats for one in repeat.requests]
        found, where = latency_of(every).spreads, "whole load"
    return where, {name: found[name] for name in TIMES if name in found}


def counted(result: ServingResult) -> list[Request]:
    """Return the requests that the shown times are of."""
    there = [(r, r.window) for r in result.repeats if isinstance(r.window, Steady)]
    if not there:
        return [one for repeat in result.repeats for one in repeat.requests]
    return [
        one
        for repeat, window in there
        for one in repeat.requests
        if one.ended is not None and window.start < one.ended <= window.stop
    ]


def request_rows(costs: Costs) -> list[tuple[str, Value]]:
    """Return mean and quantiles of the energies of whole requests, and means of groups, J."""
    rows = [("mean", costs.number(lambda joules: float(joules.mean())))]
    for at, name in zip(QUANTILES, ("5 % are below", "median", "95 % are below"), strict=True):
        rows.append((name, costs.number(partial(np.quantile, q=at))))
    for group in groups(costs):
        sign = "≤" if group.words.startswith("short") else "≥"
        rows.append((f"{group.words}, {sign} {group.bound}", group.mean))
    return rows


def sharing_words(costs: Costs) -> str:
    """Return what is not in the energies of requests, and which factors count as zero in them."""
    whole = costs.nobody + float(costs.joules.sum())
    said = ""
    if costs.nobody > 0 and whole > 0:
        share = percent(costs.nobody / whole)
        said = f"{share} of the load's energy was used while nobody was served: in no request."
    return " ".join(filter(None, (said, clipped_words(costs.clipped))))


def mlenergy_rows(result: ServingResult) -> Iterator[Row]:
    """Yield the figures by the rules of ML.ENERGY, or why there are none."""
    for rule, names in MLENERGY_FIGURES.items():
        for name, unit in zip(names, ("J/token", "J/request"), strict=True):
            each = [r.mlenergy[name] for r in result.repeats if name in r.mlenergy]
            if each:
                yield name, f"{si(float(np.mean(each)), unit)} (no interval is stated)"
        found = [(r.number + 1, r.windows.get(rule)) for r in result.repeats]
        said: dict[str, list[str]] = {}
        for number, window in found:
            said.setdefault(_remark(window), []).append(str(number))
        for words, loads in said.items():
            if words:
                yield rule, f"repeat {', '.join(loads)}: {words}"


def _remark(window: Steady | Unknown | None) -> str:
    if isinstance(window, Unknown):
        return f"none: {clean(window.reason)}"
    return "" if window is None else clean("; ".join(window.remarks))


def time_cells(spread: Spread) -> list[str]:
    """Return mean and percentiles of a time."""
    at = [spread.percentiles.get(p) for p in (50.0, 90.0, 95.0, 99.0)]
    return [NOTHING if v is None else si(v, "s", 3) for v in (spread.mean, *at)]

"""Figures 8 and 9 from the record: what the higher accuracy target of BERT costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import mean, median

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.figures.points import of_entry
from joulemark.analysis.figures.wanted import offline, systems
from joulemark.analysis.record.definitions import order
from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.analysis.trends.against import HIGH, LOW
from joulemark.analysis.trends.against import accuracy as stricter

_A100, _H100 = "DGX-A100_A100-SXM-80GBx8_TRT_MaxQ", "DGX-H100_H100-SXM-80GBx8_TRT_MaxQ"
_EIGHT = (
    ("v1.0", "1.0-73", "NVIDIA", _A100), ("v1.1", "1.1-048", "NVIDIA", _A100),
    ("v2.0", "2.0-095", "NVIDIA", _A100), ("v2.1", "2.1-0089", "NVIDIA", _A100),
    ("v3.1", "3.1-0109", "NVIDIA", _H100), ("v4.0", "4.0-0063", "NVIDIA", _H100),
)  # fmt: skip
_AS_PUBLISHED = "v3.0"
"""The round whose pairs the source study lacks: its table calls both targets BERT."""


def drop_of(gain: float) -> float:
    """Return what the higher target loses, % of the lower, from what the lower gains.

    Args:
        gain: of the lower, % of the higher.
    """
    return 100 * gain / (100 + gain)


def accuracy(entries: Sequence[Entry]) -> FigureData | None:
    """Return figure 8: every closed system with both targets, Offline; None without one.

    Args:
        entries: of the record.
    """
    pairs = bert_pairs(entries)
    points = [_gain(low, high) for low, high in pairs]
    without = [point for point in points if point.x != _AS_PUBLISHED]
    if not points:
        return None
    series = [Series(name=f"{len(points)} pairs", points=tuple(points))]
    if without and len(without) < len(points):
        name = f"{len(without)} pairs, without those of {_AS_PUBLISHED}"
        series.append(Series(name=name, points=tuple(without)))
    return FigureData(
        number="8",
        title="Efficiency that BERT gains by the lower target",
        basis=Basis.RECORD,
        kind=Kind.HISTOGRAM,
        series=tuple(series),
        x_label="Change of energy efficiency (%)",
        y_label="Pairs",
        notes=(
            "how much more efficient the target of 99 % is, in per cent of that of 99.9 %",
            _spread([drop_of(point.y) for point in points]),
            _evidence(pairs),
        ),
    )


def bert_pairs(entries: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
    """Return the results with the lower and the higher target of each system, the best of each."""
    wanted = (
        entry
        for entry in entries
        if (entry.suite, entry.division) == ("inference", "closed")
        and (entry.benchmark, entry.scenario) == ("bert", "Offline")
    )
    found = sorted(stricter(wanted).changes, key=lambda change: order(change.before.round))
    return [(change.before, change.after) for change in found]


def _gain(low: Entry, high: Entry) -> Point:
    before, after = high.per_joule or 0.0, low.per_joule or 0.0
    gain = 100 * (after - before) / before
    note = "" if low.evidence is Evidence.LOGS is high.evidence else "from a table, not from logs"
    return replace(
        of_entry(low, y=gain, note=note),
        keys=(low.key, high.key),
        sources=(*low.sources, *high.sources),
    )


def _spread(drops: Sequence[float]) -> str:
    return (
        f"the higher target costs {min(drops):.1f} to {max(drops):.1f} % of the efficiency, "
        f"median {median(drops):.1f} %, mean {mean(drops):.1f} %"
    )


def _evidence(pairs: Sequence[tuple[Entry, Entry]]) -> str:
    logs = sum(all(entry.evidence is Evidence.LOGS for entry in pair) for pair in pairs)
    return f"{logs} of {len(pairs)} pairs are computed from logs, the others stand in tables"


def quantization(entries: Sequence[Entry]) -> FigureData | None:
    """Return figure 9: BERT on the six systems with eight accelerators; None without a pair.

    Args:
        entries: of the record.
    """
    found: dict[str, tuple[Entry, Entry]] = {}
    for wanted in systems(*_EIGHT):
        low, high = (offline(entries, wanted, "bert", target) for target in (LOW, HIGH))
        if low and high and low.per_joule and high.per_joule:
            found[wanted.round] = low, high
    if not found:
        return None
    rounds: dict[str, list[str]] = {}
    for low, _ in found.values():
        rounds.setdefault(low.accelerator, []).append(low.round)
    return FigureData(
        number="9",
        title="Efficiency of BERT at both targets on eight accelerators",
        basis=Basis.RECORD,
        kind=Kind.BARS,
        series=(
            Series(name="BERT-99", unit="samples/J", points=tuple(_low(found))),
            Series(name="BERT-99.9", unit="samples/J", points=tuple(_high(found))),
        ),
        x_label="Round",
        y_label="Energy efficiency, 99 % = 1",
        notes=(
            "inference, Offline, not training",
            _evidence(list(found.values())),
            "; ".join(f"{name}: {', '.join(of)}" for name, of in rounds.items()),
        ),
    )


def _low(found: Mapping[str, tuple[Entry, Entry]]) -> list[Point]:
    return [replace(of_entry(low, y=1.0), absolute=low.per_joule) for low, _ in found.values()]


def _high(found: Mapping[str, tuple[Entry, Entry]]) -> list[Point]:
    points = []
    for low, high in found.values():
        ratio = (high.per_joule or 0.0) / (low.per_joule or math.inf)
        both = (*low.sources, *high.sources)
        spread = ratio * math.hypot(low.u95, high.u95) if low.u95 and high.u95 else None
        point = replace(of_entry(high, y=ratio), absolute=high.per_joule, u95=spread)
        points.append(replace(point, keys=(low.key, high.key), sources=both))
    return points

"""Pictures of many results: each a dot on an axis of decades, by verdict."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from joulemark.core.finding import Verdict
from joulemark.core.units import digits, si
from joulemark.report.audit.tally import Tally
from joulemark.report.format import clean
from joulemark.report.plots.quantity import tick_label

MOST_ROWS = 40
STEPS = 250
"""Dots nearer than one of so many steps of the axis are drawn as one."""
_WORST = (Verdict.PASS, Verdict.WARN, Verdict.FAIL)
Value = tuple[float, Verdict]


@dataclass(frozen=True, slots=True)
class Dot:
    """Some results at one place: percentage of the axis, verdict, and words."""

    at: float
    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of dots.

    Attributes:
        label: what it is of.
        about: the row in words.
        range: from the lowest to the highest, as text.
        left: percentage at which its range begins.
        width: of it.
        dots: in the order in which they are drawn, the worst last.
    """

    label: str
    about: str
    range: str
    left: float
    width: float
    dots: list[Dot]


@dataclass(frozen=True, slots=True)
class Strips:
    """Rows on one axis of decades; ``ticks`` are percentage and label."""

    unit: str
    rows: list[Strip]
    ticks: list[tuple[float, str]]
    left_out: int


def power_by_submitter(tally: Tally) -> Strips | None:
    """Return the average power of every result, by submitter."""
    found: dict[str, list[Value]] = {}
    for (submitter, *_), system in tally.systems.items():
        for row in system.rows:
            if row.watts is not None:
                found.setdefault(submitter or "–", []).append((row.watts, row.verdict))
    return strips(found, "W")


def efficiency_by_benchmark(tally: Tally) -> list[Strips]:
    """Return work per joule of every result, by benchmark and scenario, for each unit of work."""
    found: dict[str, dict[str, list[Value]]] = {}
    submitters: dict[str, set[str]] = {}
    for (submitter, *_), system in tally.systems.items():
        for row in system.rows:
            if row.efficiency is not None:
                label = " ".join(filter(None, (row.benchmark, row.scenario))) or "–"
                of = found.setdefault(row.efficiency.unit, {})
                of.setdefault(label, []).append((row.efficiency.value, row.verdict))
                submitters.setdefault(label, set()).add(submitter)
    many = {label: len(names) for label, names in submitters.items()}
    made = [strips(of, unit, many) for unit, of in sorted(found.items())]
    return [one for one in made if one is not None]


def strips(
    values: Mapping[str, Sequence[Value]], unit: str, weights: Mapping[str, int] | None = None
) -> Strips | None:
    """Return rows of dots, those with the most results kept; None where there is nothing to draw.

    Args:
        values: number and verdict of each result, by row.
        unit: of the numbers.
        weights: rows with a higher one are kept first, whatever their number of results.
    """
    weighs = weights or {}
    usable = {name: [v for v in each if _is_drawn(v[0])] for name, each in values.items()}
    usable = {name: each for name, each in usable.items() if each}
    if not usable:
        return None
    kept = sorted(usable, key=lambda name: (-weighs.get(name, 0), -len(usable[name]), name))[
        :MOST_ROWS
    ]
    drawn = [value for name in kept for value, _ in usable[name]]
    low, high = math.floor(math.log10(min(drawn))), math.ceil(math.log10(max(drawn)))
    high = max(high, low + 1)
    rows = [_strip(name, usable[name], unit, low, high) for name in sorted(kept, key=str.casefold)]
    step = max(1, math.ceil((high - low) / 8))
    places = range(low, high + 1, step)
    ticks = [
        (round(100 * (p - low) / (high - low), 3), tick_label(10.0**p, "" if "/" in unit else unit))
        for p in places
    ]
    return Strips(unit, rows, ticks, len(usable) - len(kept))


def _is_drawn(value: float) -> bool:
    return 1e-12 < value < 1e15


def _strip(name: str, values: Sequence[Value], unit: str, low: int, high: int) -> Strip:
    def at(value: float) -> float:
        return 100 * (math.log10(value) - low) / (high - low)

    numbers = [value for value, _ in values]
    least, most = min(numbers), max(numbers)
    count = len(values)
    shown = _reach(least, most, unit)
    return Strip(
        label=clean(name, 60),
        about=f"{clean(name, 60)}: {count} result{'s' if count > 1 else ''}, {shown}",
        range=shown,
        left=round(at(least), 3),
        width=round(at(most) - at(least), 3),
        dots=list(_dots(values, unit, at)),
    )


def _reach(least: float, most: float, unit: str) -> str:
    """Return the lowest and the highest; the axis has the unit of work per joule already."""
    low, high = (
        _shown(value, unit).removesuffix(f" {unit}" if "/" in unit else "")
        for value in (least, most)
    )
    return low if low == high else f"{low} – {high}"


def _dots(values: Sequence[Value], unit: str, at: Callable[[float], float]) -> Iterator[Dot]:
    counts: Counter[tuple[int, Verdict]] = Counter()
    first: dict[tuple[int, Verdict], float] = {}
    for value, verdict in values:
        key = (round(at(value) * STEPS / 100), verdict)
        counts[key] += 1
        first.setdefault(key, value)
    for verdict in _WORST:
        for (place, of), count in sorted(counts.items()):
            if of is verdict:
                number = _shown(first[place, of], unit)
                said = number if count == 1 else f"about {number}, {count} results"
                yield Dot(round(100 * place / STEPS, 2), verdict.value, f"{said}: {verdict.value}")


def _shown(value: float, unit: str) -> str:
    return f"{digits(value, 3)} {unit}" if "/" in unit else si(value, unit, 3)

"""Figures 5a, 5b and 5c: the best efficiency so far by version, divided by that of the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from joulemark.analysis.figures.data import Basis, FigureData, Point, Series, efficiency_trend
from joulemark.analysis.figures.names import DATACENTER, EDGE, TINY, Line, days, lines
from joulemark.analysis.published.tables import DATACENTER as DATACENTER_TABLE
from joulemark.analysis.published.tables import EDGE as EDGE_TABLE
from joulemark.analysis.published.tables import TINY as TINY_TABLE
from joulemark.analysis.published.tables import Pair, Row, joined, positive, read_table
from joulemark.analysis.published.words import (
    LATENCY,
    MICROJOULES,
    POWERS,
    RATES,
    TOKENS,
    of_units,
    offline,
    renamed,
)

TOKENS_PER_SAMPLE = 292
"""By which the study divides every rate in tokens, whatever the model."""
_PLAIN = re.compile(r"\d+(\.\d+)?")
_PLATEAU = "a later version that is less efficient shows the best before it"
_Value = Callable[[Pair], float | None]


@dataclass(frozen=True, slots=True)
class _Best:
    """The best of one version."""

    version: str
    date: date
    value: float
    pair: Pair


def datacenter_trends(folder: Path) -> FigureData | None:
    """Return figure 5a; None without its table."""
    model = renamed({"rnnt": "rnn-t", "bert": "bert-99.0"})
    rows = offline(read_table(folder, DATACENTER_TABLE))
    pairs = joined(of_units(rows, (*RATES, TOKENS)), of_units(rows, POWERS), model)

    def value(pair: Pair) -> float | None:
        tokens = TOKENS_PER_SAMPLE if pair.rate["Units"].lower() == TOKENS.lower() else 1
        return None if pair.ratio is None else pair.ratio / tokens

    found = (
        (line, [p for p in pairs if _matches(line, model(p.rate))]) for line in lines(DATACENTER)
    )
    said = f"rates in tokens are divided by {TOKENS_PER_SAMPLE}, whatever the benchmark"
    return _figure("5a", "datacenter systems", found, value, (_PLATEAU, said))


def edge_trends(folder: Path) -> FigureData | None:
    """Return figure 5b; None without its table."""
    model = renamed({"rnnt": "rnn-t", "bert-99": "bert-99.0"})
    rows = offline(read_table(folder, EDGE_TABLE))
    powers = [row for row in of_units(rows, POWERS) if "http" not in row["Result"].lower()]
    pairs = joined(of_units(rows, RATES), powers, model)
    found = ((line, [p for p in pairs if model(p.rate) == line.pattern]) for line in lines(EDGE))
    return _figure("5b", "edge systems", found, lambda pair: pair.ratio, (_PLATEAU,))


def tiny_trends(folder: Path) -> FigureData | None:
    """Return figure 5c; None without its table."""
    pairs = tiny_pairs(folder)

    def value(pair: Pair) -> float | None:
        return positive(1e6 / pair.power.result) if pair.power.result else None

    passed = len(_energies(folder)) - len(_plain(folder))
    said = f"{passed} energies with a comma between thousands are passed over"
    model = renamed({})
    found = ((line, [p for p in pairs if _matches(line, model(p.rate))]) for line in lines(TINY))
    return _figure("5c", "tiny systems", found, value, (_PLATEAU, said))


def tiny_pairs(folder: Path) -> list[Pair]:
    """Return rows of latency with rows of energy of the tiny table, whatever the model."""
    rows = read_table(folder, TINY_TABLE)
    return joined(of_units(rows, (LATENCY,)), _plain(folder), renamed({}))


def _energies(folder: Path) -> list[Row]:
    return of_units(read_table(folder, TINY_TABLE), (MICROJOULES,))


def _plain(folder: Path) -> list[Row]:
    return [row for row in _energies(folder) if _PLAIN.fullmatch(row["Result"])]


def _matches(line: Line, model: str) -> bool:
    return re.search(line.pattern, model) is not None


def _figure(
    number: str,
    whose: str,
    found: Iterable[tuple[Line, list[Pair]]],
    value: _Value,
    notes: tuple[str, ...],
) -> FigureData | None:
    unit = "inferences/J" if number == "5c" else "samples/J"
    series = [
        Series(name=line.name, points=tuple(_points(pairs, value)), unit=unit)
        for line, pairs in found
    ]
    series = [one for one in series if one.points]
    if not series:
        return None
    return efficiency_trend(number, whose, Basis.PUBLISHED, tuple(series), notes=notes)


def _points(pairs: Sequence[Pair], value: _Value) -> Iterator[Point]:
    first, best = 0.0, None
    for here in _by_version(pairs, value):
        kept = best if best is not None and here.value < best.value else here
        first, best = first or here.value, kept
        yield Point(
            x=here.version,
            at=days(here.date),
            y=kept.value / first,
            absolute=kept.value,
            label=kept.pair.rate["Public ID"],
            sources=kept.pair.sources,
            note=f"plateau: the best is of {kept.version}" if kept is not here else "",
        )


def _by_version(pairs: Sequence[Pair], value: _Value) -> list[_Best]:
    """Return the best of each version and date, in their order as text."""
    found: dict[tuple[str, date], _Best] = {}
    for pair in pairs:
        worth = value(pair)
        if worth is None:
            continue
        place = pair.rate["version"], pair.rate.date
        if place not in found or worth > found[place].value:
            found[place] = _Best(*place, worth, pair)
    return [found[place] for place in sorted(found)]

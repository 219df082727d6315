"""Figures 8 and 10: what a higher target costs, and what consecutive versions bring."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.published.tables import DATACENTER, Pair, Row, joined, read_table
from joulemark.analysis.published.words import POWERS, RATES, of_units, offline, renamed
from joulemark.formats.results.names import number

LEAST_PERCENT = -50.0
"""Changes below this are left out."""
_LOW, _HIGH = "bert-99.0", "bert-99.9"
_DIGITS = re.compile(r"\d+")


def accuracy(folder: Path) -> FigureData | None:
    """Return figure 8; None without its table."""
    model = renamed({"rnnt": "rnn-t", "bert": _LOW, "bert99.9": _HIGH})
    found: dict[tuple[str, ...], dict[str, Pair]] = {}
    rows = offline(read_table(folder, DATACENTER))
    for pair in joined(of_units(rows, RATES), of_units(rows, POWERS), model):
        if model(pair.rate) not in (_LOW, _HIGH) or pair.ratio is None:
            continue
        place = tuple(pair.rate[name] for name in ("Public ID", "version", "date"))
        best = found.setdefault(place, {})
        kept = best.get(model(pair.rate))
        if kept is None or pair.ratio > (kept.ratio or 0.0):
            best[model(pair.rate)] = pair
    points = [
        replace(_change(of[_HIGH], of[_LOW]), label=place[0])
        for place, of in found.items()
        if len(of) == 2
    ]
    note = (
        "how much more efficient the target of 99 % is, in per cent of that of 99.9 %; where the "
        "table calls both targets BERT they are no pair"
    )
    return _figure("8", "Efficiency that BERT gains by the lower target", points, (note,))


def software(folder: Path) -> FigureData | None:
    """Return figure 10; None without its table."""
    model = renamed({"rnnt": "rnn-t", "bert": _HIGH})
    rows = offline(read_table(folder, DATACENTER))
    groups: dict[tuple[str | float | None, ...], list[Pair]] = {}
    for pair in joined(of_units(rows, RATES), of_units(rows, POWERS), model):
        named = pair.rate["Organization"], pair.power["accelerator_model_name"]
        place = (*named, number(pair.rate["Total Accelerators"]), model(pair.rate))
        if all(place[:3]) and pair.ratio is not None:
            groups.setdefault(place, []).append(pair)
    points = [
        _change(old, new)
        for group in groups.values()
        for old, new in permutations(group, 2)
        if _version(new.rate) == _version(old.rate) + 1
    ]
    kept = [point for point in points if point.y >= LEAST_PERCENT]
    notes = (
        "one organisation, accelerator and number of accelerators, whatever the host and software",
        "versions by their first number alone: each of 2.0 and 2.1 meets each of 3.0 and 3.1",
        f"changes below {LEAST_PERCENT:.0f} % are left out, {len(points) - len(kept)} of them",
    )
    return _figure("10", "Efficiency from version to version on like hardware", kept, notes)


def _version(row: Row) -> int:
    """Return the first number of a version; one without is next to none."""
    match = _DIGITS.search(row["version"])
    return int(match.group()) if match else -2


def _change(old: Pair, new: Pair) -> Point:
    before, after = old.ratio or 0.0, new.ratio or 0.0
    label = " -> ".join(dict.fromkeys((old.rate["Public ID"], new.rate["Public ID"])))
    return Point(
        x=new.rate["version"],
        y=(after - before) / before * 100,
        label=f"{label} {new.rate['Model MLC']}",
        sources=(*old.sources, *new.sources),
    )


def _figure(
    number: str, title: str, points: Sequence[Point], notes: tuple[str, ...]
) -> FigureData | None:
    if not points:
        return None
    return FigureData(
        number=number,
        title=title,
        basis=Basis.PUBLISHED,
        kind=Kind.HISTOGRAM,
        series=(Series(name=f"{len(points)} pairs", points=tuple(points)),),
        x_label="Change of energy efficiency (%)",
        y_label="Pairs",
        notes=(*notes, "drawn in 20 bins from the least to the greatest"),
    )

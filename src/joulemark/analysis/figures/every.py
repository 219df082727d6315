"""All figures of the source study, as published and from the record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from joulemark.analysis.figures.data import Basis, FigureData
from joulemark.analysis.figures.differing import annotated, differences
from joulemark.analysis.figures.elsewhere import with_energies, with_ratios
from joulemark.analysis.figures.performance import performance
from joulemark.analysis.figures.points import sure
from joulemark.analysis.figures.scales import power_scales
from joulemark.analysis.figures.software import one_system, software
from joulemark.analysis.figures.stored import Stored
from joulemark.analysis.figures.targets import accuracy, quantization
from joulemark.analysis.figures.training import training_energy
from joulemark.analysis.figures.trends import datacenter_trends, edge_trends, tiny_trends
from joulemark.analysis.figures.workloads import energy_of_inferences
from joulemark.analysis.published.every import NUMBERS, published
from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.record.index import Record


def figures(
    record: Record | None,
    tables: Path | None = None,
    runs: Stored | None = None,
    *,
    numbers: Collection[str] = NUMBERS,
    bases: Collection[Basis] = tuple(Basis),
) -> Iterator[FigureData]:
    """Yield the figures by number, each as published before the one from the record.

    Of the latter every point that differs from the former has a note with the evidence; not so of
    figure 1, which is of another suite, nor of 10, whose pairs are others. A figure for which the
    tables or the record have nothing is left out, and so are results that a rule calls an error.

    Args:
        record: of a store; None for what is published alone.
        tables: folder of the source study's tables; None for what its scripts hold alone.
        runs: what stored runs say beyond the record.
        numbers: which figures.
        bases: which of each.

    Raises:
        UnavailableError: if the folder holds no such table.
        FormatError: if one of them is damaged.
    """
    old = {figure.number: figure for figure in published(tables)}
    entries = () if record is None else tuple(filter(sure, record))
    ways = _ways(entries, runs or Stored())
    for number in NUMBERS:
        if number not in numbers:
            continue
        if Basis.PUBLISHED in bases and number in old:
            yield old[number]
        ours = ways[number]() if Basis.RECORD in bases and number in ways else None
        if ours is not None and record is not None:
            yield _beside(ours, old.get(number), record)


def _beside(ours: FigureData, old: FigureData | None, record: Record) -> FigureData:
    """Return a figure from the record, with notes on where it differs from the published one."""
    if old is None or ours.number == "1":
        return ours
    if ours.number != "10":
        found = differences(old, ours, record)
        if ours.number == "7":
            found = with_energies(found, record.entries, definitions())
        if ours.number == "9":
            found = with_ratios(found, record.entries)
        return annotated(ours, found)
    changes = [point.y for point in old.series[0].points]
    said = f"published: {len(changes)} pairs by another definition, median {median(changes):+.1f} %"
    return replace(ours, notes=(*ours.notes, said))


def _ways(entries: Sequence[Entry], runs: Stored) -> Mapping[str, Callable[[], FigureData | None]]:
    known = definitions()
    return {
        "1": lambda: performance(entries, known),
        "2": lambda: power_scales(entries),
        "5a": lambda: datacenter_trends(entries, known),
        "5b": lambda: edge_trends(entries, known),
        "5c": lambda: tiny_trends(entries, known, runs.windows_s),
        "6": lambda: training_energy(entries, runs.parts),
        "7": lambda: energy_of_inferences(entries, known),
        "8": lambda: accuracy(entries),
        "9": lambda: quantization(entries),
        "10": lambda: software(entries, known),
        "11a": lambda: one_system(entries),
    }

"""All figures as published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from joulemark.analysis.figures.data import FigureData
from joulemark.analysis.published.again import again
from joulemark.analysis.published.histograms import accuracy, software
from joulemark.analysis.published.performance import performance
from joulemark.analysis.published.plotted import beside, plotted
from joulemark.analysis.published.scales import power_scales
from joulemark.analysis.published.tables import folder_of
from joulemark.analysis.published.trends import datacenter_trends, edge_trends, tiny_trends

NUMBERS = ("1", "2", "5a", "5b", "5c", "6", "7", "8", "9", "10", "11a", "11b")
_FROM_TABLES: Mapping[str, Callable[[Path], FigureData | None]] = {
    "1": performance,
    "2": power_scales,
    "5a": datacenter_trends,
    "5b": edge_trends,
    "5c": tiny_trends,
    "8": accuracy,
    "10": software,
}


def published(folder: Path | None) -> Iterator[FigureData]:
    """Yield the figures as published, in their order.

    Args:
        folder: holds the study's tables, or is a clone of its repository; without, only what is
            written into its scripts.

    Raises:
        UnavailableError: if the folder holds none of its tables.
        FormatError: if one of them is damaged.
    """
    if folder is not None:
        folder = folder_of(folder)
    for number in NUMBERS:
        figure = _one(number, folder)
        if figure is not None:
            yield figure


def _one(number: str, folder: Path | None) -> FigureData | None:
    if number in plotted():
        return beside(plotted()[number], again(number, folder) if folder else ())
    return _FROM_TABLES[number](folder) if folder else None

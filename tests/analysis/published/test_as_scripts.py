"""The figures as published are those that the study's scripts draw from its tables.

``plotted_by_the_scripts.json`` holds what the scripts of github.com/aryatschand/
MLPerf-Power-HPCA-2025 (commit 49b63de) hand to matplotlib, run with pandas 3.1.1 and matplotlib
3.11.2.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from joulemark.analysis.figures.data import Basis, FigureData, Kind
from joulemark.analysis.published.every import NUMBERS, published

TABLES = Path(__file__).parents[3].parent / "shared" / "data" / "hpca2025"
SCRIPTS = json.loads(Path(__file__).with_name("plotted_by_the_scripts.json").read_text())
WITHIN = 0.002

needs_tables = pytest.mark.skipif(not TABLES.is_dir(), reason="the study's tables are not here")


@pytest.fixture(scope="module")
def figures() -> dict[str, FigureData]:
    """The figures by number."""
    return {figure.number: figure for figure in published(TABLES)}


@needs_tables
def test_all_figures_are_there(figures: dict[str, FigureData]) -> None:
    assert tuple(figures) == NUMBERS
    assert all(figure.basis is Basis.PUBLISHED for figure in figures.values())


@needs_tables
@pytest.mark.parametrize("number", [n for n in NUMBERS if n not in ("8", "10")])
def test_every_point_is_as_plotted(figures: dict[str, FigureData], number: str) -> None:
    found = {one.name: [point.y for point in one.points] for one in figures[number].series}
    assert list(found) == list(SCRIPTS[number])
    for name, values in SCRIPTS[number].items():
        assert found[name] == pytest.approx(values, rel=WITHIN / 1000), name


@needs_tables
@pytest.mark.parametrize(("number", "pairs"), [("8", 38), ("10", 109)])
def test_every_bin_is_as_plotted(figures: dict[str, FigureData], number: str, pairs: int) -> None:
    figure = figures[number]
    assert figure.kind is Kind.HISTOGRAM
    values = [point.y for point in figure.series[0].points]
    counts, edges = np.histogram(values, bins=20)
    assert len(values) == pairs
    assert list(counts) == SCRIPTS[number]["counts"]
    assert list(edges) == pytest.approx(SCRIPTS[number]["edges"], rel=WITHIN / 1000)


@needs_tables
def test_points_of_tables_name_their_rows(figures: dict[str, FigureData]) -> None:
    for number in ("1", "2", "5a", "5b", "5c", "8", "10"):
        points = [point for one in figures[number].series for point in one.points]
        assert all(p.sources or "the script puts" in p.note for p in points), number


@needs_tables
def test_what_is_written_into_scripts_is_held_against_the_tables(
    figures: dict[str, FigureData],
) -> None:
    found = {one.name: one for one in figures["11a"].series}["Energy efficiency"]
    assert "1.22235 by its table" in found.points[3].note
    tiny = figures["7"].series[1].points
    assert all("plotted as" in point.note for point in tiny)
    llama = figures["7"].series[0].points[1]
    assert "97.9040 by its table" in llama.note

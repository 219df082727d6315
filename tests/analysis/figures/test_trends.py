"""Figures 1 and 5 from the record."""

from __future__ import annotations

import math

import pytest

from joulemark.analysis.figures.data import Basis
from joulemark.analysis.figures.performance import performance
from joulemark.analysis.figures.points import absent
from joulemark.analysis.figures.trends import datacenter_trends, edge_trends, tiny_trends
from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.entry import Category, Evidence
from tests.analysis.figures.entries import entry, tiny, y

KNOWN = definitions()


def test_the_best_so_far_stays_and_is_told() -> None:
    results = [
        entry("c", "v2.0", 180, u95=None),
        entry("a", "v1.0", 100),
        entry("b", "v1.1", 90),
        entry("d", "v1.0", 50),
        entry("e", "v1.1", 900, division="open"),
        entry("f", "v1.1", 900, scenario="Server"),
        entry("g", "v1.1", 900, category=Category.EDGE),
    ]
    figure = datacenter_trends(results, KNOWN)
    assert figure is not None
    assert figure.basis is Basis.RECORD
    (line,) = figure.series
    assert (line.name, line.unit) == ("ResNet-50", "samples/J")
    assert [p.x for p in line.points] == ["v1.0", "v1.1", "v2.0"]
    assert y(figure) == pytest.approx([1, 1, 1.8])
    assert [p.absolute for p in line.points] == pytest.approx([100, 100, 180])
    assert line.points[1].note == "plateau: the best is of v1.0"
    assert line.points[1].at == line.points[0].at + 154  # type: ignore[operator]
    assert line.points[2].keys == ("c",)
    assert line.points[2].u95 is None


def test_the_interval_of_a_ratio_holds_both() -> None:
    figure = datacenter_trends([entry("a", "v1.0", 100), entry("b", "v1.1", 150)], KNOWN)
    assert figure is not None
    assert figure.series[0].points[0].u95 is None
    assert figure.series[0].points[1].u95 == pytest.approx(1.5 * math.hypot(0.011, 0.011))


def test_tokens_and_samples_are_one_line_with_a_mark() -> None:
    results = [
        entry("a", "v4.0", 0.04, benchmark="gptj", target="99", evidence=Evidence.PAGE),
        entry("b", "v4.1", 69 * 0.05, benchmark="gptj", target="99", work="token"),
    ]
    figure = datacenter_trends(results, KNOWN)
    assert y(figure) == pytest.approx([1, 1.25])
    assert figure is not None
    assert figure.series[0].points[0].note.startswith("converted: 69")
    assert [x for x, _ in figure.marks] == ["v4.1"]
    assert any("from tables, not from logs: best results of v4.0" in n for n in figure.notes)


def test_edge_has_its_own_lines() -> None:
    results = [entry("a", "v1.0", 100, category=Category.EDGE)]
    assert y(edge_trends(results, KNOWN)) == [1]
    assert datacenter_trends(results, KNOWN) is None


def test_short_windows_of_the_board_that_all_is_referred_to_are_told() -> None:
    results = [tiny("a", "v0.5", 1e-3, runs=("r",)), tiny("b", "v0.7", 1e-4, runs=("s",))]
    figure = tiny_trends(results, KNOWN, {"r": 0.104, "s": 12.0})
    assert y(figure) == pytest.approx([1, 10])
    assert figure is not None
    assert figure.series[0].points[0].note == "its windows take 0.104 s, not 10 s"
    assert figure.series[0].points[1].note == ""
    assert any("all windows of v0.5" in note for note in figure.notes)
    assert tiny_trends([], KNOWN, {}) is None


def test_a_changed_runner_is_one_mark_for_all() -> None:
    results = [
        tiny(f"{benchmark}{round_}", round_, 1e-3, benchmark=benchmark)
        for benchmark in ("kws", "ic")
        for round_ in ("v1.2", "v1.3")
    ]
    figure = tiny_trends(results, KNOWN, {})
    assert figure is not None
    ((x, why),) = figure.marks
    assert x == "v1.3"
    assert why.startswith("every benchmark is measured otherwise")


def test_performance_begins_anew_where_a_benchmark_changed() -> None:
    unet = {"benchmark": "3d-unet", "target": "99"}
    results = [
        entry("a", "v1.0", 4, **unet),
        entry("b", "v1.1", 2, **unet),
        entry("c", "v2.0", 0.02, **unet),
        entry("d", "v2.1", 0.03, **unet),
        entry("e", "v1.0", 1, benchmark="rnnt"),
    ]
    figure = performance(results, KNOWN)
    assert figure is not None
    names = [one.name for one in figure.series]
    assert names == ["3D-UNet-99", "3D-UNet-99 since v2.0", "Moore's law"]
    assert y(figure) == [1, 1]
    assert y(figure, 1) == pytest.approx([1, 1.5])
    moore = figure.series[2].points
    assert moore[0].y == 1
    assert moore[-1].y == pytest.approx(2 ** (505 / 730.5))
    assert performance(results[:1], KNOWN) is None


def test_rounds_that_the_record_lacks_are_told() -> None:
    results = [entry("a", "v4.0", 100), entry("b", "v5.1", 110)]
    figure = datacenter_trends(results, KNOWN)
    assert figure is not None
    assert figure.notes[-1] == "the record has none of v4.1, v5.0"
    assert absent([], KNOWN) == ()
    assert absent(results[:1], KNOWN) == ()

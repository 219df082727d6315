"""Trends as figures."""

from __future__ import annotations

import pytest

from joulemark.analysis.figures.data import FigureData, Kind
from joulemark.analysis.record.entry import Category
from joulemark.analysis.trends.against import Against, against
from joulemark.analysis.trends.best import best_so_far
from joulemark.analysis.trends.figures import (
    against_figure,
    best_figure,
    changes_figure,
    generations_figure,
    macs_figure,
    names,
    scaling_figure,
)
from joulemark.analysis.trends.hardware import hardware_changes
from joulemark.analysis.trends.macs import per_mac
from joulemark.analysis.trends.own import laid_over
from joulemark.analysis.trends.own_figures import against_own, best_own, macs_own
from joulemark.analysis.trends.scaling import scaling
from joulemark.analysis.trends.software import software_changes
from joulemark.report.plots.plot import plot
from tests.analysis.trends.entries import entry
from tests.analysis.trends.test_others import training
from tests.analysis.trends.test_own import mine


def drawn(data: FigureData) -> FigureData:
    assert plot(data).curves
    return data


def test_one_line_is_drawn_in_its_unit() -> None:
    found = best_so_far([entry("a", 100.0, round="v1.0"), entry("b", 90.0, round="v1.1")])
    data = drawn(best_figure(found))
    assert data.title.endswith(": resnet50, Offline, datacenter, closed")
    assert data.y_label == "Energy efficiency (samples/J)"
    (series,) = data.series
    assert [(p.x, p.y) for p in series.points] == [("v1.0", 100.0), ("v1.1", 100.0)]
    assert [p.u95 for p in series.points] == pytest.approx([1.1, 1.1])
    assert series.points[1].note == "plateau: the best is of v1.0"
    assert "1 of 1 lines have fewer than 3 rounds: no trend" in data.notes
    laid, _ = laid_over([mine()], [one.line for one in found])
    (own,) = best_own(laid, found)
    assert [(p.x, p.y) for p in own.points] == [("v1.1", 150.0)]


def test_several_lines_start_at_one_and_a_break_is_marked_once() -> None:
    entries = [
        entry(f"{round_}{target}", value, round=round_, benchmark="3d-unet", target=target)
        for round_, value in (("v1.0", 0.1), ("v2.0", 0.01), ("v2.1", 0.02))
        for target in ("99", "99.9")
    ]
    found = best_so_far(entries)
    data = drawn(best_figure(found))
    assert [series.name for series in data.series] == [
        "3d-unet-99", "3d-unet-99 since v2.0", "3d-unet-99.9", "3d-unet-99.9 since v2.0",
    ]  # fmt: skip
    assert [point.y for point in data.series[1].points] == [1, pytest.approx(2)]
    assert data.series[1].points[1].absolute == pytest.approx(0.02)
    ((since, why),) = data.marks
    assert since == "v2.0"
    assert why.startswith("3d-unet: another data set")
    own = mine(0.03, benchmark="3d-unet", target="99")
    laid, _ = laid_over([own], [one.line for one in found])
    assert best_own(laid, found)[0].points[0].y == pytest.approx(3)


def test_lines_are_named_by_what_differs() -> None:
    found = best_so_far([entry("a"), entry("b", scenario="Server")])
    assert names([best.line for best in found]) == ["Offline", "Server"]
    assert names([found[0].line]) == ["resnet50"]


def test_changes_are_a_histogram_in_percent() -> None:
    found = software_changes([entry("a", 1.0, round="v1.0"), entry("b", 1.5, round="v1.1"),
                              entry("c", 3.0, round="v2.0", u95=None)])  # fmt: skip
    data = drawn(changes_figure(found, "Software"))
    assert data.kind is Kind.HISTOGRAM
    assert [point.y for point in data.series[0].points] == pytest.approx([50, 100])
    assert data.series[0].points[1].u95 is None


def test_generations_of_fewer_than_three_changes_are_not_drawn() -> None:
    a100, h100 = ({"accelerator": f"NVIDIA {name}-SXM-80GB"} for name in ("A100", "H100"))
    entries = [
        entry(f"{name}{of}", value, benchmark=name, **more)
        for name in ("resnet50", "rnnt", "retinanet")
        for of, value, more in (("a", 1.0, a100), ("h", 2.0, h100))
    ]
    data = drawn(generations_figure(hardware_changes(entries)))
    assert [[p.y for p in series.points] for series in data.series] == [[2.0]] * 3
    assert all(not s.points for s in generations_figure(hardware_changes(entries[:4])).series)


def test_sizes_and_operations_and_the_rest() -> None:
    data = drawn(scaling_figure(scaling([
        training("a", 10.0, 5.0, 8.0), training("b", 20.0, 2.0, 64.0, u95=None),
    ])))  # fmt: skip
    assert [(p.at, p.y, p.u95) for p in data.series[0].points] == [(8, 1, 0), (64, 2, None)]
    entries = [entry("a", 100.0), entry("b", 50.0, accelerators=None, category=Category.EDGE)]
    beside = against(entries, Against.PERFORMANCE)
    data = drawn(against_figure(beside, Against.PERFORMANCE))
    assert [series.name for series in data.series] == ["datacenter", "edge"]
    macs = per_mac(entries)
    assert [series.name for series in drawn(macs_figure(macs)).series] == ["datacenter", "edge"]
    own = [mine(category=Category.EDGE, performance=10.0)]
    laid, _ = laid_over(own, [one.line for one in macs])
    assert against_own(laid, Against.PERFORMANCE)[0].points[0].at == 10
    assert macs_own(laid)[0].points[0].y == pytest.approx(1 / 150 / 4.089184256e9)
    nowhere, _ = laid_over([mine(nodes=None)], [one.line for one in macs])
    assert against_own(nowhere, Against.NODES) == ()

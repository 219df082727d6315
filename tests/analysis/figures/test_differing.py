"""Where figures differ from the published ones, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.figures.differing import annotated, differences
from joulemark.analysis.figures.every import figures
from joulemark.analysis.published.every import NUMBERS
from joulemark.analysis.published.tables import DATACENTER
from joulemark.analysis.record.index import Record
from tests.analysis.figures.entries import entry, tiny
from tests.analysis.published.tables import result, write


def _figure(points: list[Point], *, kind: Kind = Kind.LINES, name: str = "a") -> FigureData:
    return FigureData(
        number="5a",
        title="",
        basis=Basis.RECORD,
        kind=kind,
        series=(Series(name=name, points=tuple(points)),),
        x_label="",
        y_label="",
    )


def test_equal_points_do_not_differ() -> None:
    old = _figure([Point(x="v1.0", y=1.0), Point(x="v1.1", y=2.0)])
    new = _figure([Point(x="v1.0", y=1.0), Point(x="v1.1", y=2.003)])
    assert differences(old, new) == ()
    assert annotated(new, ()) == new


def test_other_points_and_those_of_one_side_differ() -> None:
    old = _figure([Point(x="v1.0", y=1.0, label="1"), Point(x="v1.1", y=2.0)])
    new = _figure([Point(x="v1.0", y=1.5, label="2", note="n"), Point(x="v2.0", y=3.0)])
    found = differences(old, new)
    assert [(one.x, one.published, one.ours) for one in found] == [
        ("v1.0", 1.0, 1.5), ("v1.1", 2.0, None), ("v2.0", None, 3.0),
    ]  # fmt: skip
    shown = annotated(new, found)
    assert shown.series[0].points[0].note == "n; published as 1.000; published of 1, here of 2"
    assert shown.series[0].points[1].note == "not in the published figure"
    assert shown.notes == ("a v1.1: published as 2.000; the record has no such point",)


def test_points_of_histograms_are_told_by_whose_they_are() -> None:
    old = _figure([Point(y=float(n), label=str(n)) for n in range(9)], kind=Kind.HISTOGRAM)
    new = _figure([Point(y=0.0, label="0")], kind=Kind.HISTOGRAM, name="other")
    found = differences(old, new)
    assert len(found) == 8
    assert annotated(new, found).notes == (
        "8 points of the published figure are not points of this one",
    )


def test_the_record_tells_why() -> None:
    said = f"{DATACENTER}:2 states a power of 1021.4 W; the logs: 4954.0 W"
    shuffled = entry("x", "v4.1", 112.3, sources=("closed/x", f"{DATACENTER}:2"), remarks=(said,))
    other = entry("y", "v4.1", 327.5)
    table = (f"{DATACENTER}:2",)
    old = _figure([Point(x="v4.1", y=3.06, absolute=544.6, label="4.1-x", sources=table)])
    new = _figure([Point(x="v4.1", y=1.84, absolute=327.5, label="4.1-y", keys=("y",))])
    (found,) = differences(old, new, [shuffled, other])
    assert found.why == (
        "the table's rows of 4.1-x give 544.6, raw log recomputed: 112.3 samples/J",
        said,
        "published of 4.1-x, here of 4.1-y",
    )
    assert found.sources == table


def test_points_that_are_not_published_name_their_rows() -> None:
    stated = entry("x", "v4.1", 1.0, sources=("closed/x", f"{DATACENTER}:9"))
    alone = entry("y", "v4.1", 1.0)
    new = _figure([Point(x="a", y=1, keys=("x",)), Point(x="b", y=1, keys=("y",))])
    found = differences(_figure([]), new, [stated, alone])
    assert [one.why for one in found] == [
        (f"its rows in the tables: {DATACENTER}:9",),
        ("in no table; closed/NVIDIA/y",),
    ]


def _record() -> Record:
    bert: dict[str, Any] = {"benchmark": "bert"}
    doubt = ("results/other-system: the power of another",)
    return Record(
        (
            entry("1", "v1.0", 100.0, sources=("closed/1", f"{DATACENTER}:2")),
            entry("2", "v1.1", 110.0),
            entry("3", "v1.1", 900.0, doubts=doubt),
            entry("4", "v1.0", 6.0, target="99", public_id="1.0-73", **bert),
            entry("5", "v1.0", 3.0, target="99.9", public_id="1.0-73", **bert),
            tiny("6", "v1.2", 1e-3, public_id="1.2-0004"),
            tiny("7", "v1.0", 18.561e-6, public_id="1.0-9002", system="gap9"),
            tiny("8", "v1.0", 5.252e-6, public_id="1.0-9002", system="gap9", benchmark="ad"),
            tiny("9", "v1.2", 2e-4, public_id="1.2-0004", benchmark="ad"),
            tiny("10", "v1.0", 27.711e-6, public_id="1.0-9002", system="gap9", benchmark="ic"),
            tiny("11", "v1.2", 7e-3, public_id="1.2-0004", benchmark="ic"),
        )
    )


def test_all_figures_in_their_order(tmp_path: Path) -> None:
    rows = [
        *result("1.0-1", "ResNet", "1000", "10"),
        *result("1.1-2", "ResNet", "1200", "10"),
        *result("2.0-2", "ResNet", "1200", "10"),
    ]
    write(tmp_path / DATACENTER, rows)
    found = list(figures(_record(), tmp_path))
    numbers = [figure.number for figure in found]
    assert numbers == sorted(numbers, key=NUMBERS.index)
    both = {n for n in numbers if numbers.count(n) == 2}
    assert both == {"5a", "7", "9", "10"}
    (ours,) = figures(_record(), tmp_path, numbers=("5a",), bases=(Basis.RECORD,))
    line = next(one for one in ours.series if one.name == "ResNet-50")
    assert [p.y for p in line.points] == pytest.approx([1, 1.1])  # what is doubted is left out
    assert line.points[1].note.startswith("published as 1.200")
    (ten,) = figures(_record(), tmp_path, numbers=("10",), bases=(Basis.RECORD,))
    assert ten.notes[-1].startswith("published: 2 pairs by another definition")


def test_bars_of_another_system_are_told() -> None:
    (ours,) = figures(_record(), numbers=("7",), bases=(Basis.RECORD,))
    notes = {point.x: point.note for point in ours.series[0].points}
    assert "18.56 µJ is what 1.0-9002 gap9 v1.0 has" in notes["DS-CNN"]
    assert "5.250 µJ is what 1.0-9002 gap9 v1.0 has" in notes["Autoencoder"]
    assert "the other bars are of 1.0-9002 gap9 v1.0, which has 27.71 µJ" in notes["ResNet"]


def test_ratios_of_another_system_are_told() -> None:
    bert: dict[str, Any] = {"benchmark": "bert", "system": "station", "accelerators": 4.0}
    station = (
        entry("x", "v1.0", 6.0, target="99", public_id="1.0-74", **bert),
        entry("y", "v1.0", 6.0 * 0.4951, target="99.9", public_id="1.0-74", **bert),
    )
    record = Record((*_record().entries, *station))
    (ours,) = figures(record, numbers=("9",), bases=(Basis.RECORD,))
    (point,) = ours.series[1].points
    assert "0.495 is what 1.0-74 station v1.0 Offline has, 4 accelerators" in point.note


def test_without_a_record_there_is_what_is_published() -> None:
    assert {figure.basis for figure in figures(None)} == {Basis.PUBLISHED}
    assert list(figures(Record(()), bases=(Basis.RECORD,))) == []
    bare = replace(_record(), entries=())
    assert [f.number for f in figures(bare)] == ["6", "7", "9", "11a", "11b"]

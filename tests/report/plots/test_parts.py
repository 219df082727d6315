"""Text, axes, ends of lines, names of pictures, CSV, PNG."""

from __future__ import annotations

import csv
import io
import itertools
import struct
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.plots import made

from joulemark.analysis.figures.data import Basis, Kind, Point, Series
from joulemark.core.errors import MissingExtraError, UnavailableError
from joulemark.report.plots import png as png_room
from joulemark.report.plots.axes import drawable, log_ticks, number_axis
from joulemark.report.plots.dates import date_axis, iso_day
from joulemark.report.plots.layers import comparable, differences
from joulemark.report.plots.layout import ordered
from joulemark.report.plots.lines import spread
from joulemark.report.plots.page import figures_json, figures_page
from joulemark.report.plots.pictures import files, order, pictures, stem
from joulemark.report.plots.plot import plot
from joulemark.report.plots.points_csv import HEAD, points_csv, safe
from joulemark.report.plots.quantity import plain, quantity, tick_label  # fmt: skip
from joulemark.report.plots.text import fitted, width_of, wrapped


@pytest.mark.parametrize(
    ("label", "text", "unit", "factor", "suffix"),
    [
        ("mean power, W", "mean power", "W", 1.0, ""),
        ("Energy (MJ)", "Energy", "J", 1e6, ""),
        ("energy of a sample, mJ/sample", "energy of a sample", "J/sample", 1e-3, ""),
        ("Change of energy efficiency (%)", "Change of energy efficiency (%)", "", 1.0, "%"),
        ("time to train, min", "time to train, min", "", 1.0, "min"),
        ("efficiency, first = 1", "efficiency, first = 1", "", 1.0, ""),
        ("samples/J", "samples/J", "", 1.0, ""),
    ],
)  # fmt: skip
def test_units_of_labels(label: str, text: str, unit: str, factor: float, suffix: str) -> None:
    found = quantity(label)
    assert (found.text, found.unit, found.factor, found.suffix) == (text, unit, factor, suffix)


def test_numbers_for_people() -> None:
    assert [plain(v) for v in (0.0, 1.839, 10442.0, 4.1e9, 1e10, 2.5e-7, -3.2)] == [
        "0", "1.84", "10\u202f400", "4.10 G", "10.0 G", "2.5e−7", "−3.20",
    ]  # fmt: skip
    assert plain(float("nan")) == "nan"
    assert tick_label(0.02, "W") == "20 mW"
    assert tick_label(1.5, "") == "1.5"
    assert [tick_label(v, "") for v in (1e6, 1e10, 1e14, 1e16)] == ["1 M", "10 G", "100 T", "1e16"]
    assert tick_label(10_000.0, "") == "10\u202f000"
    assert quantity("energy, J").said(2.5e-5) == "25.0 µJ"


def test_ticks_of_logarithms() -> None:
    assert log_ticks(1e-6, 1e6, 6)[0] == pytest.approx([1e-6, 1e-3, 1.0, 1e3, 1e6])
    assert log_ticks(1.0, 4.0, 6)[0] == pytest.approx([1, 1.5, 2, 3, 4])
    assert log_ticks(1.0, 50.0, 6)[0] == pytest.approx([1, 2, 5, 10, 20, 50])


@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=9), st.booleans(), st.booleans())
def test_an_axis_holds_its_numbers(values: list[float], log: bool, zero: bool) -> None:
    axis = number_axis(values, "power, W", (300.0, 20.0), log=log, zero=zero, most=6)
    for value in values:
        assert 20 - 1e-6 <= axis(value) <= 300 + 1e-6
    assert 2 <= len(axis.ticks) <= 14
    assert len({text for _, text in axis.ticks}) == len(axis.ticks)


def test_dates_have_years_or_months() -> None:
    years = date_axis([17_900.0, 20_000.0], "published", (0.0, 500.0), 7)
    assert "2020" in [text for _, text in years.ticks]
    months = date_axis([20_000.0, 20_100.0], "published", (0.0, 500.0), 7)
    assert "Nov 2024" in [text for _, text in months.ticks]
    assert iso_day(20_000.0) == "2024-10-04"
    assert iso_day(1e12) == ""
    assert not drawable(None, log=False)


def test_rounds_are_ordered_and_other_names_are_not() -> None:
    assert ordered(["v4.0", "v10.1", "v3.1", "v4.0"]) == ["v3.1", "v4.0", "v10.1"]
    assert ordered(["tiny", "edge", "datacenter"]) == ["tiny", "edge", "datacenter"]


@given(st.lists(st.floats(0, 300), max_size=12))
def test_names_at_ends_stay_apart(wanted: list[float]) -> None:
    found = spread(sorted(wanted), 15.0, 10.0, 290.0)
    assert len(found) == len(wanted)
    assert all(b - a >= 15.0 - 1e-9 for a, b in itertools.pairwise(found))
    assert all(10.0 - 1e-9 <= at <= 290.0 + 1e-9 for at in found)


def test_names_that_are_apart_stay_where_they_are() -> None:
    assert spread([50.0, 100.0, 250.0], 15.0, 10.0, 290.0) == [50.0, 100.0, 250.0]
    assert spread([100.0, 100.0], 15.0, 10.0, 290.0) == [92.5, 107.5]


@given(st.text(max_size=60), st.floats(40, 300))
def test_wrapped_lines_fit(text: str, width: float) -> None:
    for line in wrapped(text, width, most=3):
        assert width_of(line) <= width + 13 or len(line) == 1
    assert len(wrapped(text, width, most=3)) <= 3


def test_what_is_cut_says_so() -> None:
    assert fitted("a long name indeed", 60.0).endswith("…")
    assert fitted("short", 60.0) == "short"


def test_csv_holds_every_point_as_it_is() -> None:
    data = made.figure_5a()
    rows = list(csv.DictReader(io.StringIO(points_csv([data, made.figure_5a(Basis.PUBLISHED)]))))
    assert tuple(rows[0]) == HEAD
    assert len(rows) == 2 * sum(len(s.points) for s in data.series)
    last = [r for r in rows if r["series"] == "ResNet-50" and r["x"] == "v4.1"]
    assert [(r["version"], float(r["y"])) for r in last] == [
        ("from the record", 1.839), ("as published", 3.058),
    ]  # fmt: skip
    training = list(csv.DictReader(io.StringIO(points_csv([made.figure_6()]))))
    assert training[0] == {
        "figure": "6", "version": "from the record", "series": "compute", "axis": "left", "x": "8",
        "at": "", "y": "11770000.0", "unit": "J", "u95": "706200.0", "absolute": "",
        "absolute_unit": "", "label": "", "keys": "", "sources": "", "note": "",
    }  # fmt: skip
    assert training[-1]["axis"] == "right"
    assert training[-1]["unit"] == "min"


def test_csv_has_keys_sources_absolute_values_and_dates() -> None:
    point = Point(y=1.8, at=20_000.0, absolute=327.5, u95=float("nan"), keys=("a", "b"),
                  sources=("x.csv:3",), note="shuffled rows", label="4.1-0049")  # fmt: skip
    data = replace(made.figure_1(), series=(Series(name="s", points=(point,), unit="samples/J"),))
    (row,) = csv.DictReader(io.StringIO(points_csv([data], [made.own()]).split("my server")[0]
                                        .rsplit("\n", 1)[0]))  # fmt: skip
    assert row["x"] == "2024-10-04"
    assert (row["absolute"], row["absolute_unit"]) == ("327.5", "samples/J")
    assert (row["keys"], row["sources"], row["u95"]) == ("a; b", "x.csv:3", "")


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe(text).startswith("'")
    point = Point(x=text, y=-1.0, label=text, note=text)
    data = replace(made.figure_2(), series=(Series(name=text, points=(point,)),))
    (row,) = csv.DictReader(io.StringIO(points_csv([data])))
    assert not any(
        row[k].startswith(("=", "+", "-", "@")) for k in ("series", "x", "label", "note")
    )
    assert row["y"] == "-1.0"


def test_pictures_of_two_versions() -> None:
    ours, theirs = made.figure_5a(), made.figure_5a(Basis.PUBLISHED)
    assert comparable(theirs, ours)
    (one,) = pictures([theirs], [ours])
    assert (one.name, one.against) == ("figure-5a", theirs)
    assert [(d.series, d.where, d.published, d.record) for d in one.differences] == [
        ("ResNet-50", "v4.1", 3.058, 1.839), ("DLRM-v2-99", "v4.1", 1.0, 1.53),
    ]  # fmt: skip
    other = replace(theirs, y_label="efficiency, inferences/J")
    apart = pictures([other], [ours])
    assert [p.name for p in apart] == ["figure-5a-published", "figure-5a-record"]
    assert [p.differences for p in apart] == [[], []]
    assert [p.name for p in pictures([], [made.figure_10(), made.figure_2()])] == [
        "figure-2", "figure-10",
    ]  # fmt: skip


def test_points_of_one_version_only_differ() -> None:
    ours, theirs = made.figure_2(), made.figure_2()
    theirs = replace(theirs, series=theirs.series[:1])
    assert [d.published for d in differences(theirs, ours)] == [None] * 4
    assert differences(ours, replace(ours, kind=Kind.HISTOGRAM)) == []


def test_names_of_files() -> None:
    assert stem("5a") == "figure-5a"
    assert stem("../x") == "figure----x"
    assert stem("") == "figure-x"
    assert sorted(["10", "5b", "2", "5a", "x"], key=order) == ["x", "2", "5a", "5b", "10"]
    names = [name for name, _ in files(pictures([], [made.figure_2()]))]
    assert names == ["figure-2.svg", "figure-2-column.svg", "figure-2.csv"]


def test_the_page_shows_all_with_numbers_and_differences() -> None:
    shown = pictures([made.figure_5a(Basis.PUBLISHED)], [made.figure_5a(), made.figure_10(1000)])
    page = figures_page(shown, made.EVIL, png=True)
    assert "<script>alert" not in page
    assert 'href="figure-5a-column.png"' in page
    assert "<strong>ResNet-50, v4.1</strong>: 3.058 as published, 1.839 from the record" in page
    assert "800 more points stand in the CSV file." in page
    assert "GPT-J at 69 tokens a sample." in page
    other = replace(made.figure_5a(Basis.PUBLISHED), y_label="efficiency, inferences/J")
    beside = figures_page(pictures([other], [made.figure_5a()]), "")
    assert beside.count('class="drawing beside"') == 2
    assert 'href="figure-5a-published.csv"' in beside
    assert figures_page([], "").count("There is no figure.") == 1


def test_json_has_no_numbers_that_are_none() -> None:
    data = replace(made.figure_2(), series=(Series(name="s", points=(Point(y=float("nan")),)),))
    shown = figures_json(pictures([], [data]))
    assert shown["figures"][0]["series"][0]["points"][0]["y"] is None
    both = figures_json(pictures([made.figure_5a(Basis.PUBLISHED)], [made.figure_5a()]))
    assert both["differences"][0]["published"] == 3.058


def test_png_without_the_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MissingExtraError, match=r"joulemark\[png\]"):
        png_room.png(plot(made.figure_2()))


class _Blank:
    """A renderer that finds no font."""

    @staticmethod
    def svg_to_bytes(**more: object) -> bytes:
        return b"blank"


def test_png_without_a_font_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", _Blank)
    with pytest.raises(UnavailableError, match="fonts-liberation"):
        png_room.png(plot(made.figure_2()))


@pytest.mark.parametrize(("width", "pixels"), [(360.0, 1050), (760.0, 2148)])
def test_png_is_300_dots_an_inch(width: float, pixels: int) -> None:
    pytest.importorskip("resvg_py")
    picture = png_room.png(plot(made.figure_2(), width))
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", picture[16:20])[0] == pytest.approx(pixels, abs=1)
    at = picture.index(b"pHYs")
    assert struct.unpack(">II", picture[at + 4 : at + 12]) == (11811, 11811)
    assert picture.count(b"IHDR") == 1

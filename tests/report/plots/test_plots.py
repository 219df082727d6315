"""Pictures of every kind: all inside, no text over other text, nothing hostile let through."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tests.report.plots import made

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.report.drawing import Drawing, Words, svg_file
from joulemark.report.plots.histogram import counts_of, edges_of
from joulemark.report.plots.layers import layers
from joulemark.report.plots.plot import NARROW, WIDE, plot
from joulemark.report.plots.text import box_of

Corners = np.ndarray[tuple[int, int], np.dtype[np.float64]]
WIDTHS = (WIDE, NARROW)


def overlaid(width: float) -> Drawing:
    published = made.figure_5a(Basis.PUBLISHED)
    return plot(made.figure_5a(), width, own=[made.own()], against=published)


def hostile(width: float) -> Drawing:
    data = made.figure_9()
    evil = tuple(replace(s, name=made.EVIL * 3) for s in data.series)
    points = tuple(replace(p, label=made.EVIL, note=made.EVIL * 20) for p in evil[0].points)
    points += (Point(x=made.EVIL, y=3.0, label=made.EVIL),)
    return plot(
        replace(
            data,
            number=made.EVIL,
            title=made.EVIL * 30,
            series=(replace(evil[0], points=points), evil[1]),
            x_label=made.EVIL * 9,
            y_label=made.EVIL * 9,
            marks=((made.EVIL, made.EVIL * 10), ("v2.0", made.EVIL)),
        ),
        width,
    )


def many(width: float) -> Drawing:
    names = [f"a benchmark with a very long name {n}" for n in range(60)]
    rows = [{x: 1.0 + k + n for n, x in enumerate(names)} for k in range(15)]
    series = [made.series(f"system {k}", row) for k, row in enumerate(rows)]
    data = replace(made.figure_9(), kind=Kind.LINES, series=tuple(series))
    return plot(data, width)


def drawn(make: Callable[[], FigureData], width: float) -> Drawing:
    return plot(make(), width)


def changed(data: FigureData, factor: float) -> FigureData:
    """Return another version: the first series times a factor, with other names in histograms."""
    first, *rest = data.series
    points = tuple(replace(p, y=p.y * factor, note="other") for p in first.points)
    name = f"{len(points)} pairs" if data.kind is Kind.HISTOGRAM else first.name
    series = (replace(first, name=name, points=points), *rest)
    return replace(data, basis=Basis.PUBLISHED, series=series)


def against(make: Callable[[], FigureData], width: float) -> Drawing:
    points = tuple(replace(p, y=0.7 * p.y) for p in make().series[0].points)
    mine = Series(name="mine", points=points)
    return plot(make(), width, own=[mine], against=changed(make(), 1.3))


def rounds_by_date(width: float) -> Drawing:
    """Return lines whose points have names and dates; the other version has other dates."""
    data = made.figure_5a()
    days = {name: 18_000.0 + 170 * n for n, name in enumerate(made.ROUNDS)}

    def dated(of: FigureData, shift: float) -> FigureData:
        series = (
            replace(s, points=tuple(replace(p, at=days[p.x] + shift) for p in s.points))
            for s in of.series
        )
        return replace(of, series=tuple(series))

    return plot(dated(data, 0.0), width, against=dated(made.figure_5a(Basis.PUBLISHED), 9.0))


PICTURES: dict[str, Callable[[float], Drawing]] = {
    **{name: partial(drawn, make) for name, make in made.ALL.items()},
    "overlaid": overlaid,
    "rounds by date": rounds_by_date,
    **{f"{name} over another": partial(against, make) for name, make in made.ALL.items()},
    "hostile": hostile,
    "many": many,
}


def corners(words: Words) -> Corners:
    """Return the corners of a line of text, turned about its point."""
    box = box_of(words.x, words.y, words.text, words.of, words.anchor)
    plain = np.array([(box.left, box.top), (box.right, box.top), (box.right, box.bottom),
                      (box.left, box.bottom)])  # fmt: skip
    turn, about = math.radians(words.turn), np.array((words.x, words.y))
    spin = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return (plain - about) @ spin + about  # type: ignore[no-any-return]


def apart(one: Corners, other: Corners) -> bool:
    """Return whether two turned rectangles do not overlap (separating axes)."""
    for shape in (one, other):
        for edge in (shape[1] - shape[0], shape[2] - shape[1]):
            a, b = one @ edge, other @ edge
            if a.max() <= b.min() + 1e-6 or b.max() <= a.min() + 1e-6:
                return True
    return False


def numbers(drawing: Drawing) -> Iterator[tuple[float, float]]:
    """Yield the absolute places of all paths."""
    for curve in drawing.curves:
        for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", curve.d):
            yield float(x), float(y)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PICTURES)
def test_text_is_inside_and_does_not_overlap(name: str, width: float) -> None:
    drawing = PICTURES[name](width)
    boxes = [(words.text, corners(words)) for words in drawing.words]
    for text, box in boxes:
        assert box.min() >= 0, text
        assert box[:, 0].max() <= drawing.width, text
        assert box[:, 1].max() <= drawing.height, text
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        assert apart(a, b), (one, other)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PICTURES)
def test_shapes_are_inside(name: str, width: float) -> None:
    drawing = PICTURES[name](width)
    assert drawing.width == width
    for x, y in numbers(drawing):
        assert -1 <= x <= drawing.width + 1
        assert -1 <= y <= drawing.height + 1
    for stroke in drawing.strokes:
        assert 0 <= min(stroke.x1, stroke.x2) <= max(stroke.x1, stroke.x2) <= drawing.width
        assert 0 <= min(stroke.y1, stroke.y2) <= max(stroke.y1, stroke.y2) <= drawing.height
    assert drawing.height < 1.6 * WIDE


@pytest.mark.parametrize("name", PICTURES)
def test_a_file_is_well_formed_and_says_what_it_shows(name: str) -> None:
    drawing = PICTURES[name](WIDE)
    text = svg_file(drawing)
    root = ET.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title") is not None
    described = root.find(f"{space}desc")
    assert described is not None
    assert described.text
    assert "var(" not in text
    assert "<script" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "prefers-color-scheme: dark" in text


def test_one_theme_alone() -> None:
    drawing = plot(made.figure_2())
    light, dark = svg_file(drawing, "light"), svg_file(drawing, "dark")
    assert "#0754c6" in light
    assert "#0754c6" not in dark
    assert "@media" not in light + dark


EMPTY = FigureData(
    number="0", title="Nothing", basis=Basis.RECORD, kind=Kind.LINES, series=(), x_label="round",
    y_label="samples/J",
)  # fmt: skip
LONE = Series(name="alone", points=(Point(x="v1.0", at=1.0, y=2.0),))
NAN = Series(
    name="gaps",
    points=tuple(Point(x=f"v{n}.0", at=float(n), y=y, u95=math.nan)
                 for n, y in enumerate((1.0, math.nan, 3.0, math.inf, -1.0, 0.0))),
)  # fmt: skip


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("kind", Kind)
def test_nothing_one_point_and_gaps(kind: Kind, *, log: bool) -> None:
    for series in ((), (LONE,), (NAN,), (NAN, LONE), (Series(name="none", points=()),)):
        data = replace(EMPTY, kind=kind, series=series, log_y=log, log_x=log)
        for width in WIDTHS:
            text = svg_file(plot(data, width))
            ET.fromstring(text)
            assert not re.search(r"nan|inf[^o]", text.partition("</style>")[2])
            if not series or not series[0].points:
                assert "There is no point to draw." in text


def test_extreme_numbers() -> None:
    for values in ((1e-300, 1e300), (1e-12, 1e12), (5.0, 5.0), (-3.0, -3.0), (0.0, 0.0)):
        points = tuple(Point(x=str(n), at=v, y=v, u95=1.0) for n, v in enumerate(values))
        for kind, log in itertools.product(Kind, (False, True)):
            data = replace(EMPTY, kind=kind, log_y=log, log_x=log, y_label="power, W",
                           series=(Series(name="s", points=points),))  # fmt: skip
            for width in WIDTHS:
                ET.fromstring(svg_file(plot(data, width)))


def test_dates_far_away() -> None:
    for at in (-1e9, 1e9, 0.0):
        data = replace(EMPTY, dates=True, series=(Series(name="s", points=(Point(at=at, y=1.0),)),))
        ET.fromstring(svg_file(plot(data)))


def test_a_histogram_counts_all_of_a_thousand() -> None:
    data = made.figure_10(1000)
    (layer,) = layers(data)
    edges = edges_of([layer], data)
    counts = counts_of(layer, edges)
    values = [p.y for p in data.series[0].points]
    assert sum(counts) == 1000
    assert counts == np.histogram(values, edges)[0].tolist()
    assert 8 <= len(counts) <= 40
    drawing = plot(data)
    bars = [c for c in drawing.curves if c.of == "fill1 bar" and c.title]
    assert len(bars) == sum(n > 0 for n in counts)
    assert any(w.text.startswith("median ") for w in drawing.words)


def test_values_on_the_edges_of_bins() -> None:
    points = tuple(Point(y=v) for v in (0.0, 0.1, 0.2, 0.30000000000000004, 0.3, 1.0))
    data = replace(EMPTY, kind=Kind.HISTOGRAM, series=(Series(name="s", points=points),))
    (layer,) = layers(data)
    assert sum(counts_of(layer, edges_of([layer], data))) == 6


def test_units_are_real() -> None:
    texts = {words.text for words in plot(made.figure_2()).words}
    assert {"10 mW", "1 W", "100 W", "10 kW", "1 MW", "507 µW", "498 kW", "mean power"} <= texts
    texts = {words.text for words in plot(made.figure_6()).words}
    assert {"energy to train, MJ", "45.8 MJ", "70.1 MJ", "time to train, min"} <= texts


def test_lines_are_named_at_their_ends() -> None:
    texts = [words.text for words in plot(made.figure_5a()).words]
    assert "ResNet-50 1.84" in texts
    assert "Llama2-70B-99.9 1.37" in texts
    narrow = [words.text for words in plot(made.figure_5a(), NARROW).words]
    assert "ResNet-50" in narrow


def test_series_can_be_told_apart_without_colour() -> None:
    drawn = layers(replace(EMPTY, series=tuple(Series(name=str(n), points=()) for n in range(42))))
    assert len({(layer.shape, layer.line) for layer in drawn}) == 42
    assert len({layer.shape for layer in drawn[:7]}) == 7


def test_what_differs_is_ringed_and_numbered() -> None:
    drawing = overlaid(WIDE)
    rings = [curve for curve in drawing.curves if curve.of == "ring"]
    assert len(rings) == 4  # ResNet-50 and DLRM-v2-99 at v4.1, twice each
    assert {"1", "2"} <= {words.text for words in drawing.words if words.of == "flag"}
    assert any("as published" in words.text for words in drawing.words)
    assert any("stars: own runs" in words.text for words in drawing.words)


@pytest.mark.parametrize("draw", [lambda: plot(made.figure_5a()), lambda: rounds_by_date(WIDE)])
def test_breaks_stand_before_their_round(draw: Callable[[], Drawing]) -> None:
    drawing = draw()
    lines = [c for c in drawing.curves if c.of == "break"]
    flags = [w.text for w in drawing.words if w.of == "flag"]
    assert flags[:2] == ["a", "b"]
    at = {w.text: w.x for w in drawing.words if re.fullmatch(r"v\d\.\d", w.text)}
    where = [float(c.d[1:].split()[0]) for c in lines]
    assert where[0] == pytest.approx((at["v1.1"] + at["v2.0"]) / 2, abs=0.1)
    assert where[1] == pytest.approx((at["v4.0"] + at["v4.1"]) / 2, abs=0.1)
    assert any("GPT-J and Llama2 count tokens" in w.text for w in drawing.words)


def test_a_break_at_a_number() -> None:
    data = replace(made.figure_1(), marks=(("18000", "new rules"), ("never", "nowhere")))
    assert sum(c.of == "break" for c in plot(data).curves) == 1


def test_another_version_of_bars_shows_only_what_differs() -> None:
    drawing = against(made.figure_9, WIDE)
    ghosts = [c for c in drawing.curves if c.of.endswith("ghost")]
    assert len(ghosts) == 6  # of twelve
    same = plot(made.figure_9(), against=replace(made.figure_9(), basis=Basis.PUBLISHED))
    assert not [c for c in same.curves if c.of.endswith("ghost")]
    assert any("as published: the same" in w.text for w in same.words)


def test_another_version_of_a_histogram_is_an_outline() -> None:
    drawing = against(made.figure_10, WIDE)
    assert [c.title for c in drawing.curves if c.of == "outlineown ghost"] == ["150 pairs"]
    assert "150 pairs (dotted)" in {w.text for w in drawing.words}


def test_textures_tell_areas_apart() -> None:
    six = tuple(Series(name=str(n), points=(Point(x="a", y=9.0),)) for n in range(5))
    drawing = plot(replace(made.figure_9(), series=six))
    textures = [c.d for c in drawing.curves if c.of == "texture"]
    assert len(textures) == 2 * 4  # beside the plain one, in the key and in the plot


def test_intervals_are_drawn_where_they_are_known() -> None:
    assert sum(c.of == "error" for c in plot(made.figure_9()).curves) == 6
    assert not [c for c in plot(made.figure_5a()).curves if c.of == "error"]
    hints = [c.title for c in plot(made.figure_9()).curves if c.title]
    assert "99 %, v1.0: 7.760 samples/J ± 0.16 samples/J" in hints or any("±" in h for h in hints)

"""Table, page and pictures across all scales."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

import pytest

from joulemark.analysis.scales import Basis, LeftOut, Point, Scale, Scales, scales
from joulemark.analysis.trained import Trained, by_benchmark
from joulemark.core.value import Source, Term, Value
from joulemark.report.figures import scale_power, trained
from joulemark.report.scales import (
    efficiency,
    figure,
    print_scales,
    scales_json,
    span,
    trained_rows,
    unread,
)
from joulemark.report.scales_page import drawn, scales_page, scales_svgs

EVIL = "<script>alert(1)</script>\x1b[31m"


def point(scale: Scale, watts: float, joules: float, unit: str, **more: str) -> Point:
    basis = Basis(more.pop("basis", "logs"))
    return Point(
        scale=scale,
        why=more.pop("why", "a result of MLPerf"),
        basis=basis,
        name=more.pop("name", f"{scale} of {watts:g} W"),
        power=Value(watts, "W"),
        energy=Value(joules, f"J/{unit}"),
        unit=unit,
    )


def all_scales() -> Scales:
    own = Value(2e-4, "J/inference").plus(Source(Term.GAIN, "meter"), 2e-6)
    tiny = Point(
        scale=Scale.TINY, why="the procedure tiny", basis=Basis.MEASURED, name="my board",
        power=Value(0.038, "W"), energy=own, unit="inference",
    )  # fmt: skip
    return scales(
        [
            tiny,
            point(Scale.TINY, 5.07e-4, 5.252e-6, "inference", basis="published"),
            point(Scale.EDGE, 8.2, 0.0153, "query"),
            point(Scale.DATACENTER, 483, 0.0353, "query"),
            point(Scale.DATACENTER, 9566, 7.659, "token", name=EVIL),
            point(Scale.TRAINING, 5702, 1.843e6, "run"),
            point(Scale.TRAINING, 498e3, 1.699e9, "run"),
        ],
        LeftOut(doubtful=1, copies=2),
    )


def one(size: int | None, compute: float, interconnect: float, seconds: float) -> Trained:
    return Trained(
        benchmark="llama2_70b_lora",
        name=f"v4.0 of {size}",
        accelerators=size,
        seconds=seconds,
        compute_j=compute,
        interconnect_j=interconnect,
        in_run_j=1.01 * (compute + interconnect),
        in_run_u95=0.06 * compute,
        interconnect_in_run_j=interconnect or 2e5,
    )


GROUPS = by_benchmark(
    [
        one(8, 11.77e6, 0.0, 1746.0),
        one(64, 15.08e6, 5.302e6, 329.3),
        one(512, 38.636e6, 7.201e6, 120.9),
        one(None, 16e6, 0.0, 295.5),
    ]
)


def printed(found: Scales) -> str:
    out = io.StringIO()
    print_scales(found, GROUPS, out)
    return out.getvalue()


def test_a_table_of_80_columns_with_the_digits_of_every_scale() -> None:
    text = printed(all_scales())
    assert max(map(len, text.splitlines())) <= 80
    for said in ("507 µW–38.0 mW", "5.25 µJ–200 µJ", "5 000–190 000/J", "1.84 MJ–1.70 GJ",
                 "5.70 kW–498 kW", "0.000589–0.543/MJ", "200.0 ± 3.9 µJ", "11.77 MJ"):  # fmt: skip
        assert said in text.replace("\u202f", " "), said
    assert "\x1b" not in text
    assert "2 copies of a measurement and 1 result that a rule calls wrong" in text
    assert "not MLPerf results" in text


def test_an_empty_store_says_so() -> None:
    text = printed(Scales((), LeftOut(rehearsals=1)))
    assert "holds no result" in text
    assert "1 rehearsal with instruments in software" in text
    page = scales_page(Scales(()), {}, "store")
    assert "The store holds no result" in page
    assert scales_svgs(Scales(()), {}) == {}


def test_a_range_of_one_value_is_told_once() -> None:
    (row,) = scales([point(Scale.EDGE, 8.2, 0.0153, "query")]).rows
    assert row.power is not None
    assert span(row.power, "W") == "8.20 W"
    assert efficiency(row.energies["query"]) == "65.4/J"
    assert figure(row.power.least) == "8.200 W"
    assert "8.200 W" in printed(scales([point(Scale.EDGE, 8.2, 0.0153, "query")]))


def test_a_scale_without_power_or_work_is_a_row_still() -> None:
    bare = Point(scale=Scale.EDGE, why="", basis=Basis.LOGS, name="")
    assert "edge" in printed(scales([bare]))
    assert scale_power.power_drawing(scales([bare]).rows) is None


def test_json_holds_every_end_with_its_basis() -> None:
    found = scales_json(all_scales(), GROUPS)
    tiny = found["scales"][0]
    assert tiny["from"] == {"measured": 1, "published": 1}
    assert tiny["power_w"]["least"] == {
        "value": 5.07e-4, "u95": None, "from": "published", "name": "tiny of 0.000507 W"
    }  # fmt: skip
    most = tiny["energy_j"]["inference"]["greatest"]
    assert (most["value"], most["from"]) == (2e-4, "measured")
    assert most["u95"] == pytest.approx(3.92e-6, rel=1e-3)
    assert [each["accelerators"] for each in found["training"]] == [8, 64, 512, None]
    left_out = {"copies": 2, "doubtful": 1, "implausible": 0, "silent": 0, "rehearsals": 0}
    assert found["left_out"] == left_out | {"gpus_alone": 0}


def test_a_switch_that_was_read_is_told() -> None:
    (of_eight, unknown) = list(unread(GROUPS))
    assert "counts 0 J, in the run it is 200.0 kJ" in of_eight
    assert unknown
    assert [row[-2] for row in trained_rows(GROUPS, 60)] == ["–", "5.302 MJ", "7.201 MJ", "–"]


@pytest.mark.parametrize("width", [scale_power.WIDE, scale_power.NARROW])
def test_pictures_stay_within_their_borders(width: float) -> None:
    drawings = [
        scale_power.power_drawing(all_scales().rows, width),
        trained.trained_drawing(GROUPS["llama2_70b_lora"], width),
    ]
    for drawing in drawings:
        assert drawing is not None
        for dot in drawing.dots:
            assert 0 <= dot.x <= drawing.width
            assert 0 <= dot.y <= drawing.height
        for rect in drawing.rects:
            assert 0 <= rect.x <= rect.x + rect.width <= drawing.width
        for words in drawing.words:
            length = 6.3 * len(words.text)
            begin = {"start": 0.0, "middle": length / 2, "end": length}[words.anchor]
            assert words.x - begin >= -1, words.text
            assert words.x - begin + length <= drawing.width + 1, words.text


def test_the_power_axis_is_logarithmic_with_real_units() -> None:
    drawing = scale_power.power_drawing(all_scales().rows)
    assert drawing is not None
    labels = {words.text: words.x for words in drawing.words if words.anchor == "middle"}
    assert {"1 mW", "1 W", "1 kW", "1 MW"} <= labels.keys()
    steps = [labels["1 W"] - labels["1 mW"], labels["1 MW"] - labels["1 kW"]]
    assert steps[0] == pytest.approx(steps[1])
    hollow = [dot for dot in drawing.dots if "published" in dot.of]
    assert len(hollow) == 1


def test_bars_are_as_long_as_their_energy() -> None:
    drawing = trained.trained_drawing(GROUPS["llama2_70b_lora"])
    assert drawing is not None
    compute = [rect.width for rect in drawing.rects if rect.of == "compute" and rect.title]
    assert compute[1] / compute[0] == pytest.approx(15.08 / 11.77, rel=1e-6)
    switches = [rect.width for rect in drawing.rects if rect.of == "interconnect" and rect.title]
    assert switches[1] / compute[2] == pytest.approx(7.201 / 38.636, rel=1e-6)
    texts = [words.text for words in drawing.words]
    assert "15.08 MJ + 5.302 MJ" in texts
    assert "29.10 min" in texts
    assert trained.trained_drawing([one(None, 1e6, 0.0, 60.0)]) is None


def test_short_and_long_trainings_have_readable_times() -> None:
    drawing = trained.trained_drawing([one(1, 1e3, 0.0, 20.0), one(2, 2e3, 0.0, 30_000.0)])
    assert drawing is not None
    texts = [words.text for words in drawing.words]
    assert "20.0 s" in texts
    axis = [words.text for words in drawing.words if words.anchor == "middle"]
    assert {text.rpartition(" ")[2] for text in axis} >= {"s", "min", "h"}


def test_the_page_is_safe_and_whole() -> None:
    page = scales_page(all_scales(), GROUPS, f"store {EVIL}")
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert page.count("<svg") == 4
    assert len(set(re.findall(r'id="([^"]+)"', page))) == len(re.findall(r'id="([^"]+)"', page))


def test_files_of_their_own_are_well_formed_and_dark_too() -> None:
    files = scales_svgs(all_scales(), GROUPS)
    assert set(files) == {"power-by-scale.svg", "training-energy-llama2-70b-lora.svg"}
    for text in files.values():
        root = ET.fromstring(text)  # our own
        assert root.tag.endswith("svg")
        assert "prefers-color-scheme: dark" in text
        assert "<script" not in text


def test_only_benchmarks_of_several_sizes_are_drawn_where_there_are_any() -> None:
    single = {"bert": [one(8, 1e6, 0.0, 60.0)]}
    assert list(drawn(single)) == ["bert"]
    assert list(drawn({**single, **GROUPS})) == ["llama2_70b_lora"]
    assert drawn({"bert": [one(None, 1e6, 0.0, 60.0)]}) == {}

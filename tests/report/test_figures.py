from __future__ import annotations

import itertools
import math
import re
from typing import Any

import numpy as np
import pytest
from tests.report.build import (
    START,
    channel,
    counter,
    empty,
    killed,
    made,
    many_gpus,
    run_of,
    steady,
    unread,
    window,
)
from tests.report.demo import demo

from joulemark.core.channel import Accuracy, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.window import Role, Work
from joulemark.report.figures.budget import budget
from joulemark.report.figures.learning import charts, epochs_of
from joulemark.report.figures.parts import bars
from joulemark.report.figures.repeats import repeats
from joulemark.report.figures.timeline import MOST_LINES, POWER_HEIGHT, timeline
from joulemark.report.nesting import idle_watts, nested


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


def test_the_timeline_shades_the_windows() -> None:
    made_of = demo()
    drawn = timeline(made_of.run, made_of.traces, made_of.results)
    assert drawn is not None
    assert [band.label for band in drawn.bands] == [
        "idle 1", "warm-up", "train 1", "train 2", "train 3", "idle 2",
    ]  # fmt: skip
    assert [band.role for band in drawn.bands][:3] == ["idle", "warm-up", "measure"]
    assert drawn.span_s == pytest.approx(252, abs=0.2)
    assert drawn.bands[0].left == pytest.approx(100 * 1 / 252, rel=1e-2)
    assert drawn.bands[2].width == pytest.approx(100 * 61 / 252, rel=1e-2)
    assert [panel.name for panel in drawn.panels] == [
        "Power", "Utilisation", "Busy hardware threads", "Memory", "Temperature",
    ]  # fmt: skip


def test_lines_lie_where_their_values_are() -> None:
    made_of = demo()
    drawn = timeline(made_of.run, made_of.traces, made_of.results)
    assert drawn is not None
    power = drawn.panels[0]
    assert power.unit == "W"
    assert (power.low, power.high) == (0.0, 400.0)
    gpu = next(line for line in power.lines if line.label == "gpu-0")
    inside = [y for x, y in points(gpu.path) if 50 / 252 * 1000 < x < 100 / 252 * 1000]
    per_watt = (POWER_HEIGHT - 1 - power.top) / 400.0
    watts = (POWER_HEIGHT - 1 - sum(inside) / len(inside)) / per_watt
    assert watts == pytest.approx(312, rel=0.03)
    assert all(-0.01 <= x <= 1000.01 for x, _ in points(gpu.path))


def test_a_part_has_one_colour_in_all_panels() -> None:
    made_of = demo()
    drawn = timeline(made_of.run, made_of.traces, made_of.results)
    assert drawn is not None
    seen: dict[str, set[tuple[int, str]]] = {}
    for panel in drawn.panels:
        marks = [(line.colour, line.dash) for line in panel.lines]
        assert len(set(marks)) == len(marks), panel.name
        for line in panel.lines:
            seen.setdefault(line.label, set()).add((line.colour, line.dash))
    assert len(seen["gpu-0"]) == 1
    bar_colours = bars(made_of.results)
    assert bar_colours is not None
    assert dict(bar_colours.legend)["gpu-0"] == next(iter(seen["gpu-0"]))[0]


def test_utilisation_ends_at_100_and_temperature_does_not_start_at_zero() -> None:
    made_of = demo()
    drawn = timeline(made_of.run, made_of.traces, made_of.results)
    assert drawn is not None
    named = {panel.name: panel for panel in drawn.panels}
    assert named["Utilisation"].high == 100.0
    assert named["Temperature"].low > 0
    assert named["Memory"].unit == "GiB"
    assert "gpu-0 from" in named["Power"].summary
    over = timeline(unread().run, unread().traces, [])
    assert over is not None
    assert over.panels[0].high > 100


def test_too_many_lines_are_named_instead() -> None:
    made_of = many_gpus(11, 2)
    drawn = timeline(made_of.run, made_of.traces, made_of.results)
    assert drawn is not None
    assert len(drawn.panels[0].lines) == MOST_LINES
    assert drawn.panels[0].left_out == [f"node1 gpu-{n}" for n in range(7, 11)]


def test_no_time_no_timeline() -> None:
    assert timeline(empty().run, {}, []) is None
    lone = channel("gpu-0", Domain.GPU, Quantity.UTILISATION)
    trace = Trace.of(lone, [START, START], [1.0, 1.0])
    assert timeline(run_of(), {"x": trace}, []) is None


def test_windows_without_samples_are_drawn_too() -> None:
    run = run_of([window("train", 1, 11), window("train", 12, 22)])
    drawn = timeline(run, {}, [])
    assert drawn is not None
    assert drawn.panels == []
    assert [band.label for band in drawn.bands] == ["train 1", "train 2"]


def test_a_killed_run_is_drawn_to_its_last_sample() -> None:
    made_of = killed()
    drawn = timeline(made_of.run, made_of.traces, made_of.results)
    assert drawn is not None
    assert drawn.span_s == pytest.approx(30.0)
    assert drawn.bands[1].left + drawn.bands[1].width == pytest.approx(100.0)


def test_negative_power_is_drawn_below_zero() -> None:
    of = channel("board", Domain.BOARD, Quantity.POWER, floor=None)
    seconds = np.arange(0, 5, 0.1)
    trace = Trace.of(of, START + (seconds * NS).astype(np.int64), np.sin(seconds) * 1e-4)
    drawn = timeline(run_of(), {"x": trace}, [])
    assert drawn is not None
    assert drawn.panels[0].low < 0
    assert drawn.panels[0].unit == "µW"


def test_a_million_samples_make_a_small_picture() -> None:
    count = 1_000_000
    of = channel("node", Domain.NODE, Quantity.POWER)
    time = START + np.arange(count, dtype=np.int64) * 10**6
    value = np.random.default_rng(3).normal(100, 5, count)
    value[654_321] = 1000.0
    drawn = timeline(run_of(), {"x": Trace.of(of, time, value)}, [])
    assert drawn is not None
    path = drawn.panels[0].lines[0].path
    assert len(path) < 100_000
    assert min(y for _, y in points(path)) == pytest.approx(6, abs=0.1)
    assert (drawn.panels[0].high, drawn.panels[0].unit) == (1.0, "kW")


def test_repeats_are_dots_with_intervals() -> None:
    drawn = repeats(demo().results[2])
    assert drawn is not None
    assert [dot.label for dot in drawn.dots] == ["1", "2", "3"]
    for dot in drawn.dots:
        assert 0 <= dot.low <= dot.near <= dot.at <= dot.far <= dot.high <= 100
        assert "mJ/sample" in dot.text
    assert drawn.unit == "mJ/sample"
    assert drawn.mean is not None
    assert drawn.left < drawn.mean < drawn.left + drawn.width
    assert "3 windows of train" in drawn.summary


def test_repeats_without_work_are_watts() -> None:
    drawn = repeats(steady().results[0])
    assert drawn is not None
    assert drawn.unit == "W"
    assert drawn.mean is None
    assert repeats(unread().results[0]) is None
    assert repeats(demo().results[1]) is None


def test_windows_without_work_are_no_dots() -> None:
    windows = [window("a", n, n + 9, work=Work(10 if n < 30 else 0, "sample")) for n in (1, 11, 31)]
    result = made(run_of(windows), [counter(channel("p", Domain.PACKAGE), 60)]).results[0]
    drawn = repeats(result)
    assert drawn is not None
    assert [dot.label for dot in drawn.dots] == ["1", "2"]


def test_bars_stack_what_is_added_and_nest_what_is_inside() -> None:
    drawn = bars(demo().results)
    assert drawn is not None
    assert [bar.phase for bar in drawn.bars] == ["idle", "warm-up", "train"]
    train = drawn.bars[2].segments
    added = [segment for segment in train if segment.depth == 0]
    assert [segment.label for segment in added] == ["package-0", "dram-0", "gpu-0", "gpu-1"]
    for one, other in itertools.pairwise(added):
        assert one.left + one.width == pytest.approx(other.left, abs=0.01)
    core = next(segment for segment in train if segment.label == "core-0")
    assert core.depth == 1
    assert core.left == added[0].left
    assert core.width < added[0].width
    assert drawn.bars[2].depth == 1


def test_no_bars_where_nothing_was_read() -> None:
    assert bars(unread().results) is None
    assert bars([]) is None


def test_nesting_puts_each_part_after_its_container() -> None:
    windows = [window("train", 1, 11)]
    parts = [
        channel("gpu-10", Domain.GPU),
        channel("gpu-2", Domain.GPU),
        channel("core-0", Domain.CORE, parent="package-0"),
        channel("package-0", Domain.PACKAGE),
        channel("wall", Domain.WALL),
    ]
    result = made(run_of(windows), [counter(part, 20) for part in parts]).results[0]
    assert [(part.channel.part, depth) for part, depth in nested(result.parts)] == [
        ("wall", 0), ("package-0", 1), ("core-0", 2), ("gpu-2", 1), ("gpu-10", 1),
    ]  # fmt: skip


def test_idle_power_is_weighted_by_length() -> None:
    watts = idle_watts(demo().results)
    assert watts["localhost", "package-0"] == pytest.approx(38, rel=0.02)
    assert idle_watts(demo().results[2:]) == {}


def test_the_budget_has_every_term_once() -> None:
    drawn = budget(demo().results[2])
    assert drawn is not None
    assert drawn.figure == "energy per sample"
    assert sum(row.share for row in drawn.rows) == pytest.approx(1.0)
    assert [row.share for row in drawn.rows] == sorted((r.share for r in drawn.rows), reverse=True)
    idle = budget(demo().results[0])
    assert idle is not None
    assert idle.figure == "energy"
    assert budget(unread().results[0]) is None


def test_a_budget_of_nothing() -> None:
    windows = [window("a", 1, 11, Role.MEASURE, Work(1, "run"))]
    zero = counter(channel("p", Domain.PACKAGE, accuracy=Accuracy(offset_w=1.0)), 20, watts=0.0)
    drawn = budget(made(run_of(windows), [zero]).results[0])
    assert drawn is not None
    assert drawn.relative == "–"


EPOCHS = [
    {"epoch": n, "loss": 2.0 / n, "test_loss": 2.5 / n, "accuracy": 0.5 + n / 10}
    for n in range(1, 4)
]


def test_learning_is_drawn_by_epoch() -> None:
    name, found = epochs_of({"test": {"accuracy": 0.9}, "epochs": EPOCHS})
    assert name == "epochs"
    loss, accuracy = charts(found)
    assert [curve.label for curve in loss.curves] == ["loss", "test loss"]
    assert len(loss.curves[0].points) == 3
    assert (accuracy.unit, accuracy.ticks[-1][1]) == ("%", "80")
    assert [label for _, label in loss.epochs] == ["1", "2", "3"]
    assert "loss from 2 to 0.6667" in loss.summary


@pytest.mark.parametrize(
    "results",
    [
        {},
        {"epochs": []},
        {"epochs": [3, 4]},
        {"epochs": [{"loss": 1.0}]},
        {"epochs": [{"epoch": True}]},
        {"epochs": {"epoch": 1}},
    ],
)
def test_what_is_not_epochs_is_not_drawn(results: dict[str, object]) -> None:
    assert epochs_of(results) == ("", [])


def test_odd_epochs_are_left_out() -> None:
    odd: list[dict[str, Any]] = [
        {"epoch": 1, "loss": "high"},
        {"epoch": 2, "loss": math.nan},
        {"epoch": 3, "loss": 1.0},
    ]
    assert charts(odd) == []
    flat = charts([{"epoch": n, "loss": 0.0} for n in (1, 2)])
    assert len(flat) == 1
    many = charts([{"epoch": n, "loss": 1 / n} for n in range(1, 200)])
    assert many[0].curves[0].points == []

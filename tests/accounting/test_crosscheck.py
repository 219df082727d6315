"""Meters against each other: what balances is left alone, each impossible thing is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.balance import Balance, Verdict
from joulemark.accounting.crosscheck import CrossCheck
from joulemark.accounting.implausible import unit_of_readings
from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.core.caution import Code
from joulemark.core.channel import Accuracy, Domain, Instrument, Provenance, Quantity
from joulemark.core.trace import Trace
from joulemark.core.value import Term
from joulemark.core.window import Role

from .build import at, counter, exact, part, steady, trace, window
from .machine import (
    BOARD_W,
    CHANNELS,
    CLASS,
    LOSSES,
    WINDOWS,
    also,
    busy,
    record,
    results,
    seconds,
    train,
    truth,
    utilisation,
)

ALL = tuple(CHANNELS)
TRUTH = truth(seconds())


def codes(result: PhaseResult) -> set[Code]:
    """What was found."""
    return {finding.code for finding in result.crosscheck.findings}


def balance(result: PhaseResult, name: str) -> Balance:
    """The balance of a part."""
    (found,) = [b for b in result.crosscheck.balances if b.whole.part == name]
    return found


def details(result: PhaseResult, code: Code) -> str:
    """What was seen."""
    return "; ".join(f.detail for f in result.crosscheck.findings if f.code is code)


# ------------------------------------------------------------------------------ the balance


def test_honest_meters_balance_and_nothing_is_found() -> None:
    found = results([*map(record, ALL), busy(), utilisation()])
    for result in found.values():
        assert not result.crosscheck.findings
        assert not codes(result) & {caution.code for caution in result.cautions}
    train = found["train"]
    assert [b.whole.part for b in train.crosscheck.balances] == ["package-0", "node", "wall"]
    node = balance(train, "node")
    assert [channel.part for channel in node.parts] == ["package-0", "gpu-0", "gpu-1"]
    assert node.rest_w.value == pytest.approx(BOARD_W, abs=0.2)
    assert node.share == pytest.approx(BOARD_W / node.whole_w.value, abs=1e-3)
    assert node.verdict is Verdict.REST
    assert node.may_hold == ("memory", "board, disks, fans and network cards")
    assert balance(train, "wall").may_hold == ("losses of the power supply",)
    assert balance(train, "package-0").may_hold == (
        "graphics of the processor",
        "caches and memory controller",
    )


def test_a_sum_has_nothing_twice() -> None:
    """The cores lie in the package, the package in the node: the wall holds the node alone."""
    found = train(*ALL)
    assert balance(found, "wall").sum_w.value == pytest.approx(balance(found, "node").whole_w.value)
    without_package = train("node", "core-0", "gpu-0")
    node = balance(without_package, "node")
    assert [channel.part for channel in node.parts] == ["core-0", "gpu-0"]
    assert "processor" in node.may_hold


def test_what_a_rest_may_be_follows_from_what_was_read() -> None:
    wall = balance(train("wall", "gpu-0"), "wall")
    assert wall.may_hold == (
        "board, disks, fans and network cards",
        "processor",
        "memory",
        "losses of the power supply",
    )
    no_gpu = results([record("wall"), record("package-0")], gpus=False)["train"]
    assert "GPU" not in balance(no_gpu, "wall").may_hold
    with_gpu = results([record("wall"), record("package-0")])["train"]
    assert "GPU" in balance(with_gpu, "wall").may_hold


def test_the_gain_of_one_meter_does_not_cancel_between_a_whole_and_its_parts() -> None:
    """In a sum the gain of a meter is one error; two sensors of one meter still differ."""
    package = balance(train("package-0", "core-0"), "package-0")
    gain = CLASS.gain / 1.96
    known = package.rest_w.budget()[Term.GAIN]
    assert known == pytest.approx(
        np.hypot(gain * package.whole_w.value, gain * package.sum_w.value), rel=1e-3
    )
    assert package.rest_w.budget()[Term.CLOCK] == pytest.approx(5e-5 * 18.0, rel=0.05)


def test_the_gains_of_the_parts_within_a_whole_stay_one_error() -> None:
    node = balance(train("node", "gpu-0", "gpu-1"), "node")
    assert node.sum_w.budget()[Term.GAIN] == pytest.approx(
        CLASS.gain / 1.96 * node.sum_w.value, rel=1e-3
    )


def test_a_rest_within_the_interval_is_balanced() -> None:
    alone = train("node", record("package-0", TRUTH["node"] - 1.0, rated_w=None))
    assert balance(alone, "node").verdict is Verdict.BALANCED
    assert not codes(alone)


@given(st.floats(-0.5, 0.5))
def test_the_verdict_follows_the_interval_of_the_rest(share: float) -> None:
    whole = exact(part("node", Domain.NODE), offset_w=2.0)
    inner = exact(part("package-0", Domain.PACKAGE, meter="r"), offset_w=2.0)
    traces = [steady(whole, 100.0, 20.0), steady(inner, 100.0 * (1 + share), 20.0)]
    (found,) = phases([window("run", 0, 20)], traces)
    (one,) = found.crosscheck.balances
    rest, u95 = -100 * share, one.rest_w.u95
    expected = Verdict.REST if rest > u95 else Verdict.BALANCED
    assert one.verdict is (Verdict.IMPOSSIBLE if rest < -u95 else expected)
    assert (Code.CHILD_ABOVE_PARENT in codes(found)) == (one.verdict is Verdict.IMPOSSIBLE)


def test_a_whole_of_several_nodes_is_weighed_against_the_parts_of_each() -> None:
    rack = part("strip", Domain.WALL, node="rack", nodes=("a", "b"))
    nodes = [part("node", Domain.NODE, name=f"m/{n}", node=n, meter="bmc") for n in "ab"]
    traces = [steady(rack, 230.0, 20.0), *(steady(n, 100.0, 20.0) for n in nodes)]
    (found,) = phases([window("run", 0, 20)], traces)
    (one,) = found.crosscheck.balances
    assert one.rest_w.value == pytest.approx(30.0)
    assert [channel.node for channel in one.parts] == ["a", "b"]


def test_parts_that_claim_to_lie_in_each_other_are_no_whole() -> None:
    a = part("a", Domain.RAIL, "b")
    b = part("b", Domain.RAIL, "a")
    (found,) = phases([window("run", 0, 20)], [steady(a, 5.0, 20.0), steady(b, 9.0, 20.0)])
    assert not found.crosscheck.balances


def test_phases_without_a_reading_have_nothing_to_weigh() -> None:
    late = [window("run", 50, 60), window("nothing", 5, 5)]
    for found in phases(late, [steady(part("node", Domain.NODE), 5.0, 20.0)]):
        assert found.crosscheck == CrossCheck()
    assert phases([], []) == []
    assert phases([window("run", 0, 1)], [])[0].crosscheck == CrossCheck()


# ------------------------------------------------------------------------- above the parent


def test_parts_above_the_part_that_contains_them() -> None:
    found = train("wall", "node", record("gpu-0", 2.2 * TRUTH["gpu-0"]), "gpu-1")
    assert Code.CHILD_ABOVE_PARENT in codes(found)
    assert "m/node: 528 ± 11 W, its parts: 641 ± 13 W" in details(found, Code.CHILD_ABOVE_PARENT)
    assert balance(found, "node").verdict is Verdict.IMPOSSIBLE
    assert balance(found, "node").share is not None
    said = [c for c in found.cautions if c.code is Code.CHILD_ABOVE_PARENT]
    assert [c.phase for c in said] == ["train"]


def test_a_whole_that_is_zero_has_no_share() -> None:
    still = record("node", np.zeros_like(seconds()), floor=None)
    found = train(still, "package-0")
    assert balance(found, "node").share is None
    assert balance(found, "node").verdict is Verdict.IMPOSSIBLE


# --------------------------------------------------------------------------- above a rating


@pytest.mark.parametrize(
    ("name", "rated", "raised"),
    [
        ("gpu-0", 150.0, True),
        ("gpu-0", 190.0, False),
        ("package-0", 30.0, True),
        ("package-0", 60.0, False),
        ("node", 450.0, True),
        ("node", 500.0, False),
        ("node", 0.0, False),
    ],
)
def test_more_power_than_a_part_is_rated_for(name: str, rated: float, raised: bool) -> None:
    """A processor holds its turbo for long, a card its limit hardly above, a nameplate never."""
    found = train(record(name, rated_w=rated))
    assert (Code.ABOVE_RATING in codes(found)) == raised
    if raised:
        assert f"rated {rated:.0f}" in details(found, Code.ABOVE_RATING)


# ------------------------------------------------------------------------------- wrong unit


@pytest.mark.parametrize(
    ("name", "factor", "more", "said"),
    [
        ("package-0", 1000.0, {}, "rated 150 W"),
        ("gpu-0", 1e-3, {}, "too small"),
        ("gpu-0", 1000.0, {"max_power_w": 600.0}, "too large"),
        ("node", 1000.0, {"rated_w": None}, "usual for a node"),
        ("node", 1e-3, {"rated_w": None}, "usual for a node"),
    ],
)
def test_milliwatts_for_watts(
    name: str, factor: float, more: dict[str, float | None], said: str
) -> None:
    """Also where every reading is thrown away, as it is above what can be true."""
    found = train("wall", record(name, factor * TRUTH[name], **more), "gpu-1")
    assert said in details(found, Code.WRONG_UNIT)
    assert not codes(found) & {Code.CHILD_ABOVE_PARENT, Code.ABOVE_RATING, Code.METERS_DISAGREE}


def test_a_slope_of_a_thousand_tells_a_unit_where_no_rating_does() -> None:
    small = record("package-0", 5e-4 * (TRUTH["node"] + 600), rated_w=None)
    found = train(record("node", rated_w=None), small)
    assert "moves" in details(found, Code.WRONG_UNIT)
    large = record("core-0", 1e3 * TRUTH["node"], domain=Domain.RAIL, parent="node")
    rail = record("node", rated_w=None, domain=Domain.BOARD)
    assert "moves 0.00100" in details(train(rail, large), Code.WRONG_UNIT)


def test_parts_a_thousand_times_their_whole_are_a_unit_even_at_rest() -> None:
    whole, inner = part("rail-in", Domain.RAIL), part("rail-1", Domain.RAIL, "rail-in")
    traces = [steady(whole, 5.0, 20.0), steady(inner, 4000.0, 20.0)]
    (found,) = phases([window("run", 0, 20)], traces)
    assert "the parts of m/rail-in use 800 times" in details(found, Code.WRONG_UNIT)
    assert Code.CHILD_ABOVE_PARENT not in codes(found)


def test_a_reading_that_no_factor_of_a_thousand_explains_is_no_unit() -> None:
    for watts in (5e8, 1e-8):
        flat = np.full_like(seconds(), watts)
        assert Code.WRONG_UNIT not in codes(train(record("node", flat, rated_w=None)))
    silent = record("node", np.full_like(seconds(), np.nan))
    assert Code.WRONG_UNIT not in codes(train(silent, "gpu-0"))


# --------------------------------------------------------------------- channels of one part


def test_two_channels_of_one_part_are_compared() -> None:
    found = train("gpu-0", also("gpu-0", 1.02 * TRUTH["gpu-0"]))
    (one,) = found.crosscheck.agreements
    assert one.agrees
    assert one.ratio is not None
    assert one.ratio.value == pytest.approx(1.02)
    assert one.ratio.u95 == pytest.approx(0.029, abs=0.001)
    assert not codes(found)


def test_channels_of_unknown_accuracy_are_taken_to_be_within_5_percent() -> None:
    for factor, agree in ((1.06, True), (1.12, False)):
        silent = also("gpu-0", factor * TRUTH["gpu-0"], accuracy=Accuracy())
        found = train(record("gpu-0", accuracy=Accuracy()), silent)
        (one,) = found.crosscheck.agreements
        assert one.agrees is agree
        assert one.ratio is not None
        assert one.ratio.u95 == pytest.approx(factor * 0.05 * 2**0.5, rel=0.1)


def test_187_joules_beside_327_for_one_board() -> None:
    """What an energy counter and a power reading of one idle board gave for 5 s (Zeus, 181)."""
    accuracy = Accuracy(gain=0.05, offset_w=5.0, source="made for a test")
    gpu = counter(name="nvml/energy", part="gpu-0", domain=Domain.GPU, accuracy=accuracy)
    usage = part("gpu-0", Domain.GPU, name="nvml/power", accuracy=accuracy)
    traces = [steady(gpu, 187 / 5, 10.0), steady(usage, 327 / 5, 10.0)]
    (found,) = phases([window("idle", 2, 7)], traces)
    assert codes(found) == {Code.METERS_DISAGREE}
    (one,) = found.crosscheck.agreements
    assert one.ratio is not None
    assert one.ratio.value == pytest.approx(327 / 187)


def test_two_channels_a_thousand_apart_are_a_unit() -> None:
    plain = {"rated_w": None, "domain": Domain.BOARD}
    for factor in (1e3, 1e-3):
        other = also("gpu-0", factor * TRUTH["gpu-0"], domain=Domain.BOARD)
        assert Code.WRONG_UNIT in codes(train(record("gpu-0", **plain), other))


def test_beside_a_channel_that_shows_nothing_there_is_no_ratio() -> None:
    still = record("gpu-0", np.zeros_like(seconds()), floor=None, domain=Domain.BOARD)
    counted = replace(still.channel, quantity=Quantity.ENERGY, unit="J", name="m/counted")
    nothing = trace(counted, seconds(), np.zeros_like(seconds()))
    found = train(nothing, also("gpu-0", domain=Domain.BOARD))
    (one,) = found.crosscheck.agreements
    assert one.ratio is None
    assert Code.METERS_DISAGREE in codes(found)


def test_a_channel_of_a_part_that_was_not_read_in_each_window_is_left_out() -> None:
    windows = [window("run", 1, 5), window("run", 50, 55)]
    short = steady(part("gpu-0", Domain.GPU, name="m/short"), 50.0, 10.0)
    long = steady(part("gpu-0", Domain.GPU), 50.0, 60.0)
    (found,) = phases(windows, [long, short])
    assert not found.crosscheck.agreements
    first = steady(part("gpu-0", Domain.GPU, name="m/later", window_s=9.0), 50.0, 60.0)
    (found,) = phases([window("run", 1, 5)], [short, first])
    assert len(found.crosscheck.agreements) == 1


# ------------------------------------------------------------------------------------ frozen

STILL = np.full_like(seconds(), 120.0)


@pytest.mark.parametrize(
    ("traces", "witness"),
    [
        (["wall", record("node", 3 * STILL)], "m/wall moved"),
        ([record("node", STILL), "gpu-1"], "m/gpu-1 moved"),
        ([record("gpu-0", STILL), utilisation()], "utilisation moved from"),
        ([record("gpu-0", STILL), also("gpu-0")], "other/gpu-0 moved"),
        ([record("package-0", STILL, quantity=Quantity.POWER, unit="W"), busy()], "threads"),
        ([record("package-0", 0 * STILL)], "always draws"),
    ],
)
def test_a_sensor_that_stands_still_while_another_moves(
    traces: list[str | Trace], witness: str
) -> None:
    found = train(*traces)
    assert witness in details(found, Code.FROZEN_SENSOR)
    assert Code.UNRELATED_METERS not in codes(found), "said once, by its cause"


@pytest.mark.parametrize(
    "traces",
    [
        [record("gpu-0", STILL)],
        [record("gpu-0", STILL), record("gpu-1", STILL, rated_w=None), "package-0"],
        [record("node", STILL, resolution=300.0), "gpu-1"],
        [record("core-0", 0 * STILL)],
        ["wall", record("gpu-0", 0.05 * STILL)],
        [record("gpu-0", STILL), trace(utilisation().channel, seconds(), 0 * STILL)],
        [record("package-0", STILL, quantity=Quantity.POWER), trace(busy().channel, [5], [3])],
    ],
)
def test_a_still_sensor_with_nothing_against_it_is_left_alone(traces: list[str | Trace]) -> None:
    assert Code.FROZEN_SENSOR not in codes(train(*traces))


def test_a_sensor_that_spoke_too_seldom_is_not_still() -> None:
    few = trace(CHANNELS["node"], [0, 20, 40, 60, 80, 100], [120.0] * 6)
    assert Code.FROZEN_SENSOR not in codes(train(few, "gpu-0", "gpu-1"))


def test_a_sensor_that_holds_its_value_for_long_is_not_still() -> None:
    """A controller that speaks every 20 s gives hundreds of equal readings between."""
    held = np.where(seconds() < 20, 130.0, np.where(seconds() < 40, 500.0, 510.0))
    late = np.where(seconds() < 79.5, held, 120.0)
    traces = [record("node", late), record("gpu-0"), record("gpu-1")]
    (found,) = phases([window("short", 42, 60)], traces)
    assert Code.FROZEN_SENSOR not in codes(found)


def test_a_coarse_sensor_need_not_see_what_is_small() -> None:
    small = also("package-0", 2 + TRUTH["package-0"] / 40, domain=Domain.DRAM, part="dram-0")
    assert Code.FROZEN_SENSOR not in codes(train(record("node", STILL), small))
    few = trace(busy().channel, seconds(), np.cumsum(TRUTH["package-0"] / 40 * 0.1))
    node = record("node", STILL)
    assert Code.FROZEN_SENSOR not in codes(train(node, few))
    fine = record("package-0", STILL / 3, quantity=Quantity.POWER, unit="W")
    assert Code.FROZEN_SENSOR in codes(train(fine, few))


def test_a_sensor_that_froze_in_one_phase_is_said_there() -> None:
    at_half = np.where(seconds() > 20, 400.0, TRUTH["node"])
    found = results([record("node", at_half), record("gpu-0"), record("gpu-1")])
    assert Code.FROZEN_SENSOR in codes(found["train"])
    assert Code.FROZEN_SENSOR not in codes(found["idle"])


# ---------------------------------------------------------------------------------- motion


def test_a_whole_that_does_not_move_with_its_parts() -> None:
    rng = np.random.default_rng(3)
    unrelated = 700 + rng.normal(0, 5.0, len(seconds()))
    found = train(record("node", unrelated), "gpu-0", "gpu-1")
    assert Code.UNRELATED_METERS in codes(found)
    assert "which moved" in details(found, Code.UNRELATED_METERS)
    assert Code.UNRELATED_METERS not in codes(train("node", "gpu-0", "gpu-1"))


def test_clocks_that_are_apart() -> None:
    for shift, way in ((2.0, "behind"), (-1.5, "ahead of")):
        late = np.interp(seconds() - shift, seconds(), TRUTH["wall"])
        found = train(record("wall", late), "node")
        assert codes(found) == {Code.CLOCKS_APART}
        assert f"{abs(shift)} s {way}" in details(found, Code.CLOCKS_APART)
        moved = balance(found, "wall").motion
        assert moved is not None
        assert moved.slope == pytest.approx(LOSSES, rel=0.01)


def test_a_sensor_that_averages_is_not_a_clock_that_is_late() -> None:
    width = 10
    mean = np.convolve(TRUTH["wall"], np.ones(width) / width)[: len(seconds())]
    found = train(record("wall", mean, window_s=1.0), "node")
    assert Code.CLOCKS_APART not in codes(found)


# --------------------------------------------------------------------------- double counting


def test_two_cards_with_one_counter() -> None:
    found = train("gpu-0", record("gpu-1", TRUTH["gpu-0"]))
    assert codes(found) == {Code.DOUBLE_COUNT}
    assert "m/gpu-0 and m/gpu-1" in details(found, Code.DOUBLE_COUNT)


def test_cards_that_are_only_equal_are_two() -> None:
    noise = 1 + 0.01 * np.sin(7 * seconds())
    assert not codes(train("gpu-0", record("gpu-1", noise * TRUTH["gpu-0"])))
    assert not codes(train("gpu-0", "gpu-1"))
    flat = [record(name, STILL) for name in ("gpu-0", "gpu-1")]
    assert Code.DOUBLE_COUNT not in codes(train(*flat))
    modelled = record("gpu-1", TRUTH["gpu-0"], provenance=Provenance.ESTIMATED)
    assert Code.DOUBLE_COUNT not in codes(train("gpu-0", modelled))


@pytest.mark.parametrize(("apart", "twins"), [(0.0, True), (0.0005, False)])
def test_supplies_that_share_a_load_evenly_are_two(apart: float, twins: bool) -> None:
    """Two inputs of an analyser: the same number only now and then, though never far apart."""
    watts = 500 + 100 * np.sin(0.05 * seconds())
    shares = (watts, watts * (1 + apart * np.sin(7 * seconds())))
    powers = [
        trace(part(f"wall-ch{i}", Domain.WALL, quantity=Quantity.POWER, unit="W"), seconds(), share)
        for i, share in enumerate(shares)
    ]
    (found,) = phases([window("run", 1, float(seconds()[-1]) - 1)], powers)
    assert (Code.DOUBLE_COUNT in codes(found)) is twins


def test_dies_that_each_show_their_package() -> None:
    dies = [
        record("core-0", near * TRUTH["package-0"], name=f"rapl/die-{i}", part=f"die-{i}")
        for i, near in enumerate((0.996, 1.004, 1.0))
    ]  # fmt: skip
    found = train(record("package-0", rated_w=None), *dies)
    assert "each of the 3 parts of rapl/package-0 shows" in details(found, Code.DOUBLE_COUNT)
    assert Code.CHILD_ABOVE_PARENT not in codes(found)


def test_dies_that_are_too_much_but_not_each_the_whole() -> None:
    dies = [
        record("core-0", share * TRUTH["package-0"], name=f"rapl/die-{i}", part=f"die-{i}")
        for i, share in enumerate((0.5, 0.9))
    ]  # fmt: skip
    found = train("package-0", *dies)
    assert codes(found) == {Code.CHILD_ABOVE_PARENT}


def test_a_short_common_time_says_nothing_of_twins() -> None:
    first = trace(CHANNELS["gpu-0"], [0.0, 1.0, 2.0], [10.0, 20.0, 10.0])
    second = trace(CHANNELS["gpu-1"], [0.0, 1.0, 2.0], [10.0, 20.0, 10.0])
    (found,) = phases([window("run", 0, 2)], [first, second])
    assert not codes(found)


def test_the_idle_phase_is_weighed_too() -> None:
    found = results([record("node"), record("package-0", TRUTH["package-0"] + 200)])
    assert Code.CHILD_ABOVE_PARENT in codes(found["idle"])
    assert found["idle"].role is Role.IDLE
    assert WINDOWS[0].start == at(1)


def test_two_meters_of_one_part_whose_clocks_are_apart() -> None:
    late = np.interp(seconds() - 3.0, seconds(), TRUTH["gpu-0"])
    found = train("gpu-0", also("gpu-0", late))
    assert details(found, Code.CLOCKS_APART) == "m/gpu-0 is 3.0 s ahead of other/gpu-0"
    (one,) = found.crosscheck.agreements
    assert one.motion is not None
    assert one.motion.slope == pytest.approx(1.0, abs=0.01)
    same_meter = train("gpu-0", also("gpu-0", late, meter="nvml"))
    assert same_meter.crosscheck.agreements[0].motion is None


def test_what_nobody_read_has_no_wrong_unit() -> None:
    fabric = replace(part("switch", Domain.SWITCH), instrument=Instrument.MODEL)
    spans = [(at(0), at(10))]
    assert unit_of_readings([steady(fabric, 59_570.0, 10.0)], spans) == []
    read = replace(fabric, instrument=Instrument.PLATFORM)
    (found,) = unit_of_readings([steady(read, 59_570.0, 10.0)], spans)
    assert found.code is Code.WRONG_UNIT

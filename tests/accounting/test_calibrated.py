"""A calibration changes energies, never readings; where it does not hold it says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.core.calibration import TOTAL, Calibration, Kind, Side, Span
from joulemark.core.caution import Code
from joulemark.core.channel import (
    Accuracy,
    Channel,
    Domain,
    Instrument,
    Provenance,
    Quantity,
)
from joulemark.core.student import NORMAL_975, student_975
from joulemark.core.trace import Trace
from joulemark.core.value import Term
from joulemark.core.window import Role
from tests.accounting.build import part, steady, window

NODE = "localhost"
PACKAGE = part(
    "package-0", Domain.PACKAGE, meter="rapl", source="/sys/p0", accuracy=Accuracy(gain=0.05)
)
DRAM = part("dram-0", Domain.DRAM, meter="rapl", source="/sys/d0")
WALL = part("wall", Domain.WALL, meter="plug")
GPU = part("gpu-0", Domain.GPU, meter="nvml", source="board 1")

EXACT = Calibration(
    id="cafe",
    target=Side(name="m/package-0", part="package-0", domain=Domain.PACKAGE, node=NODE),
    reference=Side(name="plug/wall", meter="plug", part="wall"),
    kind=Kind.AFFINE,
    coefficients=(1.2, 30.0),
    covariance=((0.0, 0.0), (0.0, 0.0)),
    dof=20.0,
    factor=student_975(20.0),
    between_w=0.0,
    within_w=0.0,
    residual_w=0.0,
    points=44,
    groups=22,
    power_w=Span(50.0, 250.0),
    duration_s=Span(1.0, 10.0),
    date="2026-11-25T12:00:00Z",
)
WIDE = student_975(20.0) / NORMAL_975
BOTH = replace(
    EXACT, target=replace(EXACT.target, name=TOTAL, channels=("m/package-0", "m/dram-0"))
)


def one(traces: list[Trace], calibration: Calibration | None, **more: Any) -> PhaseResult:
    """The result of one window of 10 s."""
    windows = [window("load", 0, 10), *more.pop("windows", [])]
    return phases(windows, traces, calibration=calibration, **more)[0]


def refusal(result: PhaseResult) -> str:
    """Why a calibration was not applied; it is in the warnings too."""
    assert result.calibration is not None
    found = [c.detail for c in result.cautions if c.code is Code.CALIBRATION_REFUSED]
    assert found == [result.calibration.refused]
    return found[0]


def joules(result: PhaseResult) -> float:
    assert result.total is not None
    return result.total.joules.value


def added(result: PhaseResult) -> list[str]:
    return [p.channel.part for p in result.parts if p.added]


# ------------------------------------------------------------------ what it gives


@given(gain=st.floats(0.5, 2), offset=st.floats(-20, 100), watts=st.floats(60, 240))
def test_energy_is_gain_times_energy_plus_offset_times_time(
    gain: float, offset: float, watts: float
) -> None:
    calibration = replace(EXACT, coefficients=(gain, offset))
    result = one([steady(PACKAGE, watts, 10)], calibration)
    assert joules(result) == pytest.approx(10 * (gain * watts + offset))
    assert result.calibration is not None
    assert result.calibration.refused == ""


def test_nothing_is_calibrated_unasked() -> None:
    result = one([steady(PACKAGE, 100, 10)], None)
    assert joules(result) == pytest.approx(1000)
    assert result.calibration is None
    assert [p.channel.calibration for p in result.parts] == [""]


def test_the_reading_lies_inside_the_calibrated_wall_and_is_not_added_twice() -> None:
    result = one([steady(PACKAGE, 100, 10)], EXACT)
    assert added(result) == ["wall"]
    wall = next(p for p in result.parts if p.added)
    assert wall.channel.calibration == "m/package-0 against plug/wall, 2026-11-25, cafe"
    assert wall.channel.note == "calibrated: 1.200 · P + 30.0 W"
    assert wall.energy.method == "trapezoid, calibrated"
    assert joules(result) == pytest.approx(1500)
    raw = next(p for p in result.parts if not p.added)
    assert raw.channel == PACKAGE
    assert raw.energy.joules.value == pytest.approx(1000)


def test_the_total_of_a_run_can_be_calibrated() -> None:
    result = one([steady(PACKAGE, 100, 10), steady(DRAM, 10, 10)], BOTH)
    assert joules(result) == pytest.approx(10 * (1.2 * 110 + 30))
    assert added(result) == ["wall"]
    assert {p.channel.part for p in result.parts} == {"wall", "package-0", "dram-0"}


def test_a_calibration_of_the_same_part_takes_the_place_of_the_reading() -> None:
    board = replace(EXACT, target=Side(name="m/gpu-0", part="gpu-0", domain=Domain.GPU, node=NODE),
                    reference=Side(name="shunt", part="gpu-0", domain=Domain.GPU))  # fmt: skip
    result = one([steady(GPU, 100, 10), steady(PACKAGE, 20, 10)], board)
    assert joules(result) == pytest.approx(1500 + 200)
    assert sorted(added(result)) == ["gpu-0", "package-0"]
    assert next(p.channel for p in result.parts if p.channel.part == "gpu-0").name == "m/gpu-0"


@pytest.mark.parametrize("calibration", [EXACT, BOTH])
def test_where_the_wall_is_read_too_its_own_reading_stays_the_total(
    calibration: Calibration,
) -> None:
    traces = [steady(PACKAGE, 100, 10), steady(WALL, 140, 10)]
    if calibration is BOTH:
        traces.append(steady(DRAM, 10, 10))
    result = one(traces, calibration)
    assert joules(result) == pytest.approx(1400)
    assert added(result) == ["wall"]
    shown = next(p for p in result.parts if p.channel.part == "wall (calibrated)")
    assert shown.energy.joules.value == pytest.approx(1500 if calibration is EXACT else 1620)


def test_an_estimate_that_is_calibrated_stays_an_estimate() -> None:
    model = replace(PACKAGE, provenance=Provenance.ESTIMATED, instrument=Instrument.MODEL)
    result = one([steady(model, 100, 10)], EXACT)
    assert result.total is not None
    assert result.total.provenance is Provenance.ESTIMATED
    assert [p.channel.instrument for p in result.parts if p.added] == [Instrument.MODEL]


def test_instruments_of_two_kinds_make_one_of_no_known_kind() -> None:
    chip = replace(PACKAGE, instrument=Instrument.ON_CHIP)
    result = one([steady(chip, 100, 10), steady(DRAM, 10, 10)], BOTH)
    assert [p.channel.instrument for p in result.parts if p.added] == [Instrument.UNKNOWN]


def test_utilisation_has_a_term_of_its_own() -> None:
    busy = Channel(name="host/busy", meter="host", part="host", domain=Domain.HOST,
                   quantity=Quantity.UTILISATION, unit="1")  # fmt: skip
    with_busy = replace(
        EXACT, kind=Kind.UTILISATION, coefficients=(1.2, 30.0, 50.0),
        covariance=((0.0,) * 3,) * 3, utilisation="host/busy", utilisation_range=Span(0.2, 0.8),
    )  # fmt: skip
    readings = [steady(PACKAGE, 100, 10), steady(busy, 0.5, 10)]
    assert joules(one(readings, with_busy)) == pytest.approx(1500 + 250)
    assert "host/busy was not recorded" in refusal(one(readings[:1], with_busy))
    outside = one([readings[0], steady(busy, 0.95, 10)], with_busy)
    assert "host/busy of 0.950 is outside of 0.200 to 0.800" in refusal(outside)


# ------------------------------------------------------------------ its uncertainty


def test_the_coefficients_replace_the_accuracy_class_of_the_target() -> None:
    covariance = np.array([[4e-4, -0.03], [-0.03, 9.0]])
    calibration = replace(EXACT, covariance=tuple(map(tuple, covariance.tolist())))
    result = one([steady(PACKAGE, 100, 10)], calibration)
    assert result.total is not None
    terms = result.total.joules.budget()
    sensitivity = np.array([1000.0, 10.0])
    expected = float(np.sqrt(sensitivity @ covariance @ sensitivity))
    assert terms[Term.CALIBRATION] * NORMAL_975 == pytest.approx(expected * student_975(20))
    assert Term.GAIN not in terms


def test_the_coefficients_are_one_error_for_all_windows_and_new_workloads_another() -> None:
    calibration = replace(EXACT, covariance=((4e-4, 0.0), (0.0, 0.0)), between_w=2.0, within_w=1.0)
    windows = [window("load", 0, 10), window("load", 10, 20), window("other", 20, 30)]
    load, other = phases(windows, [steady(PACKAGE, 100, 30)], calibration=calibration)
    assert load.total is not None
    assert other.total is not None
    variance = (2 * 0.02 * 1000) ** 2 + (2 * 2.0 * 10) ** 2 + 2 * (1.0 * 10) ** 2
    assert load.total.joules.budget()[Term.CALIBRATION] == pytest.approx(WIDE * variance**0.5)
    apart = (load.total.joules - other.total.joules.scaled(2, "J")).budget()[Term.CALIBRATION]
    alone = 2 * (2 * 2.0 * 10) ** 2 + 2 * (1.0 * 10) ** 2 + (2 * 1.0 * 10) ** 2
    assert apart == pytest.approx(WIDE * alone**0.5)


def test_windows_shorter_than_those_it_was_made_of_are_less_certain() -> None:
    calibration = replace(EXACT, within_w=1.0, duration_s=Span(40.0, 50.0))
    result = one([steady(PACKAGE, 100, 10)], calibration)
    assert result.total is not None
    assert result.total.joules.budget()[Term.CALIBRATION] == pytest.approx(WIDE * 2.0 * 10)


def test_the_accuracy_of_the_reference_is_carried() -> None:
    reference = replace(EXACT.reference, accuracy=Accuracy(gain=0.02, offset_w=3.0))
    result = one([steady(PACKAGE, 100, 10)], replace(EXACT, reference=reference))
    assert result.total is not None
    terms = result.total.joules.budget()
    assert terms[Term.GAIN] == pytest.approx(0.02 * 1500 / NORMAL_975)
    assert terms[Term.OFFSET] == pytest.approx(3.0 * 10 / NORMAL_975)


# ------------------------------------------------------------------ where it does not hold


@pytest.mark.parametrize(("watts", "holds"), [(31, True), (29, False), (269, True), (271, False)])
def test_it_is_refused_outside_its_range_and_a_tenth_of_it(watts: float, holds: bool) -> None:
    result = one([steady(PACKAGE, watts, 10)], EXACT)
    if holds:
        assert joules(result) == pytest.approx(10 * (1.2 * watts + 30))
    else:
        assert "W is outside of 50.0 W to 250 W" in refusal(result)
        assert joules(result) == pytest.approx(10 * watts)
        assert added(result) == ["package-0"]


def test_one_window_outside_leaves_the_whole_phase_as_it_was() -> None:
    readings = Trace.of(
        PACKAGE,
        [*steady(PACKAGE, 100, 10).time, *(steady(PACKAGE, 1, 10).time + 10_100_000_000)],
        [*steady(PACKAGE, 100, 10).value, *steady(PACKAGE, 400, 10).value],
    )
    result = one([readings], EXACT, windows=[window("load", 10.1, 20.1)])
    assert refusal(result).startswith("window 2 of 2: 400 W is outside")
    assert joules(result) == pytest.approx(5000)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"node": ""}, "does not say which machine"),
        ({"node": "other"}, "made on other, not here"),
        ({"device": "/sys/p9"}, "made for /sys/p9"),
        ({"name": "m/package-1"}, "it is for m/package-1; here is nothing of it"),
        (
            {"name": TOTAL, "channels": ("m/package-0", "m/dram-0")},
            "it is for m/dram-0 + m/package-0; here is m/package-0",
        ),
    ],
)
def test_it_is_refused_for_what_it_was_not_made_for(target: dict[str, Any], words: str) -> None:
    calibration = replace(EXACT, target=replace(EXACT.target, **target))
    assert words in refusal(one([steady(PACKAGE, 100, 10)], calibration))


def test_the_same_device_is_recognised() -> None:
    calibration = replace(EXACT, target=replace(EXACT.target, device="/sys/p0"))
    assert joules(one([steady(PACKAGE, 100, 10)], calibration)) == pytest.approx(1500)


def test_it_is_refused_where_another_part_inside_the_reference_is_busier() -> None:
    readings = [steady(PACKAGE, 100, 10), steady(GPU, 200, 10)]
    assert "m/gpu-0 was not read when it was made" in refusal(one(readings, EXACT))
    idle = replace(EXACT, beside={"m/gpu-0": Span(10.0, 12.0)})
    assert "m/gpu-0 at 200 W was 10.0 W to 12.0 W" in refusal(one(readings, idle))
    readings[1] = steady(GPU, 20, 10)
    assert joules(one(readings, idle)) == pytest.approx(1500)


def test_no_negative_energy_comes_of_it() -> None:
    calibration = replace(EXACT, coefficients=(1.0, -200.0))
    assert "it would give -1.00 kJ" in refusal(one([steady(PACKAGE, 100, 10)], calibration))


def test_a_window_that_nothing_was_read_in_is_no_reason_to_fail() -> None:
    result = one([steady(PACKAGE, 100, 10)], EXACT, windows=[window("load", 50, 60)])
    assert refusal(result).startswith("window 2 of 2: no reading")
    assert result.total is None


# ------------------------------------------------------------------ idle


def idle_and_load(idle_w: float, load_w: float, calibration: Calibration) -> PhaseResult:
    """The load of a run with one idle window."""
    step = Trace.of(
        PACKAGE,
        [*steady(PACKAGE, 1, 10).time, *(steady(PACKAGE, 1, 10).time + 10_000_000_001)],
        [*steady(PACKAGE, idle_w, 10).value, *steady(PACKAGE, load_w, 10).value],
    )
    windows = [window("idle", 0, 9.9, Role.IDLE), window("load", 10.1, 19.9)]
    return phases(windows, [step], calibration=calibration)[1]


def test_net_is_of_calibrated_load_and_calibrated_idle() -> None:
    result = idle_and_load(60, 200, EXACT)
    assert result.net is not None
    assert result.net.value == pytest.approx(1.2 * 140 * 9.8, rel=1e-3)
    assert Code.IDLE_UNCALIBRATED not in {c.code for c in result.cautions}


def test_calibrated_load_and_plain_idle_have_no_net() -> None:
    result = idle_and_load(10, 200, EXACT)
    assert result.net is None
    assert joules(result) == pytest.approx(270 * 9.8)
    assert {Code.IDLE_UNCALIBRATED} == {c.code for c in result.cautions if "idle" in c.code}


def test_plain_load_and_calibrated_idle_of_one_part_have_no_net() -> None:
    same = replace(EXACT, reference=replace(EXACT.reference, part="package-0",
                                            domain=Domain.PACKAGE))  # fmt: skip
    result = idle_and_load(60, 400, same)
    assert result.net is None
    assert Code.IDLE_UNCALIBRATED in {c.code for c in result.cautions}


def test_plain_load_has_a_net_where_the_readings_of_idle_are_there_too() -> None:
    result = idle_and_load(60, 400, EXACT)
    assert result.net is not None
    assert result.net.value == pytest.approx(340 * 9.8, rel=1e-3)

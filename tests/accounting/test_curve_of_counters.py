"""Energy of counters that wrap, jitter, go back and stand still, and of interval energies."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from joulemark.accounting.curve import Curve, curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.core.caution import Code
from joulemark.core.trace import Trace

from .build import T0, at, counter, intervals, steady, trace

RAPL = 262_143_328_850.0
"""``max_energy_range_uj`` of a counter of 32 bits in steps of 61 µJ."""

reads = st.lists(
    st.tuples(st.integers(1_000_000, 60_000_000_000), st.integers(0, 200_000_000_000)),
    min_size=1,
    max_size=20,
)
"""ns and µJ from read to read."""


def codes(curve: Curve, start: float, stop: float) -> dict[Code, str]:
    return {c.code: c.detail for c in energy_between(curve, at(start), at(stop)).cautions}


def joules(curve: Curve, start: float, stop: float) -> float:
    return energy_between(curve, at(start), at(stop)).joules.value


@given(reads, st.integers(0, int(RAPL)), st.floats(0, 1), st.floats(0, 1))
def test_it_does_not_matter_where_the_counter_wraps(
    steps: list[tuple[int, int]], origin: int, left: float, right: float
) -> None:
    """Up to twenty wraps; the modulus is the largest value plus one step."""
    times = [T0 + t for t in accumulate(t for t, _ in [(0, 0), *steps])]
    grown = list(accumulate(e for _, e in [(0, 0), *steps]))
    modulus = int(RAPL) + 1
    channel = counter(unit="µJ", scale=1e-6, wrap=float(modulus), resolution=1.0)
    wrapped = curve_of(Trace.of(channel, times, [(origin + e) % modulus for e in grown]))
    plain = curve_of(Trace.of(counter(unit="µJ", scale=1e-6), times, grown))
    assert wrapped.joules.tolist() == plain.joules.tolist()
    assert wrapped.valid.all()
    start, stop = sorted(times[0] + round(s * (times[-1] - times[0])) for s in (left, right))
    assume(start < stop)
    one, other = (energy_between(curve, start, stop) for curve in (wrapped, plain))
    assert one.joules.value == other.joules.value
    assert one.coverage == other.coverage == 1
    assert one.method == "counter"


@given(reads, st.floats(0, 1), st.floats(0, 1))
def test_a_counter_is_linear_between_two_reads(
    steps: list[tuple[int, int]], left: float, right: float
) -> None:
    times = [T0 + t for t in accumulate(t for t, _ in [(0, 0), *steps])]
    grown = list(accumulate(e for _, e in [(0, 0), *steps]))
    curve = curve_of(Trace.of(counter(unit="mJ", scale=1e-3), times, grown))
    edges = sorted(times[0] + round(s * (times[-1] - times[0])) for s in (left, right))
    line = np.interp(np.array(edges) - T0, np.array(times) - T0, grown) * 1e-3
    assert [curve.at(edge)[0] for edge in edges] == pytest.approx(line, rel=1e-12, abs=1e-9)


@given(reads, st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_adjacent_windows_add_up(steps: list[tuple[int, int]], shares: list[float]) -> None:
    times = [T0 + t for t in accumulate(t for t, _ in [(0, 0), *steps])]
    grown = list(accumulate(e for _, e in [(0, 0), *steps]))
    curve = curve_of(Trace.of(counter(unit="µJ", scale=1e-6), times, grown))
    cuts = sorted({times[0] + round(s * (times[-1] - times[0])) for s in shares})
    assume(len(cuts) > 1)
    added = sum(energy_between(curve, a, b).joules.value for a, b in pairwise(cuts))
    whole = energy_between(curve, cuts[0], cuts[-1]).joules.value
    assert added == pytest.approx(whole, rel=1e-12, abs=1e-13 * curve.joules[-1])


@given(st.sampled_from([1e-6, 1e-3, 1.0, 3600.0]), st.floats(1e-3, 1e3))
def test_units_do_not_matter(scale: float, watts: float) -> None:
    channel = counter(unit="x", scale=scale)
    assert joules(curve_of(steady(channel, watts, 10)), 2.03, 7.91) == pytest.approx(watts * 5.88)


def test_a_slow_counter_with_the_modulus_of_the_kernel() -> None:
    channel = counter(unit="µJ", scale=1e-6, wrap=1000.0, max_power_w=1e-3, update_s=0.1)
    curve = curve_of(trace(channel, [0, 0.1, 0.2, 0.3], [998, 999, 0, 1]))
    assert np.diff(curve.joules).tolist() == pytest.approx([1e-6] * 3)


def test_jitter_of_a_step_changes_no_energy() -> None:
    """100, 99, 101 …: what two reads say is what is counted, however often it jitters."""
    jittery = [100.0 + i - 2 * (i % 2) for i in range(101)]
    for wrap in (None, 1e6):
        curve = curve_of(trace(counter(resolution=1.0, wrap=wrap), np.arange(101) / 10, jittery))
        assert joules(curve, 0, 10) == pytest.approx(100)
        assert curve.valid.all()
        assert Code.COUNTER_RESET not in codes(curve, 0, 10)


@pytest.mark.parametrize("wrap", [None, 1e6])
def test_a_counter_that_went_back_loses_that_stretch_only(wrap: float | None) -> None:
    """A driver that is loaded anew starts from zero."""
    seen = [500.0, 510.0, 520.0, 3.0, 13.0, 23.0]
    channel = counter(wrap=wrap, max_power_w=50.0, update_s=0.1, resolution=0.1)
    curve = curve_of(trace(channel, range(6), seen))
    energy = energy_between(curve, at(0), at(5))
    assert energy.joules.value == pytest.approx(40)
    assert energy.coverage == pytest.approx(0.8)
    assert codes(curve, 0, 5)[Code.COUNTER_RESET] == "m/part: 1 times"
    assert Code.COUNTER_RESET in codes(curve, 2.2, 2.5)
    assert Code.COUNTER_RESET not in codes(curve, 0, 2)
    assert Code.COUNTER_RESET not in codes(curve, 3, 5)
    assert energy.joules.u > 5


def test_an_impossible_jump_is_not_energy() -> None:
    seen = [0.0, 10.0, 9000.0, 30.0, 40.0]
    curve = curve_of(trace(counter(max_power_w=50.0, update_s=0.1), range(5), seen))
    energy = energy_between(curve, at(0), at(4))
    assert energy.joules.value == pytest.approx(20)
    assert energy.coverage == 0.5
    assert codes(curve, 0, 4)[Code.COUNTER_RESET] == "m/part: 2 times"


def test_a_late_counter_may_catch_up() -> None:
    """Of unknown period it may be a second behind; of a known one, two updates."""
    times, seen = [0.0, 0.1, 0.2], [0.0, 0.0, 50.0]
    assert curve_of(trace(counter(max_power_w=50.0), times, seen)).valid.all()
    known = counter(max_power_w=50.0, update_s=0.1)
    assert curve_of(trace(known, times, seen)).valid.tolist() == [True, False]


@pytest.mark.parametrize(("reads_apart", "clear"), [(5.0, True), (25.0, False)])
def test_reads_too_far_apart_leave_the_number_of_wraps_open(
    reads_apart: float, clear: bool
) -> None:
    channel = counter(wrap=1000.0, max_power_w=50.0, update_s=0.1)
    curve = curve_of(trace(channel, [0, reads_apart], [990.0, 20.0]))
    energy = energy_between(curve, at(0), at(reads_apart))
    assert energy.coverage == (1.0 if clear else 0.0)
    assert energy.joules.value == (30.0 if clear else 0.0)
    assert (Code.WRAP_AMBIGUOUS in {c.code for c in energy.cautions}) is not clear


@pytest.mark.parametrize("missing", [np.nan, np.inf, 1e300])
def test_a_read_that_failed_costs_no_energy(missing: float) -> None:
    seen = [0.0, 10.0, missing, 30.0, 40.0]
    curve = curve_of(trace(counter(), range(5), seen))
    energy = energy_between(curve, at(0), at(4))
    assert energy.joules.value == 40
    assert energy.coverage == 1
    assert codes(curve, 0, 4)[Code.INVALID_SAMPLE] == "m/part: 1 times"


def test_a_counter_that_vanished_covers_nothing_more() -> None:
    curve = curve_of(trace(counter(), range(5), [0.0, 10.0, np.nan, np.nan, np.nan]))
    energy = energy_between(curve, at(0), at(4))
    assert energy.joules.value == 10
    assert energy.coverage == 0.25
    assert Code.NOT_COVERED in {c.code for c in energy.cautions}


def test_a_counter_that_never_gave_anything() -> None:
    curve = curve_of(trace(counter(), range(5), [np.nan] * 5))
    assert energy_between(curve, at(0), at(4)).coverage == 0
    assert curve.at(at(2)) == (0.0, 0)


def test_a_window_between_two_reads_is_wide() -> None:
    """All of the energy may lie inside of it, or none."""
    curve = curve_of(trace(counter(), [0, 10], [0.0, 100.0]))
    energy = energy_between(curve, at(4), at(6))
    assert energy.joules.value == pytest.approx(20)
    assert energy.coverage == 1
    assert energy.joules.u95 > 20
    at_reads = energy_between(curve, at(0), at(10)).joules
    assert at_reads.u95 < 0.02


def test_an_edge_at_the_last_read_counts_as_much_as_one_at_the_first() -> None:
    channel = counter(update_s=0.1)
    curve = curve_of(steady(channel, 50.0, 10))
    inner = energy_between(curve, at(2), at(8)).joules
    outer = energy_between(curve, at(0), at(10)).joules
    assert outer.value == pytest.approx(500)
    assert outer.u == pytest.approx(inner.u, rel=0.01)
    assert outer.u == pytest.approx(2 * 0.1 * 50 / 12**0.5, rel=0.01)


@pytest.mark.parametrize("phase", [0.0, 0.03, 0.09])
def test_a_slow_counter_is_half_an_update_late(phase: float) -> None:
    """20 W, then 200 W from 5 s on; the counter shows its last update, at most 100 ms ago."""
    times = np.arange(1001) / 100
    last = np.maximum(np.floor((times - phase) / 0.1 + 1e-9) * 0.1 + phase, 0.0)
    seen = 20 * last + 180 * np.maximum(last - 5, 0)
    slow = curve_of(trace(counter(update_s=0.1), times, seen))
    assert energy_between(slow, at(5), at(9)).joules.value == pytest.approx(800, abs=0.05 * 180)
    halves = slow.at(at(7))[0] - slow.at(at(5))[0], slow.at(at(9))[0] - slow.at(at(7))[0]
    assert sum(halves) == pytest.approx(energy_between(slow, at(5), at(9)).joules.value)


def test_what_a_quick_counter_has_not_shown_yet_is_of_the_power_before() -> None:
    """20 W, then 200 W from 5 s to 5.05 s; what is read is half a millisecond old."""
    times = np.sort(np.append(np.arange(101) / 10, 5.05))
    old = times - 0.0005
    seen = 20 * old + 180 * np.clip(old - 5, 0, 0.05)
    curve = curve_of(trace(counter(update_s=0.001), times, seen))
    assert energy_between(curve, at(5), at(5.05)).joules.value == pytest.approx(10, abs=0.02)
    assert energy_between(curve, at(0), at(5)).joules.value == pytest.approx(100)
    assert energy_between(curve, at(6), at(10)).joules.value == pytest.approx(80)
    lost = curve_of(trace(counter(update_s=0.001), [0, 1, 2], [0.0, 40.0, 10.0]))
    assert lost.at(at(2))[0] == pytest.approx(40.0), "nothing is known of the time before"


def test_a_slow_counter_goes_on_after_its_last_reading_as_before_it() -> None:
    slow = curve_of(steady(counter(update_s=0.5), 40.0, 10))
    assert slow.at(at(10))[0] == pytest.approx(410)
    assert slow.at(at(9.9))[0] - slow.at(at(0))[0] == pytest.approx(396)
    lost = trace(counter(update_s=0.5), [0, 1, 2], [0.0, 40.0, 10.0])
    assert curve_of(lost).at(at(2))[0] == pytest.approx(40.0)
    assert curve_of(trace(counter(update_s=0.5), [0], [5.0])).at(at(0))[0] == 0


def test_updates_of_counters() -> None:
    known = curve_of(steady(counter(update_s=0.5), 50.0, 10))
    assert codes(known, 1, 5) == {Code.FEW_SAMPLES: "m/part: 8 updates"}
    assert codes(known, 1, 7) == {}
    times = np.arange(101) / 10
    unknown = curve_of(trace(counter(), times, np.floor(times) * 50))
    assert codes(unknown, 1, 9) == {Code.FEW_SAMPLES: "m/part: 8 updates"}
    senseless = curve_of(trace(counter(update_s=0.0), times, np.floor(times) * 50))
    assert codes(senseless, 1, 9) == codes(unknown, 1, 9)
    resting = curve_of(trace(counter(), times, np.zeros(101)))
    assert codes(resting, 0, 10) == {Code.FEW_SAMPLES: "m/part: 0 updates"}
    assert energy_between(resting, at(0), at(10)).joules.u == 0


@given(st.lists(st.floats(0, 1e3), min_size=2, max_size=20), st.floats(0, 1), st.floats(0, 1))
def test_interval_energies_are_summed(values: list[float], left: float, right: float) -> None:
    seconds = [i * 0.5 for i in range(len(values))]
    curve = curve_of(trace(intervals(unit="mJ", scale=1e-3), seconds, values))
    total = np.cumsum([0.0, *values[1:]]) * 1e-3
    assert curve.joules == pytest.approx(total)
    assert curve.method == "interval"
    start, stop = sorted(at(s * seconds[-1]) for s in (left, right))
    assume(start < stop)
    line = np.interp([start - T0, stop - T0], np.array(seconds) * 1e9, total)
    energy = energy_between(curve, start, stop)
    assert energy.joules.value == pytest.approx(line[1] - line[0], abs=1e-9)
    assert energy.coverage == 1


@pytest.mark.parametrize("bad", [np.nan, -3.0, -np.inf, 1e300])
def test_intervals_that_cannot_be_true_are_left_out(bad: float) -> None:
    curve = curve_of(trace(intervals(), range(5), [999.0, 1.0, bad, 1.0, 1.0]))
    energy = energy_between(curve, at(0), at(4))
    assert energy.joules.value == 3
    assert energy.coverage == 0.75
    assert codes(curve, 0, 4)[Code.INVALID_SAMPLE] == "m/part: 1 times"
    assert Code.INVALID_SAMPLE not in codes(curve, 2, 4)


def test_intervals_without_a_floor_may_be_negative_noise() -> None:
    curve = curve_of(trace(intervals(floor=None), range(5), [9.0, 1.0, -0.5, 1.0, np.nan]))
    energy = energy_between(curve, at(0), at(4))
    assert energy.joules.value == 1.5
    assert energy.coverage == 0.75


@pytest.mark.parametrize("make", [counter, intervals])
@pytest.mark.parametrize("seconds", [[], [1.0]])
def test_too_little_for_energy(make: type, seconds: list[float]) -> None:
    curve = curve_of(trace(make(), seconds, [5.0] * len(seconds)))
    energy = energy_between(curve, at(0), at(2))
    assert (energy.joules.value, energy.joules.u, energy.coverage) == (0, 0, 0)
    assert Code.NOT_COVERED in codes(curve, 0, 2)


def test_of_several_reads_at_one_time_the_last_counts() -> None:
    curve = curve_of(trace(counter(), [0, 1, 1, 2], [0.0, 7.0, 10.0, 20.0]))
    assert joules(curve, 0, 2) == 20
    assert codes(curve, 0, 2)[Code.DUPLICATE_TIME] == "m/part: 1 times"
    assert Code.DUPLICATE_TIME in codes(curve, 1, 2)
    assert Code.DUPLICATE_TIME not in codes(curve, 0, 1)


def test_a_missing_reading_does_not_take_the_place_of_one_at_its_time() -> None:
    curve = curve_of(trace(counter(), [0.0, 1.0, 2.0, 2.0], [0.0, 5.0, 9.0, math.nan]))
    assert curve.joules[-1] == 9.0
    assert [code for code, _, _ in curve.faults] == [Code.INVALID_SAMPLE]

"""Energy of power samples: exact where power is what the samples say."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.curve import Curve, curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.core.caution import Code
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace

from .build import T0, at, integral, lines, power, steady, trace

Lines = tuple[list[int], list[float]]
inside = st.floats(0, 1)


def codes(curve: Curve, start: float, stop: float) -> dict[Code, str]:
    return {c.code: c.detail for c in energy_between(curve, at(start), at(stop)).cautions}


def edges(times: list[int], *shares: float) -> list[int]:
    """Moments at shares of the trace, in order."""
    return sorted(times[0] + round(share * (times[-1] - times[0])) for share in shares)


def gained(curve: Curve, start: int, stop: int) -> float:
    return curve.at(stop)[0] - curve.at(start)[0]


@given(lines(), inside, inside)
def test_exact_for_piecewise_linear_power(drawn: Lines, left: float, right: float) -> None:
    times, watts = drawn
    start, stop = edges(times, left, right)
    curve = curve_of(Trace.of(power(), times, watts))
    truth = integral(times, watts, start, stop)
    reach = integral(times, watts, times[0], stop)
    assert abs(Fraction(gained(curve, start, stop)) - truth) <= Fraction(1e-12) * reach
    if truth > reach / 100:
        assert gained(curve, start, stop) == pytest.approx(float(truth), rel=1e-12)


@given(lines(), inside, inside)
def test_a_window_that_reaches_over_the_trace_holds_what_is_there(
    drawn: Lines, left: float, right: float
) -> None:
    times, watts = drawn
    start, stop = times[0] - round(left * NS), times[-1] + 1 + round(right * NS)
    energy = energy_between(curve_of(Trace.of(power(), times, watts)), start, stop)
    truth = float(integral(times, watts, times[0], times[-1]))
    assert energy.joules.value == pytest.approx(truth, rel=1e-12)
    assert energy.coverage == pytest.approx((times[-1] - times[0]) / (stop - start))
    assert energy.method == "trapezoid"


@given(lines(), st.lists(inside, min_size=2, max_size=12))
def test_adjacent_windows_add_up(drawn: Lines, shares: list[float]) -> None:
    times, watts = drawn
    cuts = sorted(set(edges(times, *shares)))
    curve = curve_of(Trace.of(power(), times, watts))
    pieces = [energy_between(curve, a, b) for a, b in pairwise(cuts)]
    if not pieces:
        return
    whole = energy_between(curve, cuts[0], cuts[-1])
    added = sum(piece.joules.value for piece in pieces)
    slack = 1e-13 * float(integral(times, watts, times[0], cuts[-1]))
    assert added == pytest.approx(whole.joules.value, abs=slack, rel=1e-12)
    covered = sum(p.coverage * (b - a) for p, a, b in zip(pieces, cuts[:-1], cuts[1:], strict=True))
    assert covered / (cuts[-1] - cuts[0]) == pytest.approx(whole.coverage)


@given(lines(), st.lists(inside, max_size=20), inside, inside)
def test_points_on_the_line_change_nothing(
    drawn: Lines, more: list[float], left: float, right: float
) -> None:
    times, watts = drawn
    points = dict(zip(times, watts, strict=True))
    for moment in edges(times, *more):
        i = max(k for k, t in enumerate(times[:-1]) if t <= moment)
        share = Fraction(moment - times[i], times[i + 1] - times[i])
        line = Fraction(watts[i]) + share * (Fraction(watts[i + 1]) - Fraction(watts[i]))
        points.setdefault(moment, float(line))
    start, stop = edges(times, left, right)
    finer = sorted(points)
    before = gained(curve_of(Trace.of(power(), times, watts), gap_s=1.0), start, stop)
    after = gained(
        curve_of(Trace.of(power(), finer, [points[t] for t in finer]), gap_s=1.0), start, stop
    )
    slack = 1e-12 * float(integral(times, watts, times[0], stop))
    assert after == pytest.approx(before, abs=slack, rel=1e-12)


@given(lines(), inside, inside, st.integers(-T0, 2**62 - T0))
def test_the_origin_of_time_does_not_matter(
    drawn: Lines, left: float, right: float, shift: int
) -> None:
    times, watts = drawn
    start, stop = edges(times, left, right)
    here = curve_of(Trace.of(power(), times, watts))
    there = curve_of(Trace.of(power(), [t + shift for t in times], watts))
    assert there.at(stop + shift) == here.at(stop)
    assert gained(there, start + shift, stop + shift) == gained(here, start, stop)


@given(lines(), inside, inside, st.sampled_from([1e-6, 1e-3, 1e3]))
def test_units_do_not_matter(drawn: Lines, left: float, right: float, scale: float) -> None:
    times, watts = drawn
    start, stop = edges(times, left, right)
    watt = curve_of(Trace.of(power(), times, watts))
    other = power(unit="x", scale=scale)
    prefixed = curve_of(Trace.of(other, times, [w / scale for w in watts]))
    slack = 1e-13 * float(integral(times, watts, times[0], stop))
    assert gained(prefixed, start, stop) == pytest.approx(
        gained(watt, start, stop), abs=slack, rel=1e-12
    )


@given(lines(), st.lists(st.integers(0, 24), min_size=1, max_size=5))
def test_of_samples_of_one_time_the_last_counts(drawn: Lines, places: list[int]) -> None:
    times, watts = drawn
    chosen = sorted({place % len(times) for place in places})
    repeated = [(t, p) for t, p in zip(times, watts, strict=True)]
    for place in reversed(chosen):
        repeated.insert(place, (times[place], 777.0))
    plain = curve_of(Trace.of(power(), times, watts))
    doubled = curve_of(Trace.of(power(), *zip(*repeated, strict=True)))
    assert doubled.joules.tolist() == plain.joules.tolist()
    found = {c.code: c.detail for c in doubled.cautions(times[0], times[-1] + 1)}
    assert found == {Code.DUPLICATE_TIME: f"m/part: {len(chosen)} times"}


def test_a_repeated_value_is_held_and_no_ramp() -> None:
    """Read every 100 ms, updated every 500 ms: 10 W, then 110 W."""
    seconds = np.arange(11) / 10
    held = trace(power(), seconds, [10.0] * 5 + [110.0] * 6)
    curve = curve_of(held)
    assert gained(curve, at(0), at(0.4)) == pytest.approx(4.0)
    assert gained(curve, at(0.5), at(1)) == pytest.approx(55.0)
    assert gained(curve, at(0), at(1)) == pytest.approx(4 + 6 + 55)


def test_edges_between_samples_are_interpolated() -> None:
    curve = curve_of(trace(power(), [0, 0.4], [0.0001, 100.0001]))
    assert gained(curve, at(0.1), at(0.3)) == pytest.approx(0.2 * 50.0001)
    assert curve.at(at(-5)) == (0.0, 0)
    assert curve.at(at(5)) == (curve.joules[-1], 400_000_000)


@pytest.mark.parametrize("bad", [np.nan, 0.0, -5.0, np.inf, -np.inf, 1e308, 5001.0])
def test_what_is_no_reading_is_neither_counted_nor_filled_in(bad: float) -> None:
    watts = [50.0] * 21
    watts[10] = bad
    curve = curve_of(trace(power(max_power_w=5000.0), np.arange(21) / 10, watts))
    energy = energy_between(curve, at(0), at(2))
    assert energy.joules.value == pytest.approx(90)
    assert energy.coverage == pytest.approx(0.9)
    assert np.isnan(curve.power).tolist().count(True) == 1 if curve.power is not None else False
    found = codes(curve, 0, 2)
    assert found[Code.INVALID_SAMPLE] == "m/part: 1 times"
    assert found[Code.NOT_COVERED] == "m/part: 90.0 % covered"
    assert energy.joules.budget()
    assert energy.joules.u95 > 10 * (1 - energy.coverage)
    assert Code.INVALID_SAMPLE not in codes(curve, 0, 0.9)
    assert Code.INVALID_SAMPLE in codes(curve, 0, 0.95)
    assert Code.INVALID_SAMPLE not in codes(curve, 1.1, 2)


@pytest.mark.parametrize(("floor", "joules"), [(None, 0.0), (0.0, 0.0), (-2.0, -2.0)])
def test_negative_noise_counts_where_no_floor_forbids_it(
    floor: float | None, joules: float
) -> None:
    channel = power(floor=floor)
    curve = curve_of(trace(channel, np.arange(21) / 10, [-1.0, 1.0] * 10 + [-1.0]))
    energy = energy_between(curve, at(0), at(2))
    assert energy.coverage == (0.0 if floor == 0.0 else 1.0)
    assert energy.joules.value == pytest.approx(0.0, abs=1e-12)
    assert joules <= energy.joules.value + 1e-12


def test_a_missing_reading_is_none_even_without_a_floor() -> None:
    watts = [np.nan if i == 10 else 5.0 for i in range(21)]
    energy = energy_between(
        curve_of(trace(power(floor=None), np.arange(21) / 10, watts)), at(0), at(2)
    )
    assert energy.joules.value == pytest.approx(9)
    assert energy.coverage == pytest.approx(0.9)
    assert energy.joules.u < 1


def test_a_gap_is_not_bridged() -> None:
    seconds = [*np.arange(11) / 10, *(3 + np.arange(11) / 10)]
    curve = curve_of(trace(power(), seconds, [10.0] * 22))
    energy = energy_between(curve, at(0), at(4))
    assert energy.joules.value == pytest.approx(20)
    assert energy.coverage == pytest.approx(0.5)
    assert codes(curve, 0, 4)[Code.GAP] == "m/part: 1 times"
    assert curve.valid.tolist().count(False) == 1


def test_a_gap_is_reported_wherever_a_window_meets_it() -> None:
    curve = curve_of(trace(power(), [0, 0.1, 0.2, 3, 3.1], [10.0] * 5))
    assert Code.GAP in codes(curve, 0.1, 0.3)
    assert Code.GAP in codes(curve, 1, 2)
    assert Code.GAP in codes(curve, 2.9, 3.05)
    assert Code.GAP not in codes(curve, 0, 0.2)
    assert Code.GAP not in codes(curve, 3, 3.1)


@pytest.mark.parametrize(
    ("every", "length", "gap_s", "covered"),
    [
        (0.02, 0.49, None, True),  # five intervals are 0.1 s; the floor is half a second
        (0.02, 0.51, None, False),
        (1.0, 4.9, None, True),
        (1.0, 5.1, None, False),
        (1.0, 1.1, 1.05, False),
        (0.02, 0.51, 2.0, True),
    ],
)
def test_what_counts_as_a_gap(
    every: float, length: float, gap_s: float | None, covered: bool
) -> None:
    seconds = [i * every for i in range(20)]
    seconds += [seconds[-1] + length + i * every for i in range(20)]
    curve = curve_of(trace(power(), seconds, [10.0] * 40), gap_s=gap_s)
    assert bool(curve.valid.all()) is covered


@pytest.mark.parametrize("seconds", [[], [1.0]])
def test_too_little_for_energy(seconds: list[float]) -> None:
    curve = curve_of(trace(power(), seconds, [10.0] * len(seconds)))
    energy = energy_between(curve, at(0), at(2))
    assert energy.joules.value == 0
    assert energy.coverage == 0
    assert codes(curve, 0, 2) == {
        Code.NOT_COVERED: "m/part: 0 % covered",
        Code.FEW_SAMPLES: f"m/part: {len(seconds)} updates",
    }
    assert energy.joules.u == pytest.approx(10 * 2 / 3**0.5 if seconds else 0)
    assert curve.mean_power().tolist() == []


def test_one_reading_that_is_none() -> None:
    energy = energy_between(curve_of(trace(power(), [1], [0.0])), at(0), at(2))
    assert (energy.joules.value, energy.joules.u, energy.coverage) == (0, 0, 0)


@pytest.mark.parametrize(("start", "stop"), [(-9, -5), (20, 30)])
def test_a_window_beside_the_trace_is_not_zero_joules(start: float, stop: float) -> None:
    curve = curve_of(steady(power(), 30.0, 10))
    energy = energy_between(curve, at(start), at(stop))
    assert energy.coverage == 0
    assert energy.joules.value == 0
    assert energy.joules.u95 > 30 * (stop - start)
    assert Code.NOT_COVERED in codes(curve, start, stop)


def test_a_window_that_is_the_trace() -> None:
    curve = curve_of(steady(power(update_s=0.1), 30.0, 10))
    energy = energy_between(curve, at(0), at(10))
    assert energy.joules.value == pytest.approx(300, rel=1e-12)
    assert energy.coverage == 1.0
    assert {c.code for c in energy.cautions} == {Code.HELD_SENSOR}


def test_a_held_sensor_is_told_from_a_live_one() -> None:
    seconds, held = np.arange(101) / 10, [30.0] * 101
    assert codes(curve_of(trace(power(), seconds, held)), 1, 9) == {
        Code.HELD_SENSOR: "m/part: 81 equal readings"
    }
    live = [*held]
    live[50] = 30.1
    assert codes(curve_of(trace(power(), seconds, live)), 1, 9) == {}
    nothing = [*held]
    nothing[50] = np.nan
    assert Code.HELD_SENSOR not in codes(curve_of(trace(power(), seconds, nothing)), 1, 9)


def test_few_updates_are_worth_a_warning() -> None:
    seconds = np.arange(101) / 10
    alive = curve_of(trace(power(), seconds, 30 + np.arange(101) % 3))
    assert codes(alive, 1, 1.8) == {Code.FEW_SAMPLES: "m/part: 9 updates"}
    assert codes(alive, 1, 2) == {}
    slow = curve_of(trace(power(update_s=1.0), seconds, 30 + np.arange(101) // 10))
    assert codes(slow, 1, 9) == {Code.FEW_SAMPLES: "m/part: 8 updates"}


def test_states_carry_no_energy() -> None:
    state = replace(power(), quantity=Quantity.UTILISATION)
    with pytest.raises(ValueError, match="m/part carries no energy"):
        curve_of(trace(state, [0, 1], [1, 1]))


@pytest.mark.parametrize("length", [0, -1])
def test_a_window_has_a_length(length: int) -> None:
    curve = curve_of(steady(power(), 30.0, 1))
    with pytest.raises(ValueError, match="ends after it starts"):
        energy_between(curve, at(0.5), at(0.5) + length)


def test_mean_power_of_stretches() -> None:
    curve = curve_of(trace(power(), [0, 1, 2, 9], [10, 20, 20, 20]), gap_s=2)
    assert curve.mean_power().tolist() == pytest.approx([15, 20, 0])
    assert curve.covered.tolist() == [0, 1, 2, 2]


def test_hostile_times_do_no_harm() -> None:
    """The distance of the two moments does not fit 64 bits."""
    channel: Channel = power()
    curve = curve_of(Trace.of(channel, [-(2**63), 2**63 - 1], [5.0, 5.0]))
    assert energy_between(curve, T0, T0 + NS).coverage in (0.0, 1.0)

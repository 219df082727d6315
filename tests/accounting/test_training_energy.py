"""The score of a training result: as published, and in the run."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.training_energy import (
    LogEnergy,
    RunEnergy,
    log_energy,
    run_energy,
    score,
)
from joulemark.accounting.training_in_run import in_run
from joulemark.accounting.training_official import (
    PRESENT_SINCE,
    Algorithm,
    algorithm_of,
    counted,
    published_joules,
)
from joulemark.accounting.training_record import Kind, Mark, PowerRecord
from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.core.value import Term

T0 = 1_715_000_000 * NS
OLD, NEW = Algorithm.OF_2024, Algorithm.PRESENT


def at(seconds: float) -> int:
    return T0 + round(seconds * NS)


def record(
    readings: list[tuple[float, float]],
    *,
    start: float | None = 0.0,
    stop: float | None = None,
    kind: Kind = Kind.NODE,
    efficiency: float | None = None,
    estimate: float | None = None,
    name: str = "node_0",
) -> PowerRecord:
    """A log: factor and start on lines 1 and 2, the readings from 3 on, the stop last."""
    last = len(readings) + 3
    return PowerRecord(
        name=name,
        kind=kind,
        time=np.array([at(s) for s, _ in readings], dtype=np.int64),
        watts=np.array([w for _, w in readings], dtype=np.float64),
        line=np.arange(3, last, dtype=np.int32),
        starts=() if start is None else (Mark(at(start), 2),),
        stops=() if stop is None else (Mark(at(stop), last),),
        efficiencies=() if efficiency is None else (Mark(at(0), 1, efficiency),),
        estimates=() if estimate is None else (Mark(at(0), 2, estimate),),
    )


def steady(first: int, last: int, watts: float = 100.0) -> list[tuple[float, float]]:
    return [(float(s), watts) for s in range(first, last + 1)]


class TestAlgorithm:
    @pytest.mark.parametrize(
        ("round_", "expected"), [("v3.1", OLD), ("v4.0", OLD), ("v4.1", NEW), ("v5.0", NEW)]
    )
    def test_the_round_tells(self, round_: str, expected: Algorithm) -> None:
        assert algorithm_of(round_, None) is expected

    def test_without_a_round_the_date_tells(self) -> None:
        assert algorithm_of("", PRESENT_SINCE - 1) is OLD
        assert algorithm_of("", PRESENT_SINCE) is NEW
        assert algorithm_of("v4", None) is NEW
        assert algorithm_of("v4.x", 0) is OLD


class TestAsPublished:
    @pytest.mark.parametrize("algorithm", [OLD, NEW])
    def test_each_reading_counts_for_the_time_before_it(self, algorithm: Algorithm) -> None:
        log = record([(1, 100.0), (3, 300.0), (4, 50.0)], stop=5)
        mean = (100 * 1 + 300 * 2 + 50 * 1) / 5
        assert published_joules(log, 60.0, algorithm) == pytest.approx(mean * 60)

    @pytest.mark.parametrize("algorithm", [OLD, NEW])
    def test_the_factor_counts(self, algorithm: Algorithm) -> None:
        log = record(steady(1, 10), stop=10, efficiency=0.9)
        assert published_joules(log, 60.0, algorithm) == pytest.approx(5400)

    def test_a_stop_that_equals_the_start(self) -> None:
        log = record(steady(1, 10), stop=0)
        assert published_joules(log, 60.0, OLD) == pytest.approx(6000)
        with pytest.raises(ValueError, match="ends when it starts"):
            published_joules(log, 60.0, NEW)

    def test_no_stop(self) -> None:
        log = record(steady(1, 10))
        assert published_joules(log, 60.0, OLD) == pytest.approx(6000)
        assert published_joules(log, 60.0, NEW) == pytest.approx(6000)

    def test_no_start(self) -> None:
        log = record(steady(1, 10), start=None, stop=10)
        assert published_joules(log, 60.0, OLD) == pytest.approx(6000)  # since 1970
        with pytest.raises(ValueError, match="no power_measurement_start"):
            published_joules(log, 60.0, NEW)

    def test_readings_out_of_order(self) -> None:
        log = record([(2, 100.0), (1, 400.0), (4, 100.0)], stop=4)
        assert published_joules(log, 4.0, OLD) == pytest.approx(100 * 2 - 400 + 100 * 3)
        assert published_joules(log, 4.0, NEW) == pytest.approx(400 + 100 + 200)

    def test_readings_after_the_stop(self) -> None:
        log = record(steady(1, 20), stop=10)
        # by lines the stop is last, and the last reading ends the mean; by time ten count
        assert published_joules(log, 10.0, OLD) == pytest.approx(1000)
        assert published_joules(log, 10.0, NEW) == pytest.approx(1000)
        early = dataclasses.replace(log, stops=(Mark(at(10), 8),))
        assert published_joules(early, 10.0, OLD) == pytest.approx(100 * 5 / 10 * 10)

    def test_a_reading_on_the_stamp_of_a_mark_counts_by_its_line(self) -> None:
        log = record([(0, 1000.0), (1, 100.0), (2, 100.0)], stop=2)
        assert published_joules(log, 2.0, NEW) == pytest.approx(200)
        before = dataclasses.replace(log, starts=(Mark(at(1), 9),))
        assert published_joules(before, 1.0, NEW) == pytest.approx(100)

    def test_a_second_start_begins_anew(self) -> None:
        log = record([(1, 100.0), (5, 100.0), (6, 100.0)], stop=6)
        twice = dataclasses.replace(log, starts=(Mark(at(0), 1), Mark(at(4), 3)))
        by_lines = dataclasses.replace(twice, line=np.array([2, 4, 5], dtype=np.int32))
        for algorithm in (OLD, NEW):
            joules = published_joules(by_lines, 2.0, algorithm)
            assert joules == pytest.approx(2 * (100 + 100 + 100) / 2)
        late = dataclasses.replace(twice, starts=(Mark(at(0), 1), Mark(at(5.5), 90)))
        assert published_joules(late, 0.5, NEW) == pytest.approx(100 * 1 + 100 * 4 + 100 * 0.5)
        after = dataclasses.replace(twice, starts=(Mark(at(0), 1), Mark(at(9), 90)))
        assert published_joules(after, 3.0, NEW) == pytest.approx(-600)  # as the tool has it

    def test_no_reading(self) -> None:
        assert published_joules(record([], stop=5), 60.0, NEW) == 0
        assert published_joules(record([]), 60.0, NEW) == 0
        assert published_joules(record([], stop=5), 60.0, OLD) == 0
        with pytest.raises(ValueError, match="ends when it starts"):
            published_joules(record([], stop=0), 60.0, OLD)

    def test_a_reading_that_is_no_number(self) -> None:
        with pytest.raises(ValueError, match="no number"):
            published_joules(record([(1, math.nan)], stop=2), 60.0, NEW)

    def test_a_declared_switch(self) -> None:
        log = record([], kind=Kind.SWITCH, estimate=500.0, efficiency=0.9)
        assert published_joules(log, 60.0, OLD) == pytest.approx(27_000)

    def test_a_factor_after_the_estimate_does_not_count(self) -> None:
        log = record([], kind=Kind.SWITCH, estimate=500.0)
        late = dataclasses.replace(log, efficiencies=(Mark(at(0), 9, 0.9),))
        assert published_joules(late, 60.0, NEW) == pytest.approx(30_000)

    def test_a_measured_switch_is_published_as_nothing(self) -> None:
        assert published_joules(record(steady(0, 60), kind=Kind.SWITCH), 60.0, NEW) == 0

    @given(
        st.lists(st.tuples(st.integers(0, 300), st.integers(0, 10_000)), max_size=30),
        st.integers(0, 400),
        st.integers(0, 35),
    )
    def test_as_a_walk_over_the_lines_does_it(
        self, readings: list[tuple[int, int]], stop: int, place: int
    ) -> None:
        log = record([(s / 7, w) for s, w in readings])
        log = dataclasses.replace(
            log,
            starts=(Mark(at(0), 4),),
            line=(2 * log.line).astype(np.int32),
            stops=(Mark(at(stop / 7), 2 * place + 1),),
        )
        for algorithm in (OLD, NEW):
            expected = walked(log, algorithm)
            if expected is None:
                with pytest.raises(ValueError, match="ends when it starts"):
                    published_joules(log, 1.0, algorithm)
            else:
                joules = published_joules(log, 1.0, algorithm)
                assert joules == pytest.approx(expected, rel=1e-9, abs=1e-6)


def walked(log: PowerRecord, algorithm: Algorithm) -> float | None:
    """Mean power as a plain loop over the events has it; None where it divides by zero."""
    events = [(m.time, m.line, "start", 0.0) for m in log.starts]
    events += [(m.time, m.line, "stop", 0.0) for m in log.stops]
    events += [
        (int(t), int(n), "read", float(w))
        for t, n, w in zip(log.time, log.line, log.watts, strict=True)
    ]
    by_line = algorithm is OLD
    events.sort(key=lambda e: (e[1],) if by_line else (e[0], e[1]))
    total = 0.0
    start = last = before = end = 0
    started = stopped = False
    for time, _, what, watts in events:
        if what == "start":
            start = before = time
            started = True
        elif what == "read" and not stopped and (started or by_line):
            total += watts * (time - before)
            before, last = time, max(last, time)
        elif what == "stop":
            end, stopped = time, True
            if by_line:
                break
    end = max(end, last) if by_line else end
    return None if end == start else total / (end - start)


class TestCounted:
    def test_the_fastest_and_the_slowest_are_left_out(self) -> None:
        assert counted([5.0, 1.0, 3.0, 2.0, 4.0], 0, "bert") == (3, 2, 4)

    def test_a_run_that_did_not_converge_was_the_slowest(self) -> None:
        assert counted([5.0, 1.0, 3.0, 2.0], 1, "bert") == (3, 2, 0)
        assert counted([5.0, 1.0, 3.0, 2.0], 2, "bert") == ()

    def test_of_unet3d_four_and_four(self) -> None:
        assert len(counted([float(i) for i in range(40)], 0, "unet3d")) == 32
        assert len(counted([float(i) for i in range(38)], 2, "unet3d")) == 32

    def test_of_three_runs_one_is_left(self) -> None:
        assert counted([3.0, 1.0, 2.0], 0, "gpt3") == (2,)
        assert counted([1.0], 0, "bert") == ()


class TestInTheRun:
    def test_what_lies_beside_the_run_does_not_count(self) -> None:
        readings = steady(-60, -1, 10.0) + steady(0, 100, 200.0) + steady(101, 160, 10.0)
        energy, seen = in_run(record(readings), at(0), at(100))
        assert energy.joules.value == pytest.approx(20_000)
        assert seen is not None
        assert seen.readings == 101
        assert seen.mean_gap_s == pytest.approx(1)
        assert seen.longest_gap_s == pytest.approx(1)
        assert seen.shift_s == 0
        assert seen.coverage == 1
        assert energy.provenance is Provenance.MEASURED

    def test_a_hole_is_bridged_and_widens_the_uncertainty(self) -> None:
        whole = steady(0, 100, 200.0) + steady(101, 110, 50.0)
        holed = [reading for reading in whole if not 40 < reading[0] < 60]
        energy, seen = in_run(record(holed), at(0), at(100))
        assert energy.joules.value == pytest.approx(20_000)
        assert seen is not None
        assert seen.longest_gap_s == pytest.approx(20)
        assert seen.coverage == pytest.approx(0.81)
        budget = energy.joules.budget()
        assert budget[Term.COVERAGE] == pytest.approx(150 * 19 / math.sqrt(3))
        assert Term.COVERAGE not in in_run(record(whole), at(0), at(100))[0].joules.budget()

    def test_readings_that_miss_the_edges_are_held(self) -> None:
        log = record(steady(10, 90, 200.0))
        energy, seen = in_run(log, at(0), at(100))
        assert energy.joules.value == pytest.approx(20_000)
        assert seen is not None
        assert seen.coverage == pytest.approx(0.82)
        assert energy.coverage == pytest.approx(0.82)

    @pytest.mark.parametrize("zone", [-5 * 3600, 3600, 9 * 3600 + 1800, 14 * 3600])
    def test_a_clock_of_another_zone(self, zone: int) -> None:
        readings = [(s + zone + 0.25, w) for s, w in steady(-2, 102, 200.0)]
        energy, seen = in_run(record(readings), at(0), at(100))
        assert energy.joules.value == pytest.approx(20_000)
        assert seen is not None
        assert seen.shift_s == -zone
        here, _ = in_run(record(steady(-2, 102, 200.0)), at(0), at(100))
        assert energy.joules.budget()[Term.CLOCK] > 10 * here.joules.budget()[Term.CLOCK]

    @pytest.mark.parametrize(
        ("away", "what"), [(365 * 86400, "s after the run"), (-365 * 86400, "s before the run")]
    )
    def test_another_year_is_no_zone(self, away: int, what: str) -> None:
        log = record([(s + away, w) for s, w in steady(0, 100)])
        with pytest.raises(ValueError, match=what):
            in_run(log, at(0), at(100))

    def test_a_log_of_less_than_half_the_run(self) -> None:
        with pytest.raises(ValueError, match="over 40 % of the run"):
            in_run(record(steady(0, 40)), at(0), at(100))

    def test_a_short_log_is_not_shifted_over_a_long_run(self) -> None:
        log = record(steady(-1200, 2400))
        with pytest.raises(ValueError, match="over 40 % of the run"):
            in_run(log, at(0), at(6000))

    def test_stamps_of_whole_seconds_are_trusted_less(self) -> None:
        ms = [(s + 0.123, w) for s, w in steady(-5, 105)]
        whole, _ = in_run(record(steady(-5, 105)), at(0), at(100))
        fine, _ = in_run(record(ms), at(0), at(100))
        assert whole.joules.budget()[Term.CLOCK] > fine.joules.budget()[Term.CLOCK]

    def test_a_factor_is_uncertain(self) -> None:
        energy, _ = in_run(record(steady(0, 100, 200.0), efficiency=0.9), at(0), at(100))
        assert energy.joules.value == pytest.approx(18_000)
        assert 1.96 * energy.joules.budget()[Term.MODEL] == pytest.approx(360, rel=1e-3)
        one, _ = in_run(record(steady(0, 100), efficiency=1.0), at(0), at(100))
        assert Term.MODEL not in one.joules.budget()

    @pytest.mark.parametrize("factor", [0.0, -1.0, 1.2, math.nan])
    def test_a_factor_that_is_none(self, factor: float) -> None:
        with pytest.raises(ValueError, match="no efficiency"):
            in_run(record(steady(0, 100), efficiency=factor), at(0), at(100))

    def test_readings_that_are_none_are_a_hole(self) -> None:
        readings = [(s, math.nan if 20 < s < 30 else w) for s, w in steady(0, 100)]
        energy, seen = in_run(record(readings), at(0), at(100))
        assert energy.joules.value == pytest.approx(10_000)
        assert seen is not None
        assert seen.longest_gap_s == pytest.approx(10)

    def test_the_same_reading_twice(self) -> None:
        energy, seen = in_run(record(steady(0, 100) + steady(0, 100, 200.0)), at(0), at(100))
        assert energy.joules.value == pytest.approx(15_000)
        assert seen is not None
        assert seen.readings == 101

    def test_one_stamp_for_all(self) -> None:
        log = record([(0.0, 100.0), (0.0, 100.0)])
        with pytest.raises(ValueError, match="the run, which is no time zone"):
            in_run(log, at(10), at(110))

    def test_a_declared_switch_may_use_half(self) -> None:
        log = record([], kind=Kind.SWITCH, estimate=500.0)
        energy, seen = in_run(log, at(0), at(100))
        assert energy.joules.value == pytest.approx(50_000)
        assert energy.joules.u == pytest.approx(25_000 / math.sqrt(3))
        assert energy.provenance is Provenance.DECLARED
        assert seen is None

    def test_a_measured_switch_that_is_declared_too_is_measured(self) -> None:
        log = record(steady(0, 100), kind=Kind.SWITCH, estimate=500.0)
        energy, seen = in_run(log, at(0), at(100))
        assert energy.joules.value == pytest.approx(10_000)
        assert seen is not None

    @pytest.mark.parametrize("watts", [-1.0, math.nan, 1e300])
    def test_a_declared_power_that_is_none(self, watts: float) -> None:
        with pytest.raises(ValueError, match="is no power"):
            in_run(record([], kind=Kind.SWITCH, estimate=watts), at(0), at(100))

    def test_nothing_to_say(self) -> None:
        with pytest.raises(ValueError, match="no reading"):
            in_run(record([]), at(0), at(100))
        with pytest.raises(ValueError, match="stops before it starts"):
            in_run(record(steady(0, 1)), at(1), at(1))


EVER = st.integers(0, 9_183_000_000_000).map(lambda ms: ms * 1_000_000)
NEAR = st.integers(-200_000, 200_000).map(lambda ms: T0 + ms * 1_000_000)
TIMES = NEAR | EVER
FACTORS = st.floats(0, 2) | st.just(math.nan)
POWERS = st.floats(-10, 1e5) | st.floats()
MARKS = st.lists(st.tuples(TIMES, st.integers(1, 14)), max_size=2)


@given(
    st.lists(st.tuples(TIMES, POWERS), max_size=12),
    st.tuples(TIMES, TIMES),
    st.tuples(MARKS, MARKS),
    st.lists(FACTORS, max_size=2),
    st.lists(POWERS, max_size=2),
    st.sampled_from([Kind.NODE, Kind.SWITCH]),
)
def test_whatever_a_log_holds_a_figure_is_finite_or_has_a_reason(
    readings: list[tuple[int, float]],
    window: tuple[int, int],
    marks: tuple[list[tuple[int, int]], list[tuple[int, int]]],
    factors: list[float],
    estimates: list[float],
    kind: Kind,
) -> None:
    log = PowerRecord(
        name="node_0",
        kind=kind,
        time=np.array([time for time, _ in readings], dtype=np.int64),
        watts=np.array([watts for _, watts in readings], dtype=np.float64),
        line=np.arange(3, len(readings) + 3, dtype=np.int32),
        starts=tuple(Mark(*mark) for mark in marks[0]),
        stops=tuple(Mark(*mark) for mark in marks[1]),
        efficiencies=tuple(Mark(T0, 1, factor) for factor in factors),
        estimates=tuple(Mark(T0, 2, watts) for watts in estimates),
    )
    for algorithm in Algorithm:
        found = log_energy(log, *window, algorithm)
        assert found.published is None or math.isfinite(found.published)
        if found.in_run is not None:
            assert math.isfinite(found.in_run.joules.value)
            assert math.isfinite(found.in_run.joules.u95)
            assert 0 <= found.in_run.coverage <= 1
        assert len(found.reasons) == (found.published is None) + (found.in_run is None)


def run(name: str, seconds: float, watts: float = 100.0, switch: float | None = None) -> RunEnergy:
    last = round(seconds)
    logs = [record(steady(0, last, watts), stop=last), record(steady(0, last), name="node_1")]
    if switch is not None:
        logs.append(record([], kind=Kind.SWITCH, estimate=switch, name="sw_0"))
    return run_energy(name, at(0), at(seconds), logs, NEW)


class TestScore:
    def test_runs_are_left_out_by_time(self) -> None:
        runs = [run("a", 100, 900.0), run("b", 60, 900.0), run("c", 80), run("d", 90, 200.0)]
        found = score(runs, "bert", NEW, 1.5)
        assert found.runs == ("c", "d")
        assert found.seconds == pytest.approx(1.5 * 85)
        expected = 1.5 * (80 * 200 + 90 * 300) / 2
        assert found.whole.published == pytest.approx(expected)
        assert found.whole.in_run is not None
        assert found.whole.in_run.value == pytest.approx(expected)
        assert found.published_kwh == pytest.approx(expected / 3.6e6)
        assert found.published_w == pytest.approx(expected / (1.5 * 85))
        assert found.in_run_kwh is not None
        assert found.in_run_kwh.value == pytest.approx(expected / 3.6e6)
        assert found.in_run_w is not None
        assert found.in_run_w.value == pytest.approx(expected / (1.5 * 85))
        assert found.interconnect.published == 0
        assert found.logs["node_1"].published == pytest.approx(1.5 * 100 * 85)
        assert found.reasons == ()

    def test_the_parts_make_the_whole(self) -> None:
        runs = [run(f"r{i}", 60 + i, switch=50.0) for i in range(5)]
        found = score(runs, "bert", NEW)
        parts = (found.compute, found.interconnect)
        assert sum(part.published or 0 for part in parts) == pytest.approx(found.whole.published)
        assert sum(log.published or 0 for log in found.logs.values()) == pytest.approx(
            found.whole.published
        )
        assert found.interconnect.published == pytest.approx(50 * 62)
        values = [part.in_run for part in parts]
        assert found.whole.in_run is not None
        assert all(value is not None for value in values)
        assert sum(v.value for v in values if v) == pytest.approx(found.whole.in_run.value)
        assert list(found.logs) == ["node_0", "node_1", "sw_0"]

    def test_the_accuracy_of_alike_meters_is_not_averaged_away(self) -> None:
        found = score([run(f"r{i}", 60 + i) for i in range(10)], "bert", NEW)
        assert found.whole.in_run is not None
        gain = found.whole.in_run.budget()[Term.GAIN]
        assert 1.96 * gain == pytest.approx(0.05 * found.whole.in_run.value, rel=1e-3)

    def test_runs_that_did_not_converge(self) -> None:
        runs = [run(f"r{i}", 60 + i) for i in range(4)]
        failed = dataclasses.replace(run("f", 10), converged=False)
        assert score([*runs, failed], "bert", NEW).runs == ("r1", "r2", "r3")
        found = score([*runs, failed, failed], "bert", NEW)
        assert found.runs == ()
        assert found.seconds is None
        assert found.whole.published is None
        assert found.whole.in_run is None
        assert found.published_kwh is None
        assert found.in_run_kwh is None
        assert found.published_w is None
        assert found.in_run_w is None
        assert found.reasons == ("of 6 runs 2 did not converge; none is left to count",)

    def test_a_log_without_a_figure_leaves_none(self) -> None:
        bad = run_energy("b", at(0), at(60), [record([], name="node_0", start=None)], NEW)
        found = score([run("a", 50), bad, run("c", 70)], "bert", NEW)
        assert found.whole.published is None
        assert found.whole.in_run is None
        assert [reason.split(":")[:3] for reason in found.reasons] == [
            ["b", " node_0", " not as published"],
            ["b", " node_0", " not in the run"],
        ]

    def test_a_run_without_nodes_leaves_none(self) -> None:
        switch = record([], kind=Kind.SWITCH, estimate=50.0, name="sw_0")
        bad = run_energy("b", at(0), at(60), [switch], NEW)
        found = score([run("a", 50), bad, run("c", 70)], "bert", NEW)
        assert found.whole.published is None
        assert found.reasons == ("b: no log of a node's power",)

    def test_a_lost_log_leaves_none(self) -> None:
        lost = dataclasses.replace(run("b", 60), lost=("node_2.txt: empty",))
        found = score([run("a", 50), lost, run("c", 70)], "bert", NEW)
        assert found.whole.published is None
        assert found.compute.in_run is None
        assert found.logs["node_0"].published == pytest.approx(6000)
        assert found.reasons == ("b: node_2.txt: empty",)

    def test_one_log(self) -> None:
        found = log_energy(record(steady(0, 60), stop=60), at(0), at(60), NEW)
        assert isinstance(found, LogEnergy)
        assert found.published == pytest.approx(6000)
        assert found.reasons == ()

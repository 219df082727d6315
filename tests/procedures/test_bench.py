"""The order of phases, the stopping rule, and what is kept."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from joulemark.accounting.phases import phases
from joulemark.core.caution import Caution, Code
from joulemark.core.errors import UnavailableError
from joulemark.core.run import Status
from joulemark.core.window import Role, Work
from joulemark.procedures.bench import QUICK, BenchSettings, bench, window_length
from joulemark.procedures.results import results_of
from joulemark.procedures.session import Mark, Options, Session
from joulemark.store.reader import open_run
from tests.procedures.fakes import Counting, Steady

SHORT = BenchSettings(warm_up_s=0.05, window_s=0.1, updates=2, repeats=2, max_repeats=3, target=9)


def options(store: Path, idle_s: float = 0.1) -> Options:
    return Options(store=store, objects=[Steady()], period_s=0.01, idle_s=idle_s)


def test_phases_come_in_order_and_stop_when_they_repeat(tmp_path: Path) -> None:
    workload = Counting(time.monotonic_ns)
    path = bench(workload, options(tmp_path), SHORT, title="count to ten")
    stored = open_run(path)
    order = [(w.phase, w.role) for w in stored.run.windows]
    assert order == [
        ("idle", Role.IDLE),
        ("warm-up", Role.WARM_UP),
        ("count", Role.MEASURE),
        ("count", Role.MEASURE),
        ("idle", Role.IDLE),
    ]
    assert stored.run.status is Status.COMPLETE
    assert stored.run.settings["workload"] == {"model": "counter"}
    assert stored.run.results == {"rounds": 3}
    assert workload.closed == 1
    assert stored.run.title == "count to ten"
    result = {r.phase: r for r in results_of(stored)}["count"]
    assert result.per_unit is not None
    assert result.units_per_joule is not None
    assert result.per_unit.value * result.units_per_joule.value == pytest.approx(1)
    assert result.net is not None


def test_repeats_go_on_to_the_most_and_say_that_they_spread(tmp_path: Path) -> None:
    strict = BenchSettings(
        warm_up_s=0.01, window_s=0.05, updates=1, repeats=2, max_repeats=3, target=1e-9
    )
    stored = open_run(bench(Counting(time.monotonic_ns), options(tmp_path, 0), strict))
    assert sum(w.role is Role.MEASURE for w in stored.run.windows) == 3
    (spread,) = [c for c in stored.run.cautions if c.code is Code.SPREAD]
    assert spread.phase == "count"
    assert "%" in spread.detail


def test_results_know_after_how_many_windows_bench_could_have_stopped(tmp_path: Path) -> None:
    """Two would have sufficed had they agreed, so two decide how well the scatter is known."""
    settings = BenchSettings(
        warm_up_s=0.01, window_s=0.02, updates=1, repeats=2, max_repeats=3, target=1e-9
    )
    stored = open_run(bench(Counting(time.monotonic_ns), options(tmp_path, 0), settings))
    told = {r.phase: r for r in results_of(stored)}["count"].per_unit
    (plain,) = [
        r.per_unit
        for r in phases(stored.run.windows, stored.traces().values())
        if r.phase == "count"
    ]
    assert told is not None
    assert plain is not None
    assert told.value == plain.value
    assert told.u95 > plain.u95


def test_quick_says_so_and_a_workload_s_cautions_are_kept(tmp_path: Path) -> None:
    workload = Counting(time.monotonic_ns)
    workload.cautions = [Caution(Code.STAND_IN_DATA, "numbers, not images")]
    quick = BenchSettings(
        warm_up_s=0.01, window_s=0.05, updates=1, repeats=1, max_repeats=1, quick=True
    )
    codes = {c.code for c in open_run(bench(workload, options(tmp_path), quick)).run.cautions}
    assert {Code.QUICK, Code.STAND_IN_DATA} <= codes


def test_a_failing_workload_leaves_a_failed_run_and_is_closed(tmp_path: Path) -> None:
    workload = Counting(time.monotonic_ns, fail=UnavailableError("out of memory"))
    with pytest.raises(UnavailableError):
        bench(workload, options(tmp_path, 0), SHORT)
    run = open_run(next(tmp_path.iterdir())).run
    assert run.status is Status.FAILED
    assert [w.phase for w in run.windows] == ["warm-up", "count"]
    assert workload.closed == 1


def test_progress_is_told_with_watts(tmp_path: Path) -> None:
    told: list[tuple[str, float, float, float | None]] = []
    bench(
        Counting(time.monotonic_ns),
        options(tmp_path, 0.2),
        SHORT,
        tell=lambda *what: told.append(what),
    )
    assert {phase for phase, *_ in told} == {"idle", "warm-up", "count 1", "count 2"}
    assert all(0 <= done <= total for _, done, total, _ in told)
    assert any(watts == pytest.approx(100, rel=0.1) for *_, watts in told if watts is not None)


def test_another_program_s_bounds_are_taken(tmp_path: Path) -> None:
    def load(session: Session, mark: Mark, seconds: float, repeat: int) -> None:
        start = session.clock()
        mark.work, mark.bounds = Work(5, "sample"), (start, start + 50_000_000, 0.001)
        end = time.monotonic() + 0.1
        while time.monotonic() < end:
            pass

    stored = open_run(bench(Counting(time.monotonic_ns), options(tmp_path, 0), SHORT, load=load))
    windows = [w for w in stored.run.windows if w.phase == "count"]
    assert [w.duration_s for w in windows] == [0.05, 0.05]
    assert {w.edge_u_s for w in windows} == {0.001}


def test_a_window_is_long_enough_for_the_slowest_sensor() -> None:
    assert window_length(0.1, BenchSettings()) == 60
    assert window_length(2.0, BenchSettings()) == 120
    assert window_length(2.0, QUICK) == 20

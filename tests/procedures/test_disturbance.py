"""What measuring costs: stretches in turn, their windows apart from the measured ones."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.core.caution import Code
from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.core.errors import UsageError
from joulemark.core.run import Status
from joulemark.core.window import Role, Window, Work
from joulemark.procedures import bench as bench_module
from joulemark.procedures.bench import BenchSettings, bench
from joulemark.procedures.command import run_command
from joulemark.procedures.disturbance import WITH, WITHOUT, _cpu_s, _watts, disturb
from joulemark.procedures.results import results_of
from joulemark.procedures.session import Mark, Options, Session
from joulemark.store.reader import open_run
from joulemark.store.writer import RunWriter
from tests.procedures.fakes import Counting, Steady
from tests.store.build import T0, channel, run, spool

PYTHON = sys.executable


def options(store: Path) -> Options:
    return Options(store=store, meters=[("estimate", {})], period_s=0.02)


class Rates:
    """A stretch that does nothing, at the rates that it is given."""

    def __init__(self, *pairs: tuple[float, float]) -> None:
        self.left = [rate for pair in pairs for rate in pair]

    def __call__(self, mark: Mark) -> Mapping[str, float]:
        mark.work = Work(1, "step")
        rate = self.left.pop(0)
        return {"steps": rate} if rate else {}


def test_the_slowdown_is_kept_and_warned_of_where_it_is_certainly_large(tmp_path: Path) -> None:
    # with first, without first, …: the order is ABBA
    rates = Rates((95, 100), (101, 95), (95, 100.5), (100.5, 95))
    told: list[float] = []
    with Session("bench", "x", options(tmp_path), {}) as session:
        disturb(session, 4, rates, lambda phase, done, total, watts: told.append(total))
    stored = open_run(session.path)
    said = stored.run.results["disturbance"]
    assert said["pairs"] == 4
    assert said["slowdown"]["steps"]["value"] == pytest.approx(0.0579, abs=1e-3)
    assert 0 < said["slowdown"]["steps"]["u95"] < 0.03
    assert said["sampler_power_w"] is None, "a model does not see the sampler"
    assert said["sampler_cpu_share"] >= 0
    (warned,) = [c for c in stored.run.cautions if c.code is Code.DISTURBED]
    assert warned.detail.startswith("steps by 5.8 ±")
    assert len(told) == 3
    assert [w.phase for w in stored.run.windows[:4]] == [WITH, WITHOUT, WITHOUT, WITH]
    assert {w.role for w in stored.run.windows} == {Role.DISTURBANCE}
    assert results_of(stored) == []


def test_a_small_slowdown_is_not_warned_of(tmp_path: Path) -> None:
    rates = Rates(*[(100, 100.1)] * 2, *[(100.3, 100)] * 2)
    with Session("bench", "x", options(tmp_path), {}) as session:
        disturb(session, 4, rates)
    codes = {c.code for c in open_run(session.path).run.cautions}
    assert Code.DISTURBED not in codes


def test_without_a_rate_nothing_is_said(tmp_path: Path) -> None:
    with Session("bench", "x", options(tmp_path), {}) as session:
        disturb(session, 4, Rates((1, 1), (1, 0)))
    assert "disturbance" not in open_run(session.path).run.results


def test_a_thread_cannot_rest(tmp_path: Path) -> None:
    given = Options(store=tmp_path, objects=[Steady()], period_s=0.01)
    with (
        pytest.raises(UsageError, match="a sampling thread cannot rest"),
        Session("bench", "x", given, {}) as session,
    ):
        disturb(session, 4, Rates((1, 1)))


def test_bench_measures_it_between_warm_up_and_the_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_module, "STRETCH_S", 0.03)
    settings = BenchSettings(
        warm_up_s=0.02,
        window_s=0.1,
        updates=1,
        repeats=2,
        max_repeats=2,
        target=9,
        disturbance=3,
    )
    stored = open_run(bench(Counting(time.monotonic_ns), options(tmp_path), settings))
    roles = [w.role for w in stored.run.windows]
    assert roles == [Role.WARM_UP, *[Role.DISTURBANCE] * 8, *[Role.MEASURE] * 2]
    assert set(stored.run.results["disturbance"]["slowdown"]) == {"samples"}
    results = {result.phase: result for result in results_of(stored)}
    assert set(results) == {"warm-up", "count"}
    codes = {caution.code for caution in results["count"].cautions}
    assert not codes & {Code.GAP, Code.NOT_COVERED}


def test_a_command_is_run_with_and_without_before_it_is_measured(tmp_path: Path) -> None:
    command = [PYTHON, "-c", "sum(range(200000))"]
    path, code = run_command(command, options(tmp_path), disturbance=4)
    stored = open_run(path)
    assert code == 0
    assert [w.phase for w in stored.run.windows] == [WITH, WITHOUT, WITHOUT, WITH] * 2 + ["run"]
    assert set(stored.run.results["disturbance"]["slowdown"]) == {"wall time", "processor time"}


def test_a_command_that_fails_is_not_run_again(tmp_path: Path) -> None:
    path, code = run_command([PYTHON, "-c", "exit(3)"], options(tmp_path), disturbance=4)
    stored = open_run(path)
    assert code == 3
    assert [w.phase for w in stored.run.windows] == [WITH, WITHOUT]
    assert "disturbance" not in stored.run.results
    assert Code.COMMAND_FAILED in {c.code for c in stored.run.cautions}


def counted(store: Path, *, watts_with: float, read: bool = True, modelled: bool = False) -> Path:
    """Write a run of four pairs of 1 s each, at 100 W without the sampler."""
    record = run()
    writer = RunWriter.create(store, record)
    provenance = Provenance.ESTIMATED if modelled else Provenance.MEASURED
    rows, joules = [(T0, 0.0, 0)], 0.0
    for place, on in enumerate([True, False, False, True] * 2):
        start, stop = T0 + place * NS, T0 + (place + 1) * NS
        joules += watts_with if on else 100.0
        if read or on:
            rows.append((stop, joules * 1e6, 0))
        phase = WITH if on else WITHOUT
        name = writer.open_window(phase, Role.DISTURBANCE, start, 1)
        writer.close_window(
            name, Window(phase=phase, start=start, stop=stop, role=Role.DISTURBANCE, process=1)
        )
    kind = channel(provenance=provenance, max_power_w=1000.0, update_s=0.001)
    spool(writer.traces / "edges.spool", rows if read else rows[:3], [kind])
    writer.close(replace(record, status=Status.COMPLETE, stopped=T0 + 8 * NS), compact=False)
    return writer.path


FIRST = [True, False, True, False]


def test_counters_that_are_read_at_edges_tell_the_power_of_the_sampler(tmp_path: Path) -> None:
    watts = _watts(counted(tmp_path, watts_with=101.5), FIRST)
    assert watts is not None
    assert watts.value == pytest.approx(1.5, rel=1e-3)
    assert watts.u95 == pytest.approx(0, abs=2e-3)


@pytest.mark.parametrize("more", [{"read": False}, {"modelled": True}])
def test_where_no_sensor_tells_its_power_is_not_known(
    tmp_path: Path, more: Mapping[str, bool]
) -> None:
    assert _watts(counted(tmp_path, watts_with=101.5, **more), FIRST) is None


def test_processor_time_is_zero_where_the_system_does_not_tell() -> None:
    assert _cpu_s(2**22 + 1) == 0.0

"""LoadGen drives the windows of a bench."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from joulemark.core.caution import Code
from joulemark.loads.loadgen import LoadGenSettings
from joulemark.loads.scenario import Scenario
from joulemark.procedures.bench import BenchSettings, bench
from joulemark.procedures.loaded import loadgen_load
from joulemark.procedures.results import results_of
from joulemark.procedures.session import Options
from joulemark.store.reader import open_run
from tests.procedures.fakes import Counting, Steady

ONE = BenchSettings(warm_up_s=0.01, window_s=0.5, updates=1, repeats=1, max_repeats=1, target=9)


def run(tmp_path: Path, settings: LoadGenSettings) -> tuple[Path, Counting]:
    workload = Counting(time.monotonic_ns)
    options = Options(store=tmp_path, objects=[Steady()], period_s=0.01)
    return bench(workload, options, ONE, load=loadgen_load(workload, settings)), workload


def test_the_window_is_loadgen_s_and_its_logs_are_kept(tmp_path: Path) -> None:
    pytest.importorskip("mlperf_loadgen")
    settings = LoadGenSettings(scenario=Scenario.OFFLINE, target_qps=2000.0)
    path, workload = run(tmp_path, settings)
    stored = open_run(path)
    (window,) = [w for w in stored.run.windows if w.phase == "count"]
    assert window.work is not None
    assert window.work.count >= 1000
    assert len(workload.answered) >= window.work.count
    assert 0 < window.edge_u_s < 0.01
    assert window.facts["latency_p99_s"] > 0
    assert (path / "raw" / "loadgen-1" / "mlperf_log_detail.txt").is_file()
    said = stored.run.results["loadgen-1"]
    assert said["scenario"] == "Offline"
    assert "================" in said["summary"]
    (result,) = [r for r in results_of(stored) if r.phase == "count"]
    assert result.per_unit is not None
    joules = result.per_unit.value * window.work.count
    assert joules == pytest.approx(100 * window.duration_s, rel=0.05)


def test_invalid_is_kept_and_said(tmp_path: Path) -> None:
    pytest.importorskip("mlperf_loadgen")
    settings = LoadGenSettings(
        scenario=Scenario.SINGLE_STREAM, min_query_count=1, expected_latency_s=0.5
    )
    path, _ = run(tmp_path, settings)
    stored = open_run(path)
    cautions = [c for c in stored.run.cautions if c.code is Code.LOADGEN_INVALID]
    assert cautions
    assert cautions[0].detail
    assert stored.run.results["loadgen-1"]["valid"] is False
    assert results_of(stored)

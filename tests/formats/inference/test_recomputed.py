"""What the parsers read of real directories gives the figures that were computed independently."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from joulemark.core.clock import NS
from joulemark.formats.inference.loadgen import read_detail
from joulemark.formats.inference.parsed import PowerLog, Source
from joulemark.formats.inference.power_log import read_power_log
from joulemark.formats.inference.rounds import (
    ESTIMATED,
    meter_model,
    ptd_version,
    round_of,
)
from joulemark.formats.inference.session import read_session
from tests.formats.inference.samples import EXPECTED, REAL

pytestmark = pytest.mark.skipif(not EXPECTED.exists(), reason="no published results beside us")
Row = dict[str, str]
SCENARIOS = {s.lower(): s for s in ("Offline", "Server", "SingleStream", "MultiStream")}


def _rows() -> list[Row]:
    if not EXPECTED.exists():
        return []
    with EXPECTED.open(newline="") as file:
        return list(csv.DictReader(file))


def _name(row: Row) -> str:
    return f"{row['version']}/{row['dir']}"


def _source(row: Row, file: str) -> Source:
    path = REAL / f"inference_results_{row['version']}" / row["dir"] / file
    return Source(file, path.read_bytes())


def _inside(log: PowerLog, begin: int, end: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = (log.time > begin) & (log.time < end)
    return np.asarray(found)


@pytest.mark.parametrize("row", _rows(), ids=_name)
def test_power_of_the_testing_run(row: Row) -> None:
    log = read_power_log(_source(row, "run_1/spl.txt"))
    detail = read_detail(_source(row, "run_1/mlperf_log_detail.txt"))
    assert detail.begin is not None
    assert detail.end is not None
    assert (detail.end - detail.begin) / NS == pytest.approx(float(row["dur_s"]), abs=1e-6)
    inside = _inside(log, detail.begin, detail.end)
    positive = inside & (log.whole.watts > 0)
    assert positive.sum() == int(row["n_pos"])
    assert (inside & ~positive).sum() == int(row["n_nonpos"])
    assert log.whole.watts[positive].mean() == pytest.approx(float(row["avg_w"]), rel=1e-12)
    if row["avg_pf"]:
        assert log.whole.pf[inside].mean() == pytest.approx(float(row["avg_pf"]), rel=1e-9)


@pytest.mark.parametrize("row", _rows(), ids=_name)
def test_power_of_the_ranging_run(row: Row) -> None:
    log = read_power_log(_source(row, "ranging/spl.txt"))
    detail = read_detail(_source(row, "ranging/mlperf_log_detail.txt"))
    assert detail.begin is not None
    assert detail.end is not None
    assert (detail.end - detail.begin) / NS == pytest.approx(float(row["rng_dur_s"]), abs=1e-6)
    if row["rng_avg_w"]:
        positive = _inside(log, detail.begin, detail.end) & (log.whole.watts > 0)
        assert log.whole.watts[positive].mean() == pytest.approx(float(row["rng_avg_w"]), rel=1e-12)


@pytest.mark.parametrize("row", _rows(), ids=_name)
def test_queries_and_performance(row: Row) -> None:
    detail = read_detail(_source(row, "run_1/mlperf_log_detail.txt"))
    round_ = round_of(row["version"])
    if row["n_query"]:
        if round_.queries == ESTIMATED:
            rate = detail.values["result_qps_with_loadgen_overhead"].value
            queries = rate * float(row["dur_s"])
        else:
            queries = detail.values[round_.queries].value
        assert queries == pytest.approx(float(row["n_query"]), rel=1e-9)
    if row["perf"]:
        scenario = SCENARIOS[row["scenario"]]
        key = round_.performance_key(scenario, row["benchmark"])
        if scenario == "Server" and "tokens" not in key:
            key = "result_completed_samples_per_sec"  # the table has it in every round
        elif row["inferred"] == "1":
            key = "result_qps_without_loadgen_overhead"
        assert detail.values[key].value == pytest.approx(float(row["perf"]), rel=1e-9)


@pytest.mark.parametrize("row", _rows(), ids=_name)
def test_sessions(row: Row) -> None:
    client = read_session(_source(row, "power/client.json"))
    server = read_session(_source(row, "power/server.json"))
    assert meter_model(server) == row["meter"]
    assert ptd_version(server) == row["ptd_version"]
    skew = max(
        abs(ours.unix_s - theirs.unix_s)
        for run in ("ranging", "testing")
        for ours, theirs in zip(client.phases[run], server.phases[run], strict=True)
    )
    assert 1000 * skew == pytest.approx(float(row["max_phase_skew_ms"]), abs=0.006)


def test_the_real_directories_are_all_there() -> None:
    rows = _rows()
    assert len(rows) == 37
    assert all(Path(REAL / f"inference_results_{r['version']}" / r["dir"]).is_dir() for r in rows)

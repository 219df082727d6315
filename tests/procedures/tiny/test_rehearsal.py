"""Sessions with a board in software: what is found again, what is refused, what stays."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from joulemark.core.caution import Code
from joulemark.core.channel import Instrument, Provenance
from joulemark.core.errors import (
    BoardError,
    JoulemarkError,
    MeterError,
    UnavailableError,
    UsageError,
)
from joulemark.core.finding import Severity
from joulemark.core.run import Status
from joulemark.core.window import Role
from joulemark.procedures.tiny.bench import bench_tiny
from joulemark.procedures.tiny.settings import TinyOutcome, TinySettings
from joulemark.store.reader import StoredRun, open_run
from joulemark.virtual.board import Kind
from joulemark.virtual.tiny import rehearse, virtual_bench
from tests.formats.tiny.test_written import MEDIAN, THROUGHPUT, TOP1

ENERGY = TinySettings(volts=1.8)
SHORT = replace(ENERGY, window_s=1.0)
"""Whole windows take long where nothing is told of their length."""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> TinyOutcome:
    folder = tmp_path_factory.mktemp("tiny")
    settings = replace(ENERGY, duty_hz=1.0)
    return rehearse(virtual_bench(Kind()), folder / "runs", settings, output=folder / "out")


def one_run(store: Path) -> StoredRun:
    (path,) = store.iterdir()
    return open_run(path)


def test_the_true_energy_is_found_again(measured: TinyOutcome) -> None:
    median = measured.figures.median
    assert measured.true_j is not None
    assert abs(median.value - measured.true_j) < 1e-3 * measured.true_j
    assert abs(median.value - measured.true_j) < median.u95
    assert len(measured.figures.windows) == 5
    assert all(window.seconds >= 10 for window in measured.figures.windows)
    assert measured.figures.iterations == measured.iterations >= 10
    assert measured.figures.meter == "lpm01a"
    assert not measured.refused
    assert measured.network is not None
    assert measured.network.macs == 2_656_768


def test_sleep_and_the_average_power_are_found_again(measured: TinyOutcome) -> None:
    duty = measured.duty
    assert duty is not None
    assert measured.true_sleep_w is not None
    for sleep in (duty.sleep, duty.sleep_found):
        assert abs(sleep.value - measured.true_sleep_w) < sleep.u95 < 0.1 * measured.true_sleep_w
    apart = duty.measured - duty.modelled
    assert abs(apart.value) <= apart.u95 < 1e-3 * duty.measured.value
    assert str(duty.sleep).endswith("µW")


@pytest.mark.parametrize("layout", ["energyrunner", "python-runner"])
def test_the_official_checker_finds_the_result(measured: TinyOutcome, layout: str) -> None:
    folder = measured.folders[layout]
    assert folder.parts[-3:] == (layout, "kws", "energy")
    text = (folder / "results.txt").read_text()
    found = re.search(MEDIAN, text)
    assert found is not None
    assert float(found[1]) == pytest.approx(1e6 * measured.figures.median.value, rel=1e-4)
    assert "VIRTUAL" in text
    assert {"log.txt", "results.txt"} < {file.name for file in folder.iterdir()}
    assert (folder / ("script.async" if "energy" in layout else "results.json")).exists()


def test_the_run_holds_everything_and_calls_nothing_measured(measured: TinyOutcome) -> None:
    stored = open_run(measured.path)
    run = stored.run
    windows = [one for one in run.windows if one.phase == "inference"]
    assert [one.role for one in windows] == [Role.MEASURE] * 5
    assert {one.work.count for one in windows if one.work} == {measured.iterations}
    (channel,) = run.channels
    assert channel.provenance is Provenance.ESTIMATED
    assert channel.instrument is Instrument.MODEL
    assert Code.VIRTUAL in [caution.code for caution in run.cautions]
    assert run.status is Status.COMPLETE
    assert run.results["tiny"]["virtual"] is True
    trace = stored.trace(channel.name)
    assert np.isfinite(trace.value).all()
    said = (measured.path / "raw" / "serial.log").read_text()
    assert "> dut infer" in said
    assert "< [dut]: m-results-[" in said
    official = (measured.path / "raw" / "log.txt").read_text()
    assert "db " not in official
    assert official.count("m-infer-done") == 5


def test_a_rehearsal_is_always_the_same(tmp_path: Path, measured: TinyOutcome) -> None:
    again = rehearse(virtual_bench(Kind()), tmp_path, ENERGY)
    assert again.figures.recomputed_uj == measured.figures.recomputed_uj
    assert again.true_j == measured.true_j


def test_a_board_without_a_relay_is_measured_too(tmp_path: Path) -> None:
    found = rehearse(virtual_bench(Kind(), relayed=False), tmp_path, SHORT)
    assert found.true_j == pytest.approx(found.figures.median.value, rel=5e-3)
    log = (found.path / "raw" / "energyrunner" / "kws" / "energy" / "log.txt").read_text()
    assert " dut: m-infer-done" in log


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("short", "bench/short-window"),
        ("drifts", "bench/drift"),
        ("parasitic", "bench/parasitic"),
    ],
)
def test_what_cannot_stand_is_refused(tmp_path: Path, fault: str, rule: str) -> None:
    settings = ENERGY if fault == "short" else SHORT
    found = rehearse(virtual_bench(Kind(), fault=fault), tmp_path, settings)
    errors = {one.rule for one in found.findings if one.severity is Severity.ERROR}
    assert found.refused
    assert rule in errors
    if fault == "parasitic":
        assert found.true_j is not None
        assert found.figures.median.value < 0.96 * found.true_j


@pytest.mark.parametrize(("fault", "rule"), [("loses", "bench/loss"), ("warms", "bench/monitor")])
def test_a_monitor_that_fails_is_a_reason_to_refuse(tmp_path: Path, fault: str, rule: str) -> None:
    found = rehearse(virtual_bench(Kind(), monitor_fault=fault), tmp_path, SHORT)
    assert rule in {one.rule for one in found.findings if one.severity is Severity.ERROR}


def test_chatter_is_told_and_does_no_harm(tmp_path: Path) -> None:
    found = rehearse(virtual_bench(Kind(), fault="chatters"), tmp_path, SHORT)
    rules = {one.rule for one in found.findings}
    assert {"bench/chatter", "bench/late-lines"} <= rules
    assert found.true_j == pytest.approx(found.figures.median.value, rel=5e-3)


@pytest.mark.parametrize(
    ("more", "error", "what"),
    [
        ({"fault": "hangs"}, BoardError, "does not answer 'infer"),
        ({"fault": "errs"}, BoardError, "Inference failed"),
        ({"fault": "miscounts"}, BoardError, "says 'm-infer-start-11'"),
        ({"fault": "restarts"}, BoardError, "started anew"),
        ({"fault": "no-edges"}, BoardError, "saw the pin fall 0 times"),
        ({"fault": "bounces"}, BoardError, "saw the pin fall 4 times"),
        ({"fault": "wrong-mode"}, BoardError, "firmware of performance mode"),
        ({"monitor_fault": "overload"}, MeterError, "more than the 50 mA"),
    ],
)
def test_what_ends_a_session_is_told_and_what_was_taken_stays(
    tmp_path: Path, more: dict[str, Any], error: type[JoulemarkError], what: str
) -> None:
    with pytest.raises(error, match=what) as failure:
        rehearse(virtual_bench(Kind(), **more), tmp_path, SHORT)
    stored = one_run(tmp_path)
    assert stored.run.status is Status.FAILED
    assert str(stored.path) in str(failure.value)
    assert (stored.path / "raw" / "serial.log").read_text()
    if more.get("fault") in ("hangs", "restarts"):
        assert [one.phase for one in stored.run.windows].count("inference") >= 1
        (trace,) = stored.traces().values()
        assert len(trace) > 1000


def test_a_monitor_that_is_none_leaves_no_run(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no PowerShield"):
        rehearse(virtual_bench(Kind(), monitor_fault="silent"), tmp_path, SHORT)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_killed_can_be_read(tmp_path: Path) -> None:
    """A copy of what is on the disk in the middle of a session is what a killed one leaves."""
    runs, copy = tmp_path / "runs", tmp_path / "copies"

    def tell(what: str, at: int, of: int) -> None:
        if at == 3:
            shutil.copytree(runs, copy)

    rehearse(virtual_bench(Kind()), runs, SHORT, tell=tell)
    stored = one_run(copy)
    windows = [one for one in stored.run.windows if one.phase == "inference"]
    assert 2 <= len(windows) <= 3
    assert all(one.stop is not None for one in windows)
    (trace,) = stored.traces().values()
    assert trace.time[-1] > (windows[-1].stop or 0)
    assert (stored.path / "raw" / "log.txt").read_text().count("m-infer-done") == 3


def test_a_session_that_is_interrupted_is_closed(tmp_path: Path) -> None:
    def tell(what: str, at: int, of: int) -> None:
        if at == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rehearse(virtual_bench(Kind()), tmp_path, SHORT, tell=tell)
    assert one_run(tmp_path).run.status is Status.INTERRUPTED


def test_performance_is_told_by_the_boards_own_clock(tmp_path: Path) -> None:
    bench = virtual_bench(Kind(energy=False), mode="performance")
    found = rehearse(bench, tmp_path, TinySettings(mode="performance"))
    true = [one.count / ((one.stop - one.start) / 1e9) for one in bench.stretches]
    assert found.figures.throughput == pytest.approx([true[-1]] * 5, rel=5e-3)
    assert not found.refused
    text = (found.folders["python-runner"] / "results.txt").read_text()
    assert any(re.match(THROUGHPUT, line) for line in text.splitlines())


@pytest.mark.parametrize(("model", "metric"), [("kws01", "top1"), ("ad01", "auc")])
def test_accuracy_is_told_by_the_boards_answers(tmp_path: Path, model: str, metric: str) -> None:
    bench = virtual_bench(Kind(model, energy=False), mode="accuracy")
    settings = TinySettings(mode="accuracy", most_inputs=8)
    found = rehearse(bench, tmp_path, settings)
    assert found.figures.accuracy is not None
    assert found.figures.accuracy.metric == metric
    assert found.figures.accuracy.value == 1.0
    if metric == "top1":
        text = (found.folders["energyrunner"] / "results.txt").read_text()
        assert any(re.match(TOP1, line) for line in text.splitlines())


def test_official_inputs_are_used_where_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "kws01"
    folder.mkdir(parents=True)
    names = [f"tst_{at:06d}_Up_8.bin" for at in range(5)]
    (folder / "y_labels.csv").write_text("".join(f"{name},12,8\n" for name in names))
    for at, name in enumerate(names):
        (folder / name).write_bytes(bytes([at]) * 490)
    settings = replace(SHORT, inputs=tmp_path / "datasets")
    found = rehearse(virtual_bench(Kind()), tmp_path / "runs", settings)
    assert "bench/inputs" not in {one.rule for one in found.findings}
    results = (found.folders["python-runner"] / "results.json").read_text()
    assert all(name in results for name in names)


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"mode": "speed"}, "no mode 'speed'"),
        ({"volts": None}, "needs the voltage"),
        ({"duty_hz": -1.0}, "a rate above zero"),
        ({"duty_hz": 1.0, "mode": "performance"}, "in energy mode"),
        ({"trials": 0}, "above zero"),
        ({"duty_hz": 100.0}, "cannot answer 50 times a second"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    tmp_path: Path, more: dict[str, Any], what: str
) -> None:
    with pytest.raises(UsageError, match=what):
        rehearse(virtual_bench(Kind()), tmp_path, replace(SHORT, **more))


def test_energy_needs_a_monitor_and_accuracy_labels(tmp_path: Path) -> None:
    from joulemark.workloads.tiny.inputs import made_up

    station = virtual_bench(Kind(energy=False), mode="accuracy").station
    with pytest.raises(UsageError, match="needs an energy monitor"):
        bench_tiny(station, tmp_path, ENERGY)
    with pytest.raises(UsageError, match="tell nothing of accuracy"):
        bench_tiny(replace(station, make=made_up), tmp_path, TinySettings(mode="accuracy"))


def test_a_board_in_software_is_never_taken_for_a_real_one(tmp_path: Path) -> None:
    station = virtual_bench(Kind(energy=False), mode="performance").station
    found = bench_tiny(station, tmp_path, TinySettings(mode="performance"))
    assert found.settings.virtual
    assert "VIRTUAL" in (found.folders["python-runner"] / "results.txt").read_text()
    assert Code.VIRTUAL in [one.code for one in one_run(tmp_path).run.cautions]


def test_nor_is_what_a_monitor_reads_of_one(tmp_path: Path) -> None:
    found = bench_tiny(virtual_bench(Kind()).station, tmp_path, SHORT)
    (channel,) = one_run(tmp_path).run.channels
    assert channel.provenance is Provenance.ESTIMATED
    assert found.settings.virtual

"""A power directory as a run: what was measured, by which clocks, and what it is worth."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.core.caution import Code
from joulemark.core.channel import Domain, Instrument, Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.evidence import Tier
from joulemark.core.run import Status
from joulemark.core.trace import Trace
from joulemark.core.window import Role
from joulemark.formats.inference.as_identity import identity_of, publication, run_id
from joulemark.formats.inference.as_logs import dated
from joulemark.formats.inference.as_result import result_of
from joulemark.formats.inference.as_run import Recording, as_run
from joulemark.formats.inference.as_system import described
from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.procedures.conduct import conduct_of
from tests.inference_samples import (
    SERVER,
    Sample,
    edited,
    opened,
    rehashed,
    replaced,
)

PLACE = Place("v5.1", "closed", "Example", "box", "resnet50", "Offline")


def directory_of(
    sample: Sample | None = None, files: Mapping[str, bytes] | None = None, **place: str
) -> PowerDirectory:
    sample = sample or Sample()
    where = replace(PLACE, round=sample.round, scenario=sample.scenario, **place)
    return opened(files or sample.files(), "closed/x/performance", where)


def run_of(sample: Sample | None = None, **more: Any) -> Recording:
    directory = directory_of(sample, **more)
    return as_run(directory, described(None, "box"), [publication(directory)])


def results_of(recording: Recording) -> dict[str, PhaseResult]:
    run, rows = recording.run, recording.rows
    traces = [
        Trace.of(channel, rows["time"][mine], rows["value"][mine])
        for place, channel in enumerate(run.channels)
        for mine in [rows["channel"] == place]
    ]
    found = phases(run.windows, traces, conduct=conduct_of(run))
    return {result.phase: result for result in found}


def uncertain(files: Mapping[str, bytes], mean: float = 0.002) -> dict[str, bytes]:
    """Files in which PTDaemon states the uncertainty of the test."""
    reply = f"Uncertainty,{mean},{mean / 2},{mean * 1.5},90,0,90,0"
    change = {"cmd": "Uncertainty", "reply": reply}
    return rehashed(edited(files, SERVER, lambda d: d["ptd_messages"].append(change)))


# ------------------------------------------------------------------------------------ the record


@pytest.mark.parametrize("name", ["v1.0", "v1.1", "v2.0", "v2.1", "v3.0", "v4.1", "v5.1"])
def test_two_windows_bounded_by_loadgen(name: str) -> None:
    sample = Sample(round=name, timezone_s=3600 if name == "v1.0" else 0)
    run = run_of(sample).run
    ranging, testing = run.windows
    assert (ranging.phase, ranging.role) == ("ranging", Role.RANGING)
    assert (testing.phase, testing.role) == ("testing", Role.MEASURE)
    for window, mode in ((ranging, "ranging"), (testing, "testing")):
        begin, end = sample.load(mode)
        assert window.start == pytest.approx(begin * NS, abs=1e6)
        assert window.stop == pytest.approx(end * NS, abs=1e6)
        assert window.facts["clock_offset_s"] == pytest.approx(0.005, abs=1e-4)
        assert window.facts["measuring_before_s"] == pytest.approx(1.5, abs=2e-3)
        assert window.facts["measuring_after_s"] == pytest.approx(1.5, abs=2e-3)
        assert window.edge_u_s == pytest.approx(0.005 / math.sqrt(3), rel=0.05)
    assert run.status is Status.COMPLETE
    assert run.anchor.utc_ns == pytest.approx(sample.begin * NS, abs=1e6)
    assert run.anchor.monotonic_ns == 5000 * NS
    assert run.stopped == pytest.approx(sample.phases("testing")[3] * NS, abs=1e6)
    assert run.procedure == "mlperf-power"
    assert run.title == f"MLPerf {name} Example resnet50 Offline, box"


def test_energy_is_that_of_the_readings() -> None:
    for name in ("v1.0", "v3.0", "v5.1"):
        testing = results_of(run_of(Sample(round=name, timezone_s=7200 * (name == "v1.0"))))[
            "testing"
        ]
        assert testing.total is not None
        assert testing.total.joules.value == pytest.approx(2000.0, rel=0.01)
        assert testing.total.provenance is Provenance.DECLARED
        assert testing.power is not None
        assert testing.power.value == pytest.approx(100.0, rel=0.01)
        assert testing.work is not None
        assert testing.work.unit == "sample"
        assert testing.work.count == pytest.approx(1000.0)


@pytest.mark.parametrize(
    ("scenario", "unit", "count"),
    [("Offline", "sample", 1000), ("Server", "sample", 1000), ("SingleStream", "query", 1000)],
)
def test_what_was_done(scenario: str, unit: str, count: float) -> None:
    run = run_of(Sample(scenario=scenario)).run
    for window in run.windows:
        assert window.work is not None
        assert window.work.unit == unit
        assert window.work.count == pytest.approx(count, rel=0.01)


def test_the_sum_contains_its_channels() -> None:
    recording = run_of(Sample(channels=3))
    power = [c for c in recording.run.channels if c.quantity is Quantity.POWER]
    assert [(c.part, c.parent) for c in power] == [
        ("wall", None), ("wall-ch1", "wall"), ("wall-ch2", "wall"), ("wall-ch3", "wall")
    ]  # fmt: skip
    assert {c.domain for c in recording.run.channels} == {Domain.WALL}
    testing = results_of(recording)["testing"]
    assert [part.channel.part for part in testing.parts if part.added] == ["wall"]
    assert testing.total is not None
    assert testing.total.joules.value == pytest.approx(2000.0, rel=0.01)
    assert not testing.crosscheck.impossible


def test_two_analysers_each_with_channels() -> None:
    recording = run_of(Sample(channels=3, analyzers=2))
    power = {c.part: c.parent for c in recording.run.channels if c.quantity is Quantity.POWER}
    assert power["wall-analyzer1"] == power["wall-analyzer2"] == "wall"
    assert power["wall-analyzer2-ch3"] == "wall-analyzer2"
    assert len(power) == 1 + 2 * 4
    testing = results_of(recording)["testing"]
    assert [part.channel.part for part in testing.parts if part.added] == ["wall"]


def test_voltage_current_and_power_factor_are_kept_where_they_are_read() -> None:
    recording = run_of()
    kinds = [channel.quantity for channel in recording.run.channels]
    assert kinds == [
        Quantity.POWER, Quantity.VOLTAGE, Quantity.CURRENT, Quantity.POWER_FACTOR
    ]  # fmt: skip
    context = results_of(recording)["testing"].context
    assert context["ptdaemon/wall/voltage"] == pytest.approx(230.0)
    assert context["ptdaemon/wall/power_factor"] == pytest.approx(0.9)
    two = run_of(Sample(analyzers=2))
    whole = [c.quantity for c in two.run.channels if c.part == "wall"]
    assert whole == [Quantity.POWER]


def test_every_sample_is_kept_as_it_was_read() -> None:
    sample = Sample()
    files = replaced(sample.files(), "run_1/spl.txt", "Watts,100.000000", "Watts,-1.000000")
    directory = directory_of(files=files)
    rows = as_run(directory, described(None, "box")).rows
    power = rows["value"][rows["channel"] == 0]
    both = [directory.ranging_power.whole.watts, directory.testing_power.whole.watts]
    np.testing.assert_array_equal(power, np.concatenate(both))
    assert (power == -1).sum() == 1
    found = results_of(run_of(files=files))["testing"]
    assert Code.INVALID_SAMPLE in {caution.code for caution in found.cautions}


def test_what_the_run_says_of_its_origin() -> None:
    run = run_of().run
    said = run.settings["imported"]
    assert {k: said[k] for k in ("round", "submitter", "system", "benchmark", "scenario")} == {
        "round": "v5.1", "submitter": "Example", "system": "box", "benchmark": "resnet50",
        "scenario": "Offline",
    }  # fmt: skip
    assert said["session"] == "2025-07-13_01-04-14"
    assert said["files"]["run_1/spl.txt"]["as_noted"] is True
    assert said["files"]["power/server.json"]["as_noted"] is None
    assert run.settings["protocol"]["name"] == "MLPerf Power, PTDaemon 1.11.1"
    assert run.settings["ranges"]["before"] == {
        "amps": 2.0, "amps_auto": False, "volts": 300.0, "volts_auto": False
    }  # fmt: skip
    assert run.settings["ranges"]["set"][3] == "SR,V,230.000000"
    assert run.meters[0]["settings"]["calibrated"] == "2025-02-03"
    assert run.results["loadgen"]["valid"] is True
    (published,) = run.results["published"]
    assert published["metric"] == {"value": pytest.approx(100.0), "unit": "W"}
    assert published["efficiency"]["unit"] == "samples/J"
    assert {c.instrument for c in run.channels} == {Instrument.ANALYSER}
    assert json.dumps(run.settings)


def test_what_loadgen_calls_invalid() -> None:
    files = replaced(Sample().files(), "run_1/mlperf_log_summary.txt", ": VALID", ": INVALID")
    (caution,) = run_of(files=files).run.cautions
    assert caution.code is Code.LOADGEN_INVALID


# ------------------------------------------------------------------------------------- evidence


def test_an_accredited_analyser_under_protocol() -> None:
    """A minute and a half, calibrated in the year, with the uncertainty that PTDaemon states."""
    sample = Sample(seconds=90)
    found = results_of(run_of(sample, files=uncertain(sample.files())))["testing"].evidence
    assert found is not None
    assert found.declared
    assert found.tier is Tier.ACCREDITED, found.demotions


@pytest.mark.parametrize(
    ("why", "failed"),
    [
        ("not calibrated", "calibration"),
        ("calibrated long ago", "calibration"),
        ("uncertainty not stated", "interval"),
        ("uncertain", "interval"),
        ("clocks apart", "clocks"),
        ("short", "length"),
        ("no ranging", "protocol"),
        ("log changed", "origin"),
    ],
)
def test_one_thing_that_is_wanting_demotes(why: str, failed: str) -> None:
    sample = Sample(seconds=90, skew_s=0.7 if why == "clocks apart" else 0.005)
    sample = replace(sample, seconds=30) if why == "short" else sample
    files: Mapping[str, bytes] = sample.files()
    if why != "uncertainty not stated":
        files = uncertain(files, 0.02 if why == "uncertain" else 0.002)
    if "calibrated" in why:
        date = "no_cal_date" if why == "not calibrated" else "03 Feb 2023"
        files = replaced(files, SERVER, "03 Feb 2025", date, -1)
    if why == "no ranging":
        files = {name: data for name, data in files.items() if not name.startswith("ranging")}
    if why == "log changed":
        changed = {
            n: d + b"\n" for n, d in files.items() if n.endswith(("spl.txt", "ptd_logs.txt"))
        }
        files = {**files, **changed}
    found = results_of(run_of(sample, files=files))["testing"].evidence
    assert found is not None
    assert found.tier < Tier.ACCREDITED
    assert failed in {condition.name for condition in found.failed_of(Tier.ACCREDITED)}


def test_logs_that_lost_their_carriage_returns_are_the_ones_that_were_noted() -> None:
    files = dict(Sample().files())
    for name in ("run_1/spl.txt", "ranging/spl.txt"):
        files[name] = files[name].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    files = rehashed(files)
    lost = {name: data.replace(b"\r\n", b"\n") for name, data in files.items()}
    kept = run_of(files=lost).run.settings["protocol"]["files"]
    assert {"run_1/spl.txt", "ranging/spl.txt"} <= kept.keys()


# ------------------------------------------------------------------------------ what is missing


@pytest.mark.parametrize("file", ["run_1/spl.txt", "run_1/mlperf_log_detail.txt"])
def test_without_power_log_or_detail_log_there_is_no_run(file: str) -> None:
    files = {name: data for name, data in Sample().files().items() if name != file}
    with pytest.raises(FormatError, match=file):
        run_of(files=files)


def test_without_anything_else_there_is_one() -> None:
    needed = {"run_1/spl.txt", "run_1/mlperf_log_detail.txt"}
    files = {name: data for name, data in Sample().files().items() if name in needed}
    run = run_of(files=files).run
    assert [window.phase for window in run.windows] == ["testing"]
    assert run.settings["protocol"]["ranging"] is False
    assert run.settings["protocol"]["files"] == {}
    assert {channel.instrument for channel in run.channels} == {Instrument.UNKNOWN}
    assert run.anchor.utc_ns == run.windows[0].start
    assert run.windows[0].edge_u_s == 0


def test_a_window_that_ends_before_it_begins() -> None:
    sample = Sample()
    begin, end = sample.load("testing")
    files = replaced(
        sample.files(), "run_1/mlperf_log_detail.txt", sample.stamp(end), sample.stamp(begin - 5)
    )
    with pytest.raises(FormatError, match="power_end"):
        run_of(files=files)


@pytest.mark.parametrize("stamp", [1e300, -1e300, 1e12, None, "x", [1e30, 1e30]])
def test_stamps_that_are_no_times(stamp: Any) -> None:
    def change(document: Any) -> None:
        document["phases"]["testing"][1] = [stamp, stamp]

    files = edited(edited(Sample().files(), SERVER, change), "power/client.json", change)
    run = run_of(files=files).run
    assert 0 < run.anchor.utc_ns < 1 << 62
    assert math.isfinite(run.windows[-1].edge_u_s)


# ------------------------------------------------------------------------- identity and results


def test_copies_have_one_name_whatever_their_place() -> None:
    one, other = directory_of(), directory_of(benchmark="bert-99.9")
    assert identity_of(one) == identity_of(other)
    assert as_run(one, described(None, "a")).run.id == as_run(other, described(None, "b")).run.id
    another = directory_of(Sample(watts=101.0))
    assert identity_of(another) != identity_of(one)


@pytest.mark.parametrize(
    ("session", "name"),
    [
        ("2021-03-17_20-35-32", "20210317-203532-mlperf-"),
        ("2021-03-17_20-35-32_ResNet_50", "20210317-203532-resnet-50-"),
        ("", "mlperf-"),
        ("../../etc/passwd", "etc-passwd-"),
        ("ü\n\0\ud800", "mlperf-"),
        ("x" * 1000, f"{'x' * 40}-"),
    ],
)
def test_names_of_runs_are_safe(session: str, name: str) -> None:
    made = run_id(session, "abc")
    assert made.startswith(name)
    assert made == run_id(session, "abc") != run_id(session, "abd")
    assert made.replace("-", "").isalnum()
    assert made.isascii()


def test_the_result_among_those_that_others_state() -> None:
    directory = directory_of()
    row = result_of(directory, publication(directory), described(None, "box"), "run-1")
    assert (row.kind, row.run, row.location) == ("logs", "run-1", "closed/x")
    assert row.power == pytest.approx(100.0)
    assert row.performance == pytest.approx(50.0)
    assert (row.power_unit, row.performance_unit) == ("W", "samples/s")
    assert row.per_joule == pytest.approx(0.5)
    stream = directory_of(Sample(scenario="SingleStream"))
    row = result_of(stream, publication(stream), described(None, "box"), "run-1")
    assert (row.performance, row.power_unit) == (None, "J/query")
    assert row.power == pytest.approx(2.0, rel=0.02)
    lone = opened(Sample().files(), "d")
    assert result_of(lone, publication(lone), described(None, ""), "r").identity == "r\0d"


def test_dates_of_calibration() -> None:
    for text in ("03 Feb 2025", "2025-02-03", "2025/02/03", "03-Feb-2025", "Feb 3, 2025"):
        assert dated(text) == "2025-02-03"
    for text in ("", "02/03/2025", "soon"):
        assert dated(text) == text


# --------------------------------------------------------------------------------- the real ones

SHARED = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real power directories are not here")
def test_real_directories_have_the_energy_that_their_readings_give() -> None:
    from joulemark.formats.inference.power_directories import power_directories
    from joulemark.formats.trees.folder import FolderTree

    runs = {}
    for folder in sorted((SHARED / "mlcommons").glob("inference_results_*")):
        for directory in power_directories(FolderTree(str(folder))):
            recording = as_run(directory, described(None, directory.place.system))
            figures, testing = directory.figures, results_of(recording)["testing"]
            assert testing.power is not None
            assert figures.average_power_w is not None
            apart = abs(testing.power.value - figures.average_power_w.value)
            assert apart <= 0.002 * figures.average_power_w.value + testing.power.u95
            runs[recording.run.id] = directory.path
    assert len(runs) == 35

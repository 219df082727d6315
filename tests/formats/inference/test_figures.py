"""The figures of power directories: of real ones as computed independently, and of made ones."""

from __future__ import annotations

import csv

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.formats.inference.parsed import Detail, Logged
from joulemark.formats.inference.performance import number, performance
from joulemark.formats.inference.rounds import round_of
from joulemark.formats.trees.folder import FolderTree
from joulemark.formats.trees.tree import Entry
from tests.formats.inference.samples import EXPECTED, REAL
from tests.rules.inference.made import TESTING_AT, Made, stamp

Row = dict[str, str]
SCENARIOS = {s.lower(): s for s in ("Offline", "Server", "SingleStream", "MultiStream")}


def _rows() -> list[Row]:
    if not EXPECTED.exists():
        return []
    with EXPECTED.open(newline="") as file:
        return list(csv.DictReader(file))


def _real(row: Row) -> PowerDirectory:
    root = REAL / f"inference_results_{row['version']}"
    files = [path for path in (root / row["dir"]).rglob("*") if path.is_file()]
    entries = {
        str(path.relative_to(root / row["dir"])): Entry(str(path.relative_to(root)))
        for path in files
    }
    place = Place(
        row["version"],
        row["dir"].partition("/")[0],
        row["submitter"],
        row["system"],
        row["benchmark"],
        SCENARIOS[row["scenario"]],
    )
    return PowerDirectory(FolderTree(str(root)), row["dir"], entries, place)


@pytest.mark.skipif(not EXPECTED.exists(), reason="no published results beside us")
@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"{row['version']}/{row['dir']}")
def test_real_figures_are_those_computed_independently(row: Row) -> None:
    figures = _real(row).figures
    assert figures.metric is not None
    assert figures.metric.unit == row["unit"]
    assert figures.metric.value == pytest.approx(float(row["metric"]), rel=1e-8)
    assert figures.published_w == pytest.approx(float(row["avg_w"]), rel=1e-12)
    assert figures.samples == int(row["n_pos"])
    assert figures.dropped == int(row["n_nonpos"])
    assert figures.duration_s == pytest.approx(float(row["dur_s"]), abs=1e-6)
    assert figures.meter == row["meter"]
    assert figures.ptd_version == row["ptd_version"]
    assert figures.skew_s == pytest.approx(float(row["max_phase_skew_ms"]) / 1000, abs=1e-4)
    assert (figures.scenario != figures.measured) == (row["inferred"] == "1")
    if row["n_query"]:
        assert figures.n_query == pytest.approx(float(row["n_query"]), rel=1e-9)
    if row["perf"]:
        assert figures.efficiency is not None
        worth = float(row["perf"]) / float(row["avg_w"])
        # the table has what a server completed; to v4.0 what was scheduled is published
        near = 2e-3 if row["scenario"] == "server" else 1e-9
        assert figures.efficiency.value == pytest.approx(worth, rel=near)
        llm = row["benchmark"].startswith(("llama", "gptj"))
        assert figures.efficiency.unit == ("tokens/J" if llm else "samples/J")


@pytest.mark.skipif(not EXPECTED.exists(), reason="no published results beside us")
@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"{row['version']}/{row['dir']}")
def test_the_integral_of_real_readings_is_their_mean_times_time(row: Row) -> None:
    figures = _real(row).figures
    assert figures.energy_j is not None
    assert figures.average_power_w is not None
    energy = float(row["avg_w"]) * float(row["dur_s"])
    assert figures.energy_j.value == pytest.approx(energy, rel=0.0015)
    assert figures.average_power_w.value == pytest.approx(float(row["avg_w"]), rel=0.0015)
    assert 0.002 < figures.energy_j.u95 / figures.energy_j.value < 0.1
    assert abs(figures.average_power_w.value - float(row["avg_w"])) <= figures.own_u95_w


def test_figures_of_a_made_directory() -> None:
    figures = Made().directory().figures
    assert figures.metric is not None
    assert figures.metric.value == pytest.approx(200, abs=0.1)
    assert figures.efficiency is not None
    assert figures.efficiency.value == pytest.approx(5.5, abs=0.01)
    assert (figures.samples, figures.dropped, figures.coverage) == (600, 0, 1.0)
    assert figures.power_factor == pytest.approx(0.95)
    assert figures.energy_j is not None
    # PTDaemon states 0.4 %; all else is little beside it
    assert figures.energy_j.u95 / figures.energy_j.value == pytest.approx(0.004, rel=0.01)


def test_without_a_statement_the_accuracy_is_the_limit_and_what_the_console_says() -> None:
    made = Made()
    made.server["ptd_messages"] = [
        m for m in made.server["ptd_messages"] if m["cmd"] != "Uncertainty"
    ]
    figures = made.directory().figures
    assert figures.energy_j is not None
    assert figures.energy_j.u95 / figures.energy_j.value == pytest.approx(0.01, rel=0.01)
    over = "WARNING: Uncertainty 4.00%, which is above 1.00% limit for the last sample!"
    made.testing_console = [f"{stamp(680 + i)}: {over}" for i in range(200)]
    figures = made.directory().figures
    assert figures.energy_j is not None
    assert figures.energy_j.u95 / figures.energy_j.value == pytest.approx(0.02, rel=0.01)
    made.absent = {"power/ptd_logs.txt"}
    figures = made.directory().figures
    assert figures.energy_j is not None
    assert figures.energy_j.u95 / figures.energy_j.value == pytest.approx(0.01, rel=0.01)


def test_without_session_files_the_metric_is_still_told() -> None:
    made = Made()
    made.absent = {"power/client.json", "power/server.json", "power/ptd_logs.txt"}
    figures = made.directory().figures
    assert figures.metric is not None
    assert (figures.meter, figures.ptd_version, figures.skew_s) == ("", "", None)


def test_without_readings_in_the_window_there_are_no_figures() -> None:
    made = Made()
    for row in made.testing:
        row[1] = -1.0
    figures = made.directory().figures
    assert figures.metric is None
    assert figures.efficiency is None
    assert figures.energy_j is None
    assert figures.average_power_w is None
    assert (figures.samples, figures.dropped, figures.coverage) == (0, 600, 0.0)


def test_without_a_window_nothing_can_be_told() -> None:
    made = Made()
    del made.details["run_1"]["power_end"]
    with pytest.raises(FormatError, match="power_end is missing"):
        _ = made.directory().figures


def test_a_window_that_ends_before_it_begins_has_no_figures() -> None:
    made = Made()
    made.details["run_1"]["power_end"] = stamp(TESTING_AT)
    assert made.directory().figures.metric is None


def test_of_several_analysers_each_must_have_read() -> None:
    made = Made()
    row = "Watts,{},Volts,230.0,Amps,0.4,PF,0.95,Mark,x"
    for i in range(len(made.testing)):
        second = -1.0 if i in (50, 51) else 100.0
        lines = [
            f"Analyzer{n},Time,{stamp(TESTING_AT + i)},{row.format(watts)}"
            for n, watts in ((1, 100.0), (2, second))
        ]
        made.tails[i] = "," + ",".join(lines)
    figures = made.directory().figures
    assert (figures.samples, figures.dropped) == (598, 2)


def _detail(**values: object) -> Detail:
    logged = {key: Logged(value, i) for i, (key, value) in enumerate(values.items(), 1)}
    return Detail("d", None, None, 0, 0, logged)


def test_an_offline_result_inferred_from_streams() -> None:
    round_ = round_of("v2.1")
    single = _detail(effective_scenario="SingleStream", result_qps_without_loadgen_overhead=41.4)
    found = performance(single, round_, "Offline", "resnet50")
    assert found is not None
    assert (found.rate, found.tokens, found.line) == (41.4, False, 2)
    multi = _detail(
        effective_scenario="MultiStream",
        effective_samples_per_query=8,
        result_mean_query_latency_ns=2_000_000,
    )
    found = performance(multi, round_, "Offline", "resnet50")
    assert found is not None
    assert found.rate == pytest.approx(4000.0)
    assert performance(_detail(effective_scenario="MultiStream"), round_, "Offline", "x") is None


def test_the_performance_of_a_language_model_is_in_tokens() -> None:
    detail = _detail(
        effective_scenario="Server",
        result_completed_samples_per_sec=10.0,
        result_completed_tokens_per_second=2000.0,
    )
    found = performance(detail, round_of("v5.1"), "Server", "llama2-70b-99")
    assert found is not None
    assert (found.rate, found.tokens) == (2000.0, True)
    found = performance(detail, round_of("v5.1"), "Interactive", "llama2-70b-99")
    assert found is not None
    assert found.tokens
    found = performance(detail, round_of("v5.1"), "Server", "resnet50")
    assert found is not None
    assert (found.rate, found.tokens) == (10.0, False)
    assert performance(detail, round_of("v5.1"), "SingleStream", "resnet50") is None


@pytest.mark.parametrize("value", [True, "3", None, 10**400, [1]])
def test_what_is_no_number_is_none(value: object) -> None:
    assert number(_detail(x=value), "x") is None
    assert number(_detail(), "x") is None
